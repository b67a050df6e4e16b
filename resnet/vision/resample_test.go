package vision

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"
)

// twoPasses is the naive reference of resample: it scales the whole picture along its rows
// and then along its columns, one output sample at a time.
func twoPasses(p plane, f filter, w, h int) []uint8 {
	cols, rows := makeTaps(f, p.w, w, 0, w), makeTaps(f, p.h, h, 0, h)
	sum := func(t taps, at func(i int) uint8) uint8 {
		total := int64(1) << (precision - 1)
		for k, f := range t.w {
			total += int64(f) * int64(at(t.start+k))
		}
		return clamp(int(total >> precision))
	}
	between := make([]uint8, p.h*w*p.ch)
	for y := range p.h {
		for i := range w * p.ch {
			between[y*w*p.ch+i] = sum(cols[i/p.ch], func(x int) uint8 { return p.pix[(y*p.w+x)*p.ch+i%p.ch] })
		}
	}
	out := make([]uint8, h*w*p.ch)
	for y := range h {
		for i := range w * p.ch {
			out[y*w*p.ch+i] = sum(rows[y], func(r int) uint8 { return between[r*w*p.ch+i] })
		}
	}
	return out
}

func TestResampleAsTwoPasses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p := plane{w: 1 + r.IntN(40), h: 1 + r.IntN(40), ch: 1 + 2*r.IntN(2)}
		p.pix = make([]uint8, p.w*p.h*p.ch)
		for i := range p.pix {
			p.pix[i] = uint8(r.Uint32() | r.Uint32()) // mostly bright: sums reach the top
		}
		w, h := 1+r.IntN(50), 1+r.IntN(50)
		x0, y0 := r.IntN(w), r.IntN(h)
		win := window{x0, x0 + 1 + r.IntN(w-x0), y0, y0 + 1 + r.IntN(h-y0)}
		f := Interpolation(r.IntN(len(Interpolations))).filter()
		want := twoPasses(p, f, w, h)
		n := 0
		p.resample(f, w, h, win, func(y int, row []uint8) {
			from := ((win.y0+y)*w + win.x0) * p.ch
			if y != n || !bytes.Equal(row, want[from:from+(win.x1-win.x0)*p.ch]) {
				t.Fatalf("%d×%d×%d to %d×%d, window %+v: row %d differs", p.w, p.h, p.ch, w, h, win, y)
			}
			n++
		})
		if n != win.y1-win.y0 {
			t.Fatalf("%d rows of %+v", n, win)
		}
	}
}

// TestUpsamplerOfRareRatios tests ratios that no golden has: 4:4:0 weights the nearer row
// three times, wider ratios repeat samples.
func TestUpsamplerOfRareRatios(t *testing.T) {
	cases := []struct {
		ratio  image.YCbCrSubsampleRatio
		w, h   int
		chroma []uint8
		want   []uint8
	}{
		{image.YCbCrSubsampleRatio440, 2, 3, []uint8{0, 100, 40, 200}, []uint8{0, 100, 10, 125, 30, 175}},
		{image.YCbCrSubsampleRatio411, 5, 2, []uint8{1, 2, 3, 4}, []uint8{1, 1, 1, 1, 2, 3, 3, 3, 3, 4}},
		{image.YCbCrSubsampleRatio410, 5, 3, []uint8{1, 2, 3, 4}, []uint8{1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4}},
	}
	for _, c := range cases {
		m := image.NewYCbCr(image.Rect(0, 0, c.w, c.h), c.ratio)
		copy(m.Cb, c.chroma)
		copy(m.Cr, c.chroma)
		up := newUpsampler(m, false)
		var got []uint8
		for y := range c.h {
			cb, cr := up.row(y)
			if !bytes.Equal(cb, cr) {
				t.Fatalf("%v: row %d differs between the planes", c.ratio, y)
			}
			got = append(got, cb[:c.w]...)
		}
		if !bytes.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.ratio, got, c.want)
		}
	}
}

// BenchmarkApply measures the transform of a picture of ImageNet's usual size.
func BenchmarkApply(b *testing.B) {
	im := newImage(500, 375)
	tr := ForImageNet(3, 224, 224)
	dst := make([]float32, tr.Elems())
	for b.Loop() {
		tr.Apply(dst, im)
	}
}
