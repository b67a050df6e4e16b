package vision

import "image"

// Go's decoders return luma and chroma as they are in the file, and its own conversion
// repeats each chroma sample. The libraries that Pillow uses interpolate them ("fancy
// upsampling"). This file uses their formulas, so that a net gets the same input as in
// PyTorch.

// drawYCbCr converts m, which starts at (0, 0), from BT.601: with full range in a JPEG
// (JFIF), with studio range in a WebP (VP8).
func (im *Image) drawYCbCr(m *image.YCbCr, webp bool) {
	up := newUpsampler(m, webp)
	convert := jfif.row
	if webp {
		convert = vp8Row
	}
	for y := range im.Height {
		cb, cr := up.row(y)
		convert(im.Pix[3*y*im.Width:3*(y+1)*im.Width], m.Y[y*m.YStride:], cb, cr)
	}
}

// upsampler returns chroma at the resolution of luma, row by row.
type upsampler struct {
	m      *image.YCbCr
	fx, fy int  // luma samples per chroma sample
	cw, ch int  // chroma samples
	smooth bool // interpolate where a factor is 2
	odd    int  // what is added before rounding at odd columns
	sum    []int
	out    [2][]uint8 // the rows that row returns
}

// newUpsampler returns the upsampler of a picture, which may be a WebP or a JPEG.
func newUpsampler(m *image.YCbCr, webp bool) *upsampler {
	u := &upsampler{m: m, odd: 7}
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		u.fx, u.fy = 1, 1
	case image.YCbCrSubsampleRatio422:
		u.fx, u.fy = 2, 1
	case image.YCbCrSubsampleRatio420:
		u.fx, u.fy = 2, 2
	case image.YCbCrSubsampleRatio440:
		u.fx, u.fy = 1, 2
	case image.YCbCrSubsampleRatio411:
		u.fx, u.fy = 4, 1
	case image.YCbCrSubsampleRatio410:
		u.fx, u.fy = 4, 2
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	u.cw, u.ch = (w+u.fx-1)/u.fx, (h+u.fy-1)/u.fy
	// libjpeg repeats samples where a row has no more than two.
	u.smooth = u.fx < 4 && (webp || u.fx == 1 || u.cw > 2)
	if webp {
		u.odd = 8
	}
	u.sum = make([]int, u.cw)
	u.out = [2][]uint8{make([]uint8, u.cw*u.fx), make([]uint8, u.cw*u.fx)}
	return u
}

// row returns the chroma of row y of luma, which is valid until the next call.
func (u *upsampler) row(y int) (cb, cr []uint8) {
	u.plane(u.out[0], u.m.Cb, y)
	u.plane(u.out[1], u.m.Cr, y)
	return u.out[0], u.out[1]
}

// plane upsamples one plane for row y of luma.
func (u *upsampler) plane(dst, src []uint8, y int) {
	cy := y / u.fy
	near := src[cy*u.m.CStride:][:u.cw]
	if !u.smooth {
		for x := range dst {
			dst[x] = near[x/u.fx]
		}
		return
	}
	far := cy + 1
	if y%2 == 0 {
		far = cy - 1
	}
	far = min(max(far, 0), u.ch-1)
	switch [2]int{u.fx, u.fy} {
	case [2]int{1, 1}:
		copy(dst, near)
	case [2]int{1, 2}:
		u.blend(near, src[far*u.m.CStride:])
		for x, s := range u.sum {
			dst[x] = uint8((s + 1 + y%2) >> 2)
		}
	case [2]int{2, 1}:
		for x, v := range near {
			u.sum[x] = int(v)
		}
		u.widen(dst, 1, 2, 2)
	case [2]int{2, 2}:
		u.blend(near, src[far*u.m.CStride:])
		u.widen(dst, 8, u.odd, 4)
	}
}

// blend adds two rows of chroma, with three times the weight for the nearer.
func (u *upsampler) blend(near, far []uint8) {
	far = far[:len(near)]
	for x, v := range near {
		u.sum[x] = 3*int(v) + int(far[x])
	}
}

// widen doubles the columns of u.sum, with three times the weight for the nearer. even and
// odd are added before the shift, which divides.
func (u *upsampler) widen(dst []uint8, even, odd, shift int) {
	last := len(u.sum) - 1
	for x, s := range u.sum {
		left, right := u.sum[max(x-1, 0)], u.sum[min(x+1, last)]
		dst[2*x] = uint8((3*s + left + even) >> shift)
		dst[2*x+1] = uint8((3*s + right + odd) >> shift)
	}
}

// jfifTables holds what chroma adds to each colour, by libjpeg's formulas (jdcolor.c). The
// tables for green have 16 fractional bits.
type jfifTables struct{ crR, cbB, crG, cbG [256]int }

// jfif holds the tables for all JPEGs.
var jfif = newJFIF()

// newJFIF computes the tables; the factors of BT.601 are in the comments.
func newJFIF() *jfifTables {
	var t jfifTables
	for i := range 256 {
		v := i - 128
		t.crR[i] = (91881*v + 1<<15) >> 16  // 1.402
		t.cbB[i] = (116130*v + 1<<15) >> 16 // 1.772
		t.crG[i] = -46802 * v               // 0.71414
		t.cbG[i] = -22554*v + 1<<15         // 0.34414
	}
	return &t
}

// row converts a row to RGB.
func (t *jfifTables) row(dst, luma, cb, cr []uint8) {
	for x := 0; 3*x < len(dst); x++ {
		y := int(luma[x])
		b, r := cb[x], cr[x]
		p := dst[3*x : 3*x+3]
		p[0] = clamp(y + t.crR[r])
		p[1] = clamp(y + (t.cbG[b]+t.crG[r])>>16)
		p[2] = clamp(y + t.cbB[b])
	}
}

// vp8Row converts a row to RGB as libwebp does (dsp/yuv.h), with 14-bit factors and 6
// fractional bits.
func vp8Row(dst, luma, cb, cr []uint8) {
	for x := 0; 3*x < len(dst); x++ {
		y := int(luma[x]) * 19077 >> 8
		u, v := int(cb[x]), int(cr[x])
		p := dst[3*x : 3*x+3]
		p[0] = clamp((y + v*26149>>8 - 14234) >> 6)
		p[1] = clamp((y - u*6419>>8 - v*13320>>8 + 8708) >> 6)
		p[2] = clamp((y + u*33050>>8 - 17685) >> 6)
	}
}

// clamp limits v to 8 bits.
func clamp(v int) uint8 { return uint8(min(max(v, 0), 255)) }
