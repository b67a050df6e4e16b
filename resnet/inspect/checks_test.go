package inspect_test

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// TestCheckPixels computes the curves again, a pass for each point.
func TestCheckPixels(t *testing.T) {
	s := sample(t, nets[0], nil)
	x := explained(t, s, at(t, s, "layer2.1"), 8)
	got, err := inspect.CheckPixels(context.Background(), s, x)
	if err != nil {
		t.Fatal(err)
	}
	const pixels = 32 * 32
	values := inspect.Enlarge(x.Map, x.H, x.W, 32, 32)
	order := make([]int, pixels)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	var want inspect.Pixels
	for k := range 33 {
		deleted, inserted := wide(s.Image()), make([]float64, 3*pixels)
		for _, i := range order[:pixels*k/32] {
			for c := range 3 {
				inserted[c*pixels+i] = deleted[c*pixels+i]
				deleted[c*pixels+i] = 0
			}
		}
		weight := 1.0 / 32
		if k == 0 || k == 32 {
			weight /= 2
		}
		want.Deletion += weight * softmax(t, s, deleted, 8)
		want.Insertion += weight * softmax(t, s, inserted, 8)
	}
	if math.Abs(got.Deletion-want.Deletion) > 1e-5 || math.Abs(got.Insertion-want.Insertion) > 1e-5 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// softmax is a class's probability for an image in the place of the sample's.
func softmax(t testing.TB, s inspect.Sample, image []float64, class int) float64 {
	t.Helper()
	mine, sum := math.Exp(score(t, s, image, class)), 0.0
	logits, err := s.Session.Logits()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range logits.Data[s.Index*10 : s.Index*10+10] {
		sum += math.Exp(float64(v))
	}
	return mine / sum
}

// TestEnlarge has the values of PyTorch's interpolate(mode="bilinear").
func TestEnlarge(t *testing.T) {
	got := inspect.Enlarge([]float32{0, 4, 8, 12}, 2, 2, 4, 4)
	want := []float32{0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestSpearman: ranks alone count, and equal values share theirs;
// where there are none, neither is the correlation.
func TestSpearman(t *testing.T) {
	nan := float32(math.NaN())
	for _, tt := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 2, 3, 4}, []float32{1, 8, 9, 70}, 1},
		{[]float32{1, 2, 3, 4}, []float32{-1, -8, -9, -70}, -1},
		{[]float32{1, 2, 2, 3}, []float32{1, 2, 3, 4}, 0.9486832980505138}, // SciPy's spearmanr
		{[]float32{1, 1}, []float32{1, 2}, math.NaN()},
		{[]float32{nan, nan, nan}, []float32{1, 2, 3}, math.NaN()},
		{[]float32{1, 2, 3}, []float32{1, nan, 3}, math.NaN()},
	} {
		if got := inspect.Spearman(tt.a, tt.b); !(math.Abs(got-tt.want) < 1e-12) && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("%v, %v: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestCheckRandomised: against a net with the very weights a map stays as it is, against
// others it does not.
func TestCheckRandomised(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s := sample(t, nets[0], nil)
	o := at(t, s, "layer2.1")
	x := explained(t, s, o, 1)
	ctx := context.Background()
	same, err := inspect.CheckRandomised(ctx, d, s, o, x, 3)
	if err != nil || !(same > 0.999) {
		t.Errorf("with the same weights: %g, %v", same, err)
	}
	other, err := inspect.CheckRandomised(ctx, d, s, o, x, 4)
	if err != nil || !(math.Abs(other) < 0.9) {
		t.Errorf("with other weights: %g, %v", other, err)
	}
}

// TestMeasureField: the gradient's support lies in the theoretical field, its parts have
// the norms of parts of the whole, and squares hold the shares that they should.
func TestMeasureField(t *testing.T) {
	for _, c := range nets {
		s := sample(t, c, nil)
		m := s.Session.Model()
		blocks := m.Blocks()
		for _, path := range []string{blocks[0].Path, blocks[1].Path, "conv1", m.Layers[blocks[1].To-1].Path} {
			p, err := inspect.Find(m, path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := inspect.MeasureField(context.Background(), s, p, inspect.Unit{C: 3, Y: 2, X: p.Layer.Out[3] - 1})
			if err != nil {
				t.Fatal(err)
			}
			checkField(t, f, s.Batch.Shape)
			parts := 0
			if p.Block != nil && c.Arch != "cifar_plain14" {
				parts = 2
				if p.Block == blocks[1] {
					parts++
				}
			}
			if len(f.Branches) != parts || f.SumError > 1e-5 {
				t.Errorf("%s %s: %d parts, off by %g; want %d", c.Arch, path, len(f.Branches), f.SumError, parts)
			}
		}
	}
}

// checkField checks what holds of every field.
func checkField(t *testing.T, f *inspect.UnitField, shape tensor.Shape) {
	t.Helper()
	if f.Support == nil {
		return // the unit's ReLU is shut
	}
	inside := func(a, b inspect.Box) bool { return a.Rectangle().In(b.Rectangle()) }
	if !inside(*f.Support, f.Box) || len(f.Mass) != 3 {
		t.Errorf("support %v in box %v, %d shares", *f.Support, f.Box, len(f.Mass))
	}
	for _, b := range f.Branches {
		if (b.Support == nil) != (b.Norm == 0) || b.Support != nil && !inside(*b.Support, f.Box) {
			t.Errorf("branches %d: norm %g, support %v in %v", b.Branches, b.Norm, b.Support, f.Box)
		}
	}
	for i, m := range f.Mass {
		held, total := 0.0, 0.0
		for at, v := range f.Gradient.Data {
			y, x := at%(shape[2]*shape[3])/shape[3], at%shape[3]
			total += math.Abs(float64(v))
			if y >= m.Box.Top && y < m.Box.Bottom && x >= m.Box.Left && x < m.Box.Right {
				held += math.Abs(float64(v))
			}
		}
		if held < m.Share*total*(1-1e-9) || i > 0 && !inside(f.Mass[i-1].Box, m.Box) {
			t.Errorf("%v holds %g of %g", m, held, total)
		}
	}
}

// TestFieldOfClass: a unit of a vector is a channel alone.
func TestFieldOfClass(t *testing.T) {
	s := sample(t, nets[0], func(o *nn.SessionOptions) { o.Mode, o.FreezeStats = nn.Train, true })
	p := at(t, s, "fc").At
	f, err := inspect.MeasureField(context.Background(), s, p, inspect.Unit{C: 9})
	if err != nil || f.Support == nil || f.Branches != nil {
		t.Errorf("%+v, %v", f, err)
	}
	for _, u := range []inspect.Unit{{C: 10}, {Y: 1}, {X: -1}} {
		if _, err := inspect.MeasureField(context.Background(), s, p, u); err == nil {
			t.Errorf("unit %v was taken", u)
		}
	}
}
