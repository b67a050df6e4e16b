package asm

import (
	_ "embed"
	"fmt"
	"strings"
	"unsafe"
)

var (
	//go:embed avx2_amd64.s
	sourceAVX2 string
	//go:embed avx512_amd64.s
	sourceAVX512 string
	//go:embed avx512_bf16_amd64.s
	sourceAVX512BF16 string
)

// emulated is a set of x86 kernels on the test's machine, on any processor.
func emulated(name string) *Kernels {
	e := emulator{strings.ToUpper(name), assemble(map[string]string{"avx2": sourceAVX2, "avx512": sourceAVX512}[name])}
	k := &Kernels{
		Name: name, Nob: 1, PfStep: 256, HalvesFrom: 6,
		Conv:   everyPx(func(px int) func(*ConvArgs) { return e.tile("conv", px) }),
		Group4: everyPx(func(px int) func(*ConvArgs) { return e.tile("group4", px) }),
		Group8: everyPx(func(px int) func(*ConvArgs) { return e.tile("group8", px) }),

		WinoIn:  func(a *WinoInArgs) { e.call("winoIn", word64(unsafe.Pointer(a))) },
		WinoOut: func(a *WinoOutArgs) { e.call("winoOut", word64(unsafe.Pointer(a))) },
		Elt:     func(a *EltArgs) { e.call("elt", word64(unsafe.Pointer(a))) },
		MaxPool: func(a *PoolArgs) { e.call("maxPool", word64(unsafe.Pointer(a))) },
		AddPixels: func(s *[Block]float32, p unsafe.Pointer, n int) {
			e.call("addPixels", word64(unsafe.Pointer(s)), word64(p), uint64(n))
		},
		Sums: func(s *[2][Block]float64, p unsafe.Pointer, n int) {
			e.call("sums", word64(unsafe.Pointer(s)), word64(p), uint64(n))
		},
		Peak: func(n int) int64 { return e.call("peak", uint64(n)) },
		Read: func(p unsafe.Pointer, n int) { e.call("read", word64(p), uint64(n)) },
	}
	e.addGradients(k)
	k.ConvHalf = everyPx(func(px int) func(*ConvArgs) { return e.tile("convHalf", px) })
	k.Conv1 = k.Conv
	k.ConvHalf1 = k.ConvHalf
	k.ConvF16 = everyPx(func(px int) func(*ConvArgs) { return e.tile("convF16", px) })
	k.ConvF161 = k.ConvF16
	if name == "avx512" {
		k.Nob, k.HalvesFrom = 2, 8
		k.ConvF161 = everyPx(func(px int) func(*ConvArgs) { return e.tile("convF16One", px) })
		k.ConvHalf1 = everyPx(func(px int) func(*ConvArgs) { return e.tile("convHalfOne", px) })
		k.Conv1 = everyPx(func(px int) func(*ConvArgs) { return e.tile("convOne", px) })
		addCopies(k, emulator{"AVX512", assemble(sourceAVX512BF16)})
	}
	return k
}

// emulatedDot is the set of products of bfloat16.
func emulatedDot() *DotKernels {
	e := emulator{"AVX512", assemble(sourceAVX512BF16)}
	d := &DotKernels{
		Name: "avx512_bf16", Nob: 2, PfStep: 256, HalvesFrom: 8,
		Conv:  everyPx(func(px int) func(*ConvArgs) { return e.tile("dot", px) }),
		Conv1: everyPx(func(px int) func(*ConvArgs) { return e.tile("dotOne", px) }),
		Pair:  func(a *PairArgs) { e.call("pair", word64(unsafe.Pointer(a))) },
		Peak:  func(n int) int64 { return e.call("dotPeak", uint64(n)) },
	}
	d.GradWeight = everyRows(func(rows int) func(*GradWeightArgs) {
		p := e.functions[fmt.Sprintf("dotGradWeightAVX512x%d", rows)]
		return func(a *GradWeightArgs) { new(machine).run(p, word64(unsafe.Pointer(a))) }
	})
	return d
}

// addGradients adds what backward and update need. Both sets have most of it
// from AVX2.
func (e emulator) addGradients(k *Kernels) {
	for rows := range k.GradWeight {
		if p := e.functions[fmt.Sprintf("gradWeight%sx%d", e.suffix, rows)]; p != nil {
			k.GradWeight[rows] = func(a *GradWeightArgs) { new(machine).run(p, word64(unsafe.Pointer(a))) }
		}
	}
	e = emulator{"AVX2", assemble(sourceAVX2)}
	k.NormSums = func(s *[2][Block]float64, a *NormGradArgs) {
		e.call("normSums", word64(unsafe.Pointer(s)), word64(unsafe.Pointer(a)))
	}
	k.NormGrad = func(a *NormGradArgs) { e.call("normGrad", word64(unsafe.Pointer(a))) }
	k.Mask = func(a *NormGradArgs) { e.call("mask", word64(unsafe.Pointer(a))) }
	k.Join = func(s *[4]float64, dst, x, y unsafe.Pointer, n int) {
		e.call("join", word64(unsafe.Pointer(s)), word64(dst), word64(x), word64(y), uint64(n))
	}
	k.Squares = func(s *float64, src unsafe.Pointer, n int) {
		e.call("squares", word64(unsafe.Pointer(s)), word64(src), uint64(n))
	}
	k.Count = (&windowKernels{
		count: func(a *CountArgs) { e.call("count", word64(unsafe.Pointer(a))) },
		outside: func(a *CountArgs, src unsafe.Pointer, n int) int64 {
			return e.call("outside", word64(unsafe.Pointer(a)), word64(src), uint64(n))
		},
	}).all
	k.Figures = func(s *FigureSums, src unsafe.Pointer, n int) {
		e.call("figures", word64(unsafe.Pointer(s)), word64(src), uint64(n))
	}
	addCopies(k, e)
	k.SGD = sgdTail(func(a *SGDArgs) { e.call("sgd", word64(unsafe.Pointer(a))) })
	k.MaxPoolGrad = func(a *PoolGradArgs) { e.call("maxPoolGrad", word64(unsafe.Pointer(a))) }
}

// addCopies adds copies between bf16 and float32.
func addCopies(k *Kernels, e emulator) {
	k.Widen = func(dst, src unsafe.Pointer, n int) { e.call("widen", word64(dst), word64(src), uint64(n)) }
	k.Narrow = func(dst, src unsafe.Pointer, n int) { e.call("narrow", word64(dst), word64(src), uint64(n)) }
}

// emulator has the functions of a set.
type emulator struct {
	suffix    string
	functions map[string]*program
}

// tile is a kernel of px pixels, or nil if the set has none.
func (e emulator) tile(name string, px int) func(*ConvArgs) {
	p := e.functions[fmt.Sprintf("%s%sx%d", name, e.suffix, px)]
	if p == nil {
		return nil
	}
	return func(a *ConvArgs) { new(machine).run(p, word64(unsafe.Pointer(a))) }
}

// call runs a function and returns its result, if it has one.
func (e emulator) call(name string, args ...uint64) int64 {
	return new(machine).run(e.functions[name+e.suffix], args...)
}
