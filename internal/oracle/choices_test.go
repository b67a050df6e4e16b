package oracle

import (
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// reluStep returns a step on the reference with one ReLU and its gradient. The operands
// alternate between 1 and −1, except those given, and dy is 1, 2, 3 …
func reluStep(t *testing.T, n int, operands map[int]float64) (s *Step, p *tensor.Plan, dx func() []float64) {
	t.Helper()
	var b tensortest.Builder
	x := b.Input(n)
	b.ReLU(x)
	dy := b.Like(x)
	out := b.Differentiate(0, dy, true).In[0]
	b.Output(out)
	p = &b.Plan
	KeepChoices(p)
	r, err := tensor.NewReference[float64](p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r.Buffer(x)[i], r.Buffer(dy)[i] = float64(1-i%2*2), float64(i+1)
		if v, ok := operands[i]; ok {
			r.Buffer(x)[i] = v
		}
	}
	if err := r.Run(nil); err != nil {
		t.Fatal(err)
	}
	return &Step{Reference: r}, p, func() []float64 { return r.Buffer(out) }
}

// TestAdopt: the gradient is that of the device's choices, and those of an earlier device
// have no effect.
func TestAdopt(t *testing.T) {
	s, p, dx := reluStep(t, 6, map[int]float64{0: 1e-9, 1: -1e-9})
	if p.Buffers[p.Ops[0].Out[0]].Class != tensor.Kept {
		t.Error("the ReLU's result can't be read")
	}
	own := slices.Clone(dx())
	for _, c := range []struct {
		name     string
		y        []float64 // the device's
		others   int
		gradient []float64
	}{
		{"both on the other side", []float64{0, 2e-9, 1, 0, 1, 0}, 2, []float64{0, 2, 3, 0, 5, 0}},
		{"the same except for rounding", []float64{2e-9, 0, 0.9, 0, 1, 0}, 0, own},
		{"one", []float64{0, 0, 1, 0, 1, 0}, 1, []float64{0, 0, 3, 0, 5, 0}},
	} {
		choices, err := s.Adopt(p, func(tensor.BufferID) []float64 { return c.y }, nil)
		if err != nil || choices.Err() != nil || choices.Others != c.others ||
			choices.All != 6 || choices.Farthest > 1e-8 {
			t.Errorf("%s: %v (%v, %v)", c.name, choices, err, choices.Err())
		}
		if !slices.Equal(dx(), c.gradient) {
			t.Errorf("%s: the gradient is %v, want %v", c.name, dx(), c.gradient)
		}
	}
}

// TestChoicesOfAnotherNet: choices that rounding can't explain are an error.
func TestChoicesOfAnotherNet(t *testing.T) {
	const n = 20_000 // 5 may differ
	near := map[int]float64{}
	for i := range 6 {
		near[i] = 1e-9
	}
	s, p, _ := reluStep(t, n, near)
	exact := slices.Clone(s.Buffer(p.Ops[0].Out[0]))
	for _, c := range []struct {
		name  string
		spoil func(y []float64)
		says  string // "" for no error
	}{
		{"5 near zero", func(y []float64) { clear(y[:5]) }, ""},
		{"6 near zero", func(y []float64) { clear(y[:6]) }, "6 of 20000"},
		{"one far from zero", func(y []float64) { y[8] = 0 }, "1 of 20000"},
		{"one that should be zero", func(y []float64) { y[9] = 0.01 }, "1 of 20000"},
		{"one NaN", func(y []float64) { y[8] = math.NaN() }, "NaN apart"},
		{"all shifted", func(y []float64) {
			for i := range y {
				y[i] += 1e-6
			}
		}, "9997 of 20000"},
		{"neighbours exchanged", func(y []float64) { slices.Reverse(y) }, "rounding"},
		{"all zero", func(y []float64) { clear(y) }, "rounding"},
	} {
		y := slices.Clone(exact)
		c.spoil(y)
		choices, err := s.Adopt(p, func(tensor.BufferID) []float64 { return y }, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = choices.Err()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.says)
		}
	}
}

// TestAdoptMaxima: a max pool's gradient goes to the position where the device has found the
// maximum, if its value is close to that of the reference's.
func TestAdoptMaxima(t *testing.T) {
	for _, c := range []struct {
		name     string
		zeros    bool
		x, y     []float64 // 2×4, the reference's and the device's
		others   int
		gradient []float64 // of windows 2×2, stride 1 by 2, one row of padding above: dy is 1, 2 / 3, 4
	}{
		{
			"the same", false, []float64{1, 2, 3, 4, 5, 6, 8, 7}, []float64{1, 2.1, 3, 4, 5, 6, 8, 7}, 0,
			[]float64{0, 1, 0, 2, 0, 3, 4, 0},
		},
		{
			"near by", false, []float64{2 - 1e-9, 2, 3, 4, 5, 6, 7 - 1e-9, 7},
			[]float64{2, 2, 3, 4, 5, 6, 7, 7}, 2, []float64{1, 0, 0, 2, 0, 3, 4, 0},
		},
		{
			"padding", true, []float64{-1, 1e-9, -1, -1e-9, 5, 6, 8, 7},
			[]float64{-1, -1e-9, -1, 1e-9, 5, 6, 8, 7}, 2, []float64{0, 0, 0, 2, 0, 3, 4, 0},
		},
		{"far away", false, []float64{1, 2, 3, 4, 5, 6, 8, 7}, []float64{2, 1, 3, 4, 5, 6, 8, 7}, -1, nil},
	} {
		win := tensor.Window{KH: 2, KW: 2, SH: 1, SW: 2, Top: 1}
		var b tensortest.Builder
		x := b.Input(1, 1, 2, 4)
		dy := b.Like(b.MaxPool(x, win, c.zeros))
		dx := b.Differentiate(0, dy, true).In[0]
		b.Output(dx)
		p := &b.Plan
		KeepChoices(p)
		r, err := tensor.NewReference[float64](p, nil)
		if err != nil {
			t.Fatal(err)
		}
		copy(r.Buffer(x), c.x)
		copy(r.Buffer(dy), []float64{1, 2, 3, 4})
		if err := r.Run(nil); err != nil {
			t.Fatal(err)
		}
		s := &Step{Reference: r}
		choices, err := s.Adopt(p, func(tensor.BufferID) []float64 { return c.y }, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.others < 0 {
			if choices.Err() == nil {
				t.Errorf("%s: %v is no error", c.name, choices)
			}
			continue
		}
		if choices.Err() != nil || choices.Others != c.others || choices.All != 4 ||
			!slices.Equal(r.Buffer(dx), c.gradient) {
			t.Errorf("%s: %v, and the gradient is %v, want %v", c.name, choices, r.Buffer(dx), c.gradient)
		}
		_, err = s.Adopt(p, func(tensor.BufferID) []float64 { return c.x }, nil)
		if err != nil || !slices.Equal(r.Buffer(x), c.x) {
			t.Errorf("%s: the operand stays %v (%v)", c.name, r.Buffer(x), err)
		}
	}
}
