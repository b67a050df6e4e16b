package picture

import (
	"image/color"
	"math"
	"testing"
)

// vision is how someone sees: a matrix on linear light.
type vision [3][3]float64

// Machado, Oliveira and Fernandes (2009), at full severity.
var (
	protanopia = vision{
		{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}
	deuteranopia = vision{
		{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}
)

// sees returns a colour as it is seen.
func (v vision) sees(c color.RGBA) oklab {
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var out [3]uint8
	for i, row := range v {
		out[i] = encoded(row[0]*in[0] + row[1]*in[1] + row[2]*in[2])
	}
	return toOKLab(color.RGBA{out[0], out[1], out[2], 255})
}

func TestOKLab(t *testing.T) {
	// Ottosson's own figures for sRGB's red.
	if got := toOKLab(color.RGBA{255, 0, 0, 255}); got.distance(oklab{0.628, 0.225, 0.126}) > 1e-3 {
		t.Errorf("red is %+v", got)
	}
	for _, c := range []color.RGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {12, 200, 99, 255}} {
		if got := toOKLab(c).rgb(); got != c {
			t.Errorf("%v comes back as %v", c, got)
		}
	}
}

// Steps over an eighth of a map look equally large. (Single steps are of the size by
// which colours are rounded.)
func TestMapsAreEven(t *testing.T) {
	for name, c := range map[string]*Colours{"viridis": Viridis(), "diverging": Diverging()} {
		const steps = 14
		var least, most = math.Inf(1), 0.0
		for i := 0; i+Levels/steps < Levels; i += Levels / steps {
			if i < Levels/2 && i+Levels/steps > Levels/2 {
				continue // around the corner in the middle of a diverging map
			}
			d := toOKLab(c[i]).distance(toOKLab(c[i+Levels/steps]))
			least, most = min(least, d), max(most, d)
		}
		if most > 1.1*least {
			t.Errorf("%s: the steps are %.4f to %.4f", name, least, most)
		}
	}
}

func TestLightness(t *testing.T) {
	v := Viridis()
	for i := 1; i < Levels; i++ {
		if a, b := toOKLab(v[i-1]).l, toOKLab(v[i]).l; b < a-0.002 {
			t.Errorf("viridis: level %d has the lightness %.4f after %.4f", i, b, a)
		}
	}
	d := Diverging()
	for i := range Levels / 2 {
		if a, b := toOKLab(d[i]).l, toOKLab(d[Levels-1-i]).l; math.Abs(a-b) > 0.006 {
			t.Errorf("diverging: level %d has the lightness %.4f, its opposite %.4f", i, a, b)
		}
	}
	if m := d[Levels/2]; m.R != m.G || m.G != m.B {
		t.Errorf("diverging: the middle is %v, which is no grey", m)
	}
}

// The farther two values are apart, the farther are their colours, for each kind of
// sight: from the lowest value on, and from 0 to both sides.
func TestMapsAreSafe(t *testing.T) {
	normal := vision{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	for name, v := range map[string]vision{"normal": normal, "protanopia": protanopia, "deuteranopia": deuteranopia} {
		rises(t, name+": viridis", v, Viridis()[:])
		d := Diverging()
		rises(t, name+": above 0", v, d[Levels/2:])
		below := make([]color.RGBA, 0, Levels/2+1)
		for i := Levels / 2; i >= 0; i-- {
			below = append(below, d[i])
		}
		rises(t, name+": below 0", v, below)
		if got := v.sees(d[0]).distance(v.sees(d[Levels-1])); got < 0.2 {
			t.Errorf("%s: blue and red are only %.3f apart", name, got)
		}
	}
}

// rises checks that the distance from the first colour rises, in steps above rounding.
func rises(t *testing.T, name string, v vision, colours []color.RGBA) {
	t.Helper()
	const step = 8
	last := 0.0
	for i := step; i < len(colours); i += step {
		d := v.sees(colours[0]).distance(v.sees(colours[i]))
		if d <= last {
			t.Errorf("%s: level %d is %.4f from the first, level %d %.4f", name, i, d, i-step, last)
		}
		last = d
	}
}

// The colours of no value are in no map, so that they can't be taken for one.
func TestSpecialColours(t *testing.T) {
	for _, c := range []*Colours{Viridis(), Diverging()} {
		for i, rgb := range c {
			for _, special := range []color.RGBA{Warning, Paper, Ink} {
				if toOKLab(rgb).distance(toOKLab(special)) < 0.05 {
					t.Errorf("level %d, %v, looks like %v", i, rgb, special)
				}
			}
		}
	}
}
