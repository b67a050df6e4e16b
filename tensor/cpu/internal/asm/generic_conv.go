package asm

import "unsafe"

// tile is where one tile of a ConvArgs lies.
type tile struct {
	*ConvArgs
	src, dst, res unsafe.Pointer
	px            int
}

// eachTile calls f for the Ny·Nx tiles of px pixels.
func (a *ConvArgs) eachTile(px int, f func(t *tile)) {
	defer func() { a.Pf += uintptr(a.PfStep * a.Ny * a.Nx * a.Icb * a.Kh * (a.Run / Block)) }()
	for y := range a.Ny {
		for x := range a.Nx {
			t := tile{
				ConvArgs: a,
				src:      unsafe.Add(a.Src, y*a.SrcY+x*a.SrcX),
				dst:      unsafe.Add(a.Dst, y*a.DstY+x*a.DstX),
				px:       px,
			}
			if a.Flags&FlagResidual != 0 { // Res may be nil without
				t.res = unsafe.Add(a.Res, y*a.ResY+x*a.ResX)
			}
			f(&t)
		}
	}
}

// at is the distance of pixel p from the first: in steps, and from half on in
// the second half of a wide tile.
func (t *tile) at(p, step, half int) int {
	if first := (t.px + 1) / 2; t.px >= genericHalves && p >= first {
		return half + (p-first)*step
	}
	return p * step
}

func (t *tile) srcAt(p int) unsafe.Pointer {
	return unsafe.Add(t.src, t.at(p, t.SrcPix, t.SrcHalf))
}

// store finishes pixel p of output block ob.
func (t *tile) store(y *[Block]float32, p, ob int) {
	var res *[Block]float32
	if t.res != nil {
		res = pixel(t.res, t.at(p, pixelBytes, t.ResHalf)+ob*t.ResOB)
	}
	finish(y, pixel(t.dst, t.at(p, pixelBytes, t.DstHalf)+ob*t.DstOB), res, t.Flags)
}

// genericConv makes the convolution of panels of nob blocks in tiles of px
// pixels: two pixels and four channels at a time, which fit into registers.
func genericConv(px, nob int) func(*ConvArgs) {
	return func(a *ConvArgs) {
		a.eachTile(px, func(t *tile) {
			for ob := range nob {
				for p := 0; p < px; p += 2 {
					t.pair(p, min(p+1, px-1), ob, nob)
				}
			}
		})
	}
}

// pair convolves pixels p and q of output block ob.
func (t *tile) pair(p, q, ob, nob int) {
	bias := pixel(t.Bias, ob*pixelBytes)
	yp, yq := *bias, *bias
	for o := 0; o < Block; o += 4 {
		w := unsafe.Add(t.W, ob*pixelBytes+o*floatBytes)
		t.quad((*[4]float32)(yp[o:]), (*[4]float32)(yq[o:]), t.srcAt(p), t.srcAt(q), w, nob*pixelBytes)
	}
	t.store(&yp, p, ob)
	if q != p { // else Res may be Dst, and be added twice
		t.store(&yq, q, ob)
	}
}

// quad adds to four output channels of two pixels. The pixels' taps are at s
// and u, the weights of one tap every step bytes from w.
func (t *tile) quad(ys, yu *[4]float32, s, u, w unsafe.Pointer, step int) {
	s0, s1, s2, s3 := ys[0], ys[1], ys[2], ys[3]
	u0, u1, u2, u3 := yu[0], yu[1], yu[2], yu[3]
	for b := range t.Icb {
		for kh := range t.Kh {
			off := b*t.SrcPlane + kh*t.SrcRow
			for end := off + t.Run*floatBytes; off < end; off += floatBytes {
				a := *(*float32)(unsafe.Add(s, off))
				b := *(*float32)(unsafe.Add(u, off))
				k := (*[4]float32)(w)
				s0 += a * k[0]
				s1 += a * k[1]
				s2 += a * k[2]
				s3 += a * k[3]
				u0 += b * k[0]
				u1 += b * k[1]
				u2 += b * k[2]
				u3 += b * k[3]
				w = unsafe.Add(w, step)
			}
		}
	}
	*ys = [4]float32{s0, s1, s2, s3}
	*yu = [4]float32{u0, u1, u2, u3}
}

// genericConvHalf makes the convolution with weights of 16 bits, on a float32 copy.
func genericConvHalf[T ~uint16](px, nob int, widen func(T) float32) func(*ConvArgs) {
	conv := genericConv(px, nob)
	return func(a *ConvArgs) {
		taps := a.Icb * a.Kh * a.Run * nob
		weights := make([]float32, (taps+nob)*Block) // the convolution's pointer ends after the last
		for i, w := range unsafe.Slice((*T)(a.W), taps*Block) {
			weights[i] = widen(w)
		}
		wide := *a
		wide.W = unsafe.Pointer(&weights[0])
		conv(&wide)
		a.Pf = wide.Pf
	}
}

// genericGroup makes the convolution with g channels per group.
func genericGroup(px, g int) func(*ConvArgs) {
	return func(a *ConvArgs) {
		a.eachTile(px, func(t *tile) {
			for p := range px {
				y := *pixel(t.Bias, 0)
				w := t.W
				for kh := range t.Kh {
					for r := 0; r < t.Run; r += Block {
						x := pixel(t.srcAt(p), kh*t.SrcRow+r*floatBytes)
						groupTap(&y, x, w, g)
						w = unsafe.Add(w, g*pixelBytes)
					}
				}
				t.store(&y, p, 0)
			}
		})
	}
}

// groupTap adds one tap x of a pixel, with weights [g][16] at w.
func groupTap(y, x *[Block]float32, w unsafe.Pointer, g int) {
	for j := range g {
		k := pixel(w, j*pixelBytes)
		for o := range y {
			y[o] += x[o&^(g-1)+j] * k[o]
		}
	}
}
