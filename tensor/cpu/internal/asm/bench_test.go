package asm

import (
	"fmt"
	"math"
	"testing"
	"time"
	"unsafe"
)

// compare times f and the peak turn about, and reports f's best speed and its
// share of the peak's: both see the same clock and the same neighbours.
func compare(b *testing.B, k *Kernels, flops float64, f func()) {
	const rounds = 2000
	best, peak := math.Inf(1), math.Inf(1)
	f()
	for b.Loop() {
		start := time.Now()
		f()
		best = min(best, time.Since(start).Seconds())
		start = time.Now()
		n := k.Peak(rounds)
		peak = min(peak, time.Since(start).Seconds()/float64(n))
	}
	b.ReportMetric(flops/best/1e9, "GFLOP/s")
	b.ReportMetric(100*flops/best*peak, "%peak")
	b.ReportMetric(0, "ns/op")
}

// layer is a convolution of c to 16·nob channels that stays in the L1 and L2
// caches, as a panel does in a net.
type layer struct {
	name          string
	c, k, stride  int
	width, height int
}

func (l layer) args(px, nob, panel int) (*ConvArgs, float64) {
	rowPix := (l.width-1)*l.stride + l.k
	src := make([]float32, (l.height*l.stride+l.k)*(rowPix+1)*(l.c+15)/16*16+64)
	dst := make([]float32, nob*l.width*l.height*16+64)
	w := make([]float32, (l.c+15)/16*16*l.k*l.k*16*panel+64)
	align := func(s []float32) unsafe.Pointer {
		p := unsafe.Pointer(&s[0])
		return unsafe.Add(p, -int(uintptr(p))&63)
	}
	a := &ConvArgs{
		Src: align(src), W: align(w), Dst: align(dst), Bias: align(w), Pf: uintptr(align(w)),
		Icb: l.c / 16, Kh: l.k, Run: l.k * 16, SrcPix: l.stride * 64,
		Nx: l.width / px, Ny: l.height,
	}
	if l.c < 16 { // interleaved, as the stem
		a.Icb, a.Run, a.SrcPix = 1, l.k*l.c, l.stride*l.c*4
	}
	pix := a.SrcPix / l.stride
	a.SrcRow, a.SrcPlane = rowPix*pix, rowPix*pix*(l.height*l.stride+l.k-1)
	a.SrcX, a.DstX, a.SrcY, a.DstY = px*a.SrcPix, px*64, l.stride*a.SrcRow, l.width*64
	a.SrcHalf, a.DstHalf, a.DstOB = (px+1)/2*a.SrcPix, (px+1)/2*64, l.width*l.height*64
	a.Flags = FlagReLU
	taps := a.Icb * a.Kh * a.Run
	return a, 2 * float64(a.Nx*a.Ny*px*taps*16*nob)
}

func BenchmarkConv(b *testing.B) {
	for _, l := range []layer{
		{"1x1_64", 64, 1, 1, 60, 2},
		{"1x1_256", 256, 1, 1, 60, 1},
		{"1x1_256_s2", 256, 1, 2, 30, 1},
		{"3x3_64", 64, 3, 1, 60, 1},
		{"3x3_64_s2", 64, 3, 2, 30, 1},
		{"7x7_3_s2", 3, 7, 2, 60, 1},
	} {
		for _, name := range Names() {
			k := Get(name)
			for px, f := range k.Conv {
				if f == nil {
					continue
				}
				b.Run(fmt.Sprintf("%s/%s/px%d", l.name, name, px), func(b *testing.B) {
					a, flops := l.args(px, k.Nob, k.Nob)
					compare(b, k, flops, func() { f(a) })
				})
				if half := k.ConvHalf[px]; half != nil {
					b.Run(fmt.Sprintf("%s/%s/px%d_bf16", l.name, name, px), func(b *testing.B) {
						a, flops := l.args(px, k.Nob, k.Nob)
						compare(b, k, flops, func() { half(a) })
					})
				}
			}
		}
	}
}

func BenchmarkGroup(b *testing.B) {
	l := layer{"", 16, 3, 1, 60, 4}
	for _, name := range Names() {
		k := Get(name)
		for px := range k.Group4 {
			for g, f := range map[int]func(*ConvArgs){4: k.Group4[px], 8: k.Group8[px]} {
				if f == nil {
					continue
				}
				b.Run(fmt.Sprintf("%d/%s/px%d", g, name, px), func(b *testing.B) {
					a, flops := l.args(px, 1, 1)
					compare(b, k, flops*float64(g)/16, func() { f(a) })
				})
			}
		}
	}
}

// BenchmarkOthers reports the best time of a tile or a pixel, in cache.
func BenchmarkOthers(b *testing.B) {
	const n = 64
	buf := make([]float32, 36*(n+1)*16+64)
	p := unsafe.Add(unsafe.Pointer(&buf[0]), -int(uintptr(unsafe.Pointer(&buf[0])))&63)
	bias := make([]float32, 16)
	out := make([]float32, 4*(n+1)*64+64)
	q := unsafe.Pointer(&out[0])
	var sum [Block]float32
	var sums [2][Block]float64
	for _, name := range Names() {
		k := Get(name)
		in := &WinoInArgs{Src: q, Dst: p, SrcRow: n * 256, SrcTile: 192, PosStride: (n + 1) * 64, DstTile: 64, N: n}
		wo := &WinoOutArgs{Src: p, Dst: q, Bias: unsafe.Pointer(&bias[0]), PosStride: (n + 1) * 64, SrcTile: 64, N: n, DstRow: n * 256, DstTile: 256, Rows: 4, Cols: 4, Flags: FlagReLU}
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"winoIn", func() { k.WinoIn(in) }},
			{"winoOut", func() { k.WinoOut(wo) }},
			{"elt", func() { k.Elt(&EltArgs{Src: p, Dst: q, Res: p, N: n, Flags: FlagReLU | FlagResidual}) }},
			{"maxPool3x3", func() { k.MaxPool(&PoolArgs{Src: p, Dst: q, SrcRow: n * 128, SrcStep: 128, KH: 3, KW: 3, N: n}) }},
			{"addPixels", func() { k.AddPixels(&sum, p, n) }},
			{"sums", func() { k.Sums(&sums, p, n) }},
			{"read", func() { k.Read(p, n*64) }},
		} {
			b.Run(c.name+"/"+name, func(b *testing.B) { perItem(b, n, c.f) })
		}
	}
}

// perItem reports the best time of one of the n items of f.
func perItem(b *testing.B, n int, f func()) {
	best := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		for range 10 {
			f()
		}
		best = min(best, time.Since(start).Seconds())
	}
	b.ReportMetric(best/float64(10*n)*1e9, "ns/item")
	b.ReportMetric(0, "ns/op")
}
