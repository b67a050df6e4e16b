package tui

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"resnet-tui/profile"
)

// sheet is what curves look like on a plot with its axis.
func sheet(w, h int, s scale, curves ...curve) string {
	var c canvas
	c.reset(w+axisLabel, h)
	last := 0.0
	for _, k := range curves {
		for _, x := range k.x {
			last = max(last, x)
		}
	}
	p := newPlot(w, h, 0, last, s)
	for i := range curves {
		p.draw(&curves[i])
	}
	c.axis(axisLabel, 0, h, s)
	c.plot(axisLabel, 0, p)
	var b strings.Builder
	for y := range h {
		line := ""
		for _, cell := range c.cells[y*c.w : (y+1)*c.w] {
			line += string(cell.r)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func TestPlotDrawsLinesAndGaps(t *testing.T) {
	nan := math.NaN()
	c := curve{x: []float64{0, 1, 2, 3, 4, 5, 6, 7}, y: []float64{1, 10, 100, nan, 10, nan, 1, 0}}
	got := sheet(8, 4, logScale([]curve{c}), c)
	want := `
   1e+2 ┤ ⢀⠇
        ┤ ⡸
        ┤⢠⠃  ⠈
   1e+0 ┤⡜     ⢀
`
	if got != want[1:] {
		t.Errorf("drawn:\n%swant:\n%s", got, want[1:])
	}
}

func TestPensDiffer(t *testing.T) {
	x, y := []float64{0, 7}, []float64{1, 1}
	s := scale{high: 2}
	seen := map[string]bool{}
	for _, p := range []pen{thinPen, thickPen, dashedPen, dottedPen} {
		seen[sheet(8, 2, s, curve{pen: p, x: x, y: y})] = true
	}
	if len(seen) != 4 {
		t.Errorf("four pens draw %d pictures: %v", len(seen), seen)
	}
}

func TestScalesReachOverAllValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		c := curve{y: make([]float64, 1+rng.IntN(5))}
		for i := range c.y {
			c.y[i] = math.Pow(10, rng.Float64()*80-40)
		}
		for _, s := range []scale{logScale([]curve{c}), linearScale([]curve{c})} {
			for _, v := range c.y {
				if at, ok := s.position(v); !ok || at < 0 || at > 1 {
					t.Fatalf("%v of %v stands at %v of %+v", v, c.y, at, s)
				}
			}
			for _, h := range []int{2, 5, 11, 30} {
				ticks := s.ticks(h)
				if n := len(ticks); n < 2 || n > max((h+1)/2, 2) || ticks[0].at != 0 {
					t.Fatalf("%d lines have the ticks %v for %+v", h, ticks, s)
				}
			}
		}
	}
	for _, v := range []float64{0, math.NaN(), math.Inf(1)} {
		if s := logScale([]curve{{y: []float64{v}}}); s.known() {
			t.Errorf("a logarithmic scale of %v alone is %+v", v, s)
		}
	}
}

func TestScientific(t *testing.T) {
	for v, want := range map[float64]string{
		0.031: "3.10e-2", 1: "1.00e+0", -12345: "-1.23e+4", 0: "0", 1e-123: "1.00e-123", math.Inf(1): "Inf",
	} {
		if got := scientific(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	if got := scientific(math.NaN()); got != profile.Dash {
		t.Errorf("what is not known is written %q", got)
	}
}
