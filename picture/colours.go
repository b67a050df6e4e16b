package picture

import (
	"image/color"
	"slices"
	"sync"
)

// Levels is the number of colours of a colour map. It is odd, so that there is one in the
// middle, and leaves room in a palette of 256 for those of no value.
const Levels = 253

// The colours that mean no value. Their numbers in a palette follow those of the levels.
var (
	Warning = color.RGBA{0xd5, 0x5e, 0x00, 0xff} // NaN, infinity, a dead channel
	Paper   = color.RGBA{0x14, 0x16, 0x1a, 0xff} // what no value lies on
	Ink     = color.RGBA{0xe6, 0xe6, 0xe6, 0xff} // text
)

// Where they stand in a palette.
const (
	warningIndex = Levels + iota
	paperIndex
	inkIndex
)

// Colours is a colour map: equal steps of a value are steps between colours that look
// equal, and stay in order for readers who are colour-blind.
type Colours [Levels]color.RGBA

// At returns the colour of t: 0 is the first, 1 the last. What lies outside is clipped.
func (c *Colours) At(t float64) color.RGBA { return c[level(t)] }

// level is the number of the colour at t.
func level(t float64) int { return int(min(max(t, 0), 1)*(Levels-1) + 0.5) }

// palette is the map's, with the colours that mean no value.
func (c *Colours) palette() color.Palette {
	p := make(color.Palette, 0, Levels+3)
	for _, rgb := range c {
		p = append(p, rgb)
	}
	return append(p, Warning, Paper, Ink)
}

// Viridis is the map for magnitudes, from dark violet over blue-green to yellow, with
// steadily rising lightness. It goes through colours of van der Walt and Smith's map of
// that name (2015), on a curve in OKLab whose steps are equally long.
var Viridis = sync.OnceValue(func() *Colours {
	return even(smooth([]oklab{
		toOKLab(color.RGBA{0x44, 0x01, 0x54, 0xff}),
		toOKLab(color.RGBA{0x41, 0x44, 0x87, 0xff}),
		toOKLab(color.RGBA{0x2a, 0x78, 0x8e, 0xff}),
		toOKLab(color.RGBA{0x22, 0xa8, 0x84, 0xff}),
		toOKLab(color.RGBA{0x7a, 0xd1, 0x51, 0xff}),
		toOKLab(color.RGBA{0xfd, 0xe7, 0x25, 0xff}),
	}))
})

// Diverging is the map for signed values, from blue over a neutral grey, which is exactly
// 0, to red. Lightness falls equally to both sides, as Moreland (2009) asks of such maps,
// and there is no green, as Crameri et al. (2020) do. Both halves are straight in OKLab.
var Diverging = sync.OnceValue(func() *Colours {
	const dark, chroma = 0.42, 0.155
	grey := polar(0.87, 0, 0)
	return even([]oklab{polar(dark, chroma, 258), grey, polar(dark, chroma, 26)})
})

// smooth returns many points of a Catmull-Rom spline through the given ones.
func smooth(points []oklab) []oklab {
	const pieces = 64
	n := len(points)
	curve := points[:1:1]
	for i := range n - 1 {
		before, from, to, behind := points[max(i-1, 0)], points[i], points[i+1], points[min(i+2, n-1)]
		for j := 1; j <= pieces; j++ {
			t := float64(j) / pieces
			curve = append(curve, oklab{
				spline(before.l, from.l, to.l, behind.l, t),
				spline(before.a, from.a, to.a, behind.a, t),
				spline(before.b, from.b, to.b, behind.b, t),
			})
		}
	}
	return curve
}

// spline is Catmull and Rom's between b and c, with the neighbours a and d.
func spline(a, b, c, d, t float64) float64 {
	return b + t/2*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// even walks along a line of points and takes a colour after each equal step.
func even(line []oklab) *Colours {
	length := make([]float64, len(line)) // from the start to each point
	for i := 1; i < len(line); i++ {
		length[i] = length[i-1] + line[i].distance(line[i-1])
	}
	var c Colours
	for i := range c {
		at := length[len(line)-1] * float64(i) / (Levels - 1)
		j, _ := slices.BinarySearch(length, at)
		j = min(max(j, 1), len(line)-1)
		c[i] = line[j-1].between(line[j], (at-length[j-1])/(length[j]-length[j-1])).rgb()
	}
	return &c
}
