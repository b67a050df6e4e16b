package asm

import "unsafe"

// genericWithDot is generic with products of pairs, which without instructions for
// them are slower than float32's.
var genericWithDot = func() *Kernels {
	k := *generic
	k.Name, k.Dot = "generic_dot", genericDot
	return &k
}()

// genericDot multiplies bfloat16 in plain Go.
var genericDot = &DotKernels{
	Name:       "generic_dot",
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

// pairOf is two neighbours.
type pairOf = [2]BF16

// dot is y plus the products of two pairs.
func dot(y float32, x, w *pairOf) float32 {
	y += x[1].Float32() * w[1].Float32()
	return y + x[0].Float32()*w[0].Float32()
}

// genericDotConv makes the convolution of panels of nob blocks in tiles of px
// pixels: one pixel and four channels at a time, which fit into registers.
func genericDotConv(px, nob int) func(*ConvArgs) {
	return func(a *ConvArgs) {
		a.eachTile(px, func(t *tile) {
			for p := range px {
				for ob := range nob {
					y := *pixel(t.Bias, ob*pixelBytes)
					for o := 0; o < Block; o += 4 {
						w := unsafe.Add(t.W, ob*pixelBytes+o*floatBytes)
						t.quadDots((*[4]float32)(y[o:]), t.srcAt(p), w, nob*pixelBytes)
					}
					t.storeHalves(&y, p, ob)
				}
			}
		})
	}
}

// quadDots adds to four output channels of a pixel whose taps are at src. The weights
// of a pair are every step bytes from w.
func (t *tile) quadDots(y *[4]float32, src, w unsafe.Pointer, step int) {
	y0, y1, y2, y3 := y[0], y[1], y[2], y[3]
	for b := range t.Icb {
		for kh := range t.Kh {
			off := b*t.SrcPlane + kh*t.SrcRow
			for end := off + t.Run*halfBytes; off < end; off += 2 * halfBytes {
				x, k := (*pairOf)(unsafe.Add(src, off)), (*[4]pairOf)(w)
				y0 = dot(y0, x, &k[0])
				y1 = dot(y1, x, &k[1])
				y2 = dot(y2, x, &k[2])
				y3 = dot(y3, x, &k[3])
				w = unsafe.Add(w, step)
			}
		}
	}
	*y = [4]float32{y0, y1, y2, y3}
}

// storeHalves finishes pixel p of output block ob in the element type of Dst.
func (t *tile) storeHalves(y *[Block]float32, p, ob int) {
	if t.Flags&FlagFloat != 0 {
		t.store(y, p, ob)
		return
	}
	var res [Block]float32
	if t.res != nil {
		for o, x := range (*HalfPixel)(unsafe.Add(t.res, t.at(p, halfPixelBytes, t.ResHalf)+ob*t.ResOB)) {
			res[o] = x.Float32()
		}
	}
	finish(y, y, &res, t.Flags)
	dst := (*HalfPixel)(unsafe.Add(t.dst, t.at(p, halfPixelBytes, t.DstHalf)+ob*t.DstOB))
	for o, x := range y {
		dst[o] = RoundBF16(x)
	}
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
		src, second := unsafe.Add(a.Src, 2*p*a.SrcStep), HalfPixel{}
		if 2*p+1 < a.N {
			second = *(*HalfPixel)(unsafe.Add(src, a.SrcStep))
		}
		dst := (*[Block]pairOf)(unsafe.Add(a.Dst, p*a.DstStep))
		for o, first := range (*HalfPixel)(src) {
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
