package asm

import (
	"math"
	"unsafe"
)

// genericDot multiplies bfloat16 in plain Go.
var genericDot = &DotKernels{
	Name:       "generic",
	Nob:        2,
	PfStep:     64,
	HalvesFrom: genericHalves,
	Conv:       everyPx(func(px int) func(*ConvArgs) { return genericDotConv(px, 2) }),
	Conv1:      everyPx(func(px int) func(*ConvArgs) { return genericDotConv(px, 1) }),
	GradWeight: everyRows(genericDotGradWeight),
	Pair:       genericPair,
	Peak:       genericDotPeak,
}

const (
	halfBytes      = 2                 // a bfloat16
	halfPixelBytes = Block * halfBytes // a block of them
)

// pairOf is two neighbours, and halfPixel a pixel, as bits.
type (
	pairOf    = [2]uint16
	halfPixel = [Block]uint16
)

// wide is the value of a bfloat16, which is the upper half of a float32.
func wide(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// dot is y plus the products of two pairs.
func dot(y float32, x, w *pairOf) float32 {
	y += wide(x[1]) * wide(w[1])
	return y + wide(x[0])*wide(w[0])
}

// genericDotConv makes the convolution of panels of nob blocks in tiles of px
// pixels.
func genericDotConv(px, nob int) func(*ConvArgs) {
	return func(a *ConvArgs) {
		a.eachTile(px, func(t *tile) {
			for p := range px {
				for ob := range nob {
					y := *pixel(t.Bias, ob*pixelBytes)
					t.dots(&y, t.srcAt(p), unsafe.Add(t.W, ob*pixelBytes), nob*pixelBytes)
					t.storeHalves(&y, p, ob)
				}
			}
		})
	}
}

// dots adds the products of a pixel whose taps are at src. The weights of a pair are
// every step bytes from w.
func (t *tile) dots(y *[Block]float32, src, w unsafe.Pointer, step int) {
	for b := range t.Icb {
		for kh := range t.Kh {
			run := unsafe.Slice((*pairOf)(unsafe.Add(src, b*t.SrcPlane+kh*t.SrcRow)), t.Run/2)
			for i := range run {
				for o, k := range (*[Block]pairOf)(w) {
					y[o] = dot(y[o], &run[i], &k)
				}
				w = unsafe.Add(w, step)
			}
		}
	}
}

// storeHalves finishes pixel p of output block ob in the element type of Dst.
func (t *tile) storeHalves(y *[Block]float32, p, ob int) {
	if t.Flags&FlagFloat != 0 {
		t.store(y, p, ob)
		return
	}
	var res [Block]float32
	if t.res != nil {
		for o, x := range (*halfPixel)(unsafe.Add(t.res, t.at(p, halfPixelBytes, t.ResHalf)+ob*t.ResOB)) {
			res[o] = wide(x)
		}
	}
	finish(y, y, &res, t.Flags)
	dst := (*halfPixel)(unsafe.Add(t.dst, t.at(p, halfPixelBytes, t.DstHalf)+ob*t.DstOB))
	for o, x := range y {
		dst[o] = nearest(x)
	}
}

// nearest is x rounded to a bfloat16, to even where two are as near. A NaN stays
// one: its lower half alone may hold what makes it one.
func nearest(x float32) uint16 {
	bits := math.Float32bits(x)
	if x != x {
		return uint16(bits>>16) | 1<<6
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// genericDotGradWeight is the weight gradient in groups of that many rows.
func genericDotGradWeight(rows int) func(*GradWeightArgs) {
	return func(a *GradWeightArgs) {
		for r := range a.Groups * rows {
			dst := pixel(a.Dst, r*pixelBytes)
			for y := range a.Nz * a.Ny {
				src, grad := a.at(y, r, 0)
				for p := range a.Nx {
					x := (*pairOf)(unsafe.Add(src, p*a.SrcPix))
					for o, g := range (*[Block]pairOf)(unsafe.Add(grad, p*pixelBytes)) {
						dst[o] = dot(dst[o], x, &g)
					}
				}
			}
		}
	}
}

func genericPair(a *PairArgs) {
	for p := range (a.N + 1) / 2 {
		src, second := unsafe.Add(a.Src, 2*p*a.SrcStep), halfPixel{}
		if 2*p+1 < a.N {
			second = *(*halfPixel)(unsafe.Add(src, a.SrcStep))
		}
		dst := (*[Block]pairOf)(unsafe.Add(a.Dst, p*a.DstStep))
		for o, first := range (*halfPixel)(src) {
			dst[o] = pairOf{first, second[o]}
		}
	}
}

// genericDotPeak has four sums, which hide the latency of an addition.
func genericDotPeak(n int) int64 {
	var sum [4]float32
	x, w := pairOf{0x3f80, 0x3f80}, pairOf{0x3f80, 0xbf80}
	for range n {
		for i := range sum {
			sum[i] = dot(sum[i], &x, &w)
		}
	}
	keep(sum[0] + sum[1] + sum[2] + sum[3])
	return int64(n) * int64(len(sum)) * 4
}
