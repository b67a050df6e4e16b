package tensor_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	. "resnet-tui/tensor" // these tests can't be in the package: tensortest imports it
	"resnet-tui/tensor/tensortest"
)

// values is a Source of given values by parameter name.
type values map[string][]float32

func (v values) Load(p Param, t *Tensor) error {
	if len(v[p.Name]) != len(t.Data) {
		return fmt.Errorf("%d values for %v", len(v[p.Name]), p.Shape)
	}
	copy(t.Data, v[p.Name])
	return nil
}

// rolesOf are the roles of parameters, in the order of operations that have
// some.
var rolesOf = map[Kind][]Role{
	Conv2d: {Weight, Bias}, Linear: {Weight, Bias}, BatchNorm2d: {Gamma, Beta, RunningMean, RunningVar},
}

// single is a plan of one operation on inputs of the given shapes; params are
// the shapes of its parameters, named p0, p1, ….
func single(op Op, out Shape, in []Shape, params ...Shape) *Plan {
	var b tensortest.Builder
	for i, s := range params {
		op.Params = append(op.Params, b.Param(rolesOf[op.Kind][i], s...))
	}
	var operands []BufferID
	for _, s := range in {
		operands = append(operands, b.Input(s...))
	}
	y := b.Append(op, operands, out)
	if b.Output(y...); op.Kind == Moments {
		b.Keep(y...)
	}
	return &b.Plan
}

// count is 1, 2, …, n.
func count(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i + 1)
	}
	return x
}

func TestReferenceByHand(t *testing.T) {
	nan := float32(math.NaN())
	shapes := func(s ...Shape) []Shape { return s }
	cases := []struct {
		name    string
		plan    *Plan
		params  values
		scalars []float32
		in      [][]float32
		want    []float64
	}{
		{
			name: "convolution, padded above and on the left, stride 2×1",
			plan: single(Op{Kind: Conv2d, Window: Window{KH: 2, KW: 2, SH: 2, SW: 1, Top: 1, Left: 1}, Groups: 1, Scalar: NoScalar},
				Shape{1, 1, 2, 3}, shapes(Shape{1, 1, 3, 3}), Shape{1, 1, 2, 2}, Shape{1}),
			params: values{"p0": {1, 10, 100, 1000}, "p1": {0.5}},
			in:     [][]float32{count(9)},
			want:   []float64{1000.5, 2100.5, 3200.5, 7040.5, 8754.5, 9865.5},
		},
		{
			name: "convolution in two groups",
			plan: single(Op{Kind: Conv2d, Window: Square(1, 1, 0), Groups: 2, Scalar: NoScalar},
				Shape{1, 4, 1, 1}, shapes(Shape{1, 4, 1, 1}), Shape{4, 2, 1, 1}),
			params: values{"p0": {1, 10, 2, 20, 3, 30, 4, 40}},
			in:     [][]float32{count(4)},
			want:   []float64{21, 42, 129, 172},
		},
		{
			name:   "linear",
			plan:   single(Op{Kind: Linear, Scalar: NoScalar}, Shape{2, 2}, shapes(Shape{2, 3}), Shape{2, 3}, Shape{2}),
			params: values{"p0": {1, 10, 100, 2, 0, -1}, "p1": {0.25, 0.5}},
			in:     [][]float32{count(6)},
			want:   []float64{321.25, -0.5, 654.25, 2.5},
		},
		{
			name: "batch norm in eval mode",
			plan: single(Op{Kind: BatchNorm2d, Eps: 0.25, Scalar: NoScalar}, Shape{1, 2, 1, 2}, shapes(Shape{1, 2, 1, 2}),
				Shape{2}, Shape{2}, Shape{2}, Shape{2}),
			params: values{"p0": {2, 3}, "p1": {1, -1}, "p2": {1, 5}, "p3": {3.75, 0.75}},
			in:     [][]float32{count(4)},
			want:   []float64{1, 2, -7, -4},
		},
		{
			name: "ReLU keeps NaN",
			plan: single(Op{Kind: ReLU, Scalar: NoScalar}, Shape{3}, shapes(Shape{3})),
			in:   [][]float32{{-1, 2, nan}},
			want: []float64{0, 2, math.NaN()},
		},
		{
			name: "max pool over −∞",
			plan: single(Op{Kind: MaxPool2d, Window: Square(2, 2, 1), Scalar: NoScalar}, Shape{1, 1, 2, 2}, shapes(Shape{1, 1, 3, 3})),
			in:   [][]float32{{-1, -2, -3, -4, -5, -6, -7, -8, -9}},
			want: []float64{-1, -2, -4, -5},
		},
		{
			name: "max pool over zeros",
			plan: single(Op{Kind: MaxPool2d, Window: Square(2, 2, 1), PadZero: true, Scalar: NoScalar}, Shape{1, 1, 2, 2}, shapes(Shape{1, 1, 3, 3})),
			in:   [][]float32{{-1, -2, -3, -4, -5, -6, -7, -8, -9}},
			want: []float64{0, 0, 0, -5},
		},
		{
			name: "average pool, padding that counts for nothing",
			plan: single(Op{Kind: AvgPool2d, Window: Square(2, 2, 1), Scalar: NoScalar}, Shape{1, 1, 2, 2}, shapes(Shape{1, 1, 3, 3})),
			in:   [][]float32{count(9)},
			want: []float64{1, 2.5, 5.5, 7},
		},
		{
			name: "average pool 2×2, rounded up",
			plan: single(Op{Kind: AvgPool2d, Window: Window{KH: 2, KW: 2, SH: 2, SW: 2, Bottom: 1, Right: 1}, Scalar: NoScalar},
				Shape{1, 1, 2, 2}, shapes(Shape{1, 1, 3, 3})),
			in:   [][]float32{count(9)},
			want: []float64{3, 4.5, 7.5, 9},
		},
		{
			name: "adaptive pool, windows that overlap",
			plan: single(Op{Kind: AdaptiveAvgPool2d, Scalar: NoScalar}, Shape{1, 1, 1, 3}, shapes(Shape{1, 1, 2, 5})),
			in:   [][]float32{count(10)},
			want: []float64{4, 5.5, 7},
		},
		{
			name: "addition",
			plan: single(Op{Kind: Add, Scalar: NoScalar}, Shape{2}, shapes(Shape{2}, Shape{2})),
			in:   [][]float32{{1, 2}, {10, 20}},
			want: []float64{11, 22},
		},
		{
			name: "shortcut A",
			plan: single(Op{Kind: Pad, Window: Window{SH: 2, SW: 2}, PadBefore: 1, PadAfter: 2, Scalar: NoScalar},
				Shape{1, 4, 2, 2}, shapes(Shape{1, 1, 3, 3})),
			in:   [][]float32{count(9)},
			want: []float64{0, 0, 0, 0, 1, 3, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0},
		},
		{
			name: "flatten",
			plan: single(Op{Kind: Flatten, Scalar: NoScalar}, Shape{2, 4}, shapes(Shape{2, 2, 1, 2})),
			in:   [][]float32{count(8)},
			want: []float64{1, 2, 3, 4, 5, 6, 7, 8},
		},
		{
			name: "dropout in eval mode",
			plan: single(Op{Kind: Dropout, Eps: 0.5, Scalar: NoScalar}, Shape{2}, shapes(Shape{2})),
			in:   [][]float32{{1, 2}},
			want: []float64{1, 2},
		},
		{
			name: "moments",
			plan: single(Op{Kind: Moments, Scalar: NoScalar}, Shape{2}, shapes(Shape{1, 2, 1, 2})),
			in:   [][]float32{{1, 1, 3, 3}},
			want: []float64{2, 1},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := runReference[float64](t, c.plan, c.params, c.in)
			if !same(got, c.want) {
				t.Errorf("float64: %v, want %v", got, c.want)
			}
			var rounded []float64
			for _, v := range runReference[float32](t, c.plan, c.params, c.in) {
				rounded = append(rounded, float64(v))
			}
			if !same(rounded, c.want) {
				t.Errorf("float32: %v, want %v", rounded, c.want)
			}
		})
	}
}

func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
}

// runReference is the result of a plan's last operation.
func runReference[T Real](t *testing.T, p *Plan, params values, in [][]float32, scalars ...float32) []T {
	t.Helper()
	r, err := NewReference[T](p, params)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range in {
		if err := r.Set(BufferID(i), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Run(scalars); err != nil {
		t.Fatal(err)
	}
	return r.Buffer(p.Ops[len(p.Ops)-1].Out[0])
}

func TestReferenceTrainBatchNorm(t *testing.T) {
	s := Shape{2, 1, 1, 2}
	p := single(Op{Kind: BatchNorm2d, Train: true, Eps: 1, Momentum: 0.5, Scalar: NoScalar}, s, []Shape{s},
		Shape{1}, Shape{1}, Shape{1}, Shape{1})
	r, err := NewReference[float64](p, values{"p0": {2}, "p1": {1}, "p2": {4}, "p3": {2}})
	if err != nil {
		t.Fatal(err)
	}
	copy(r.Buffer(0), []float64{0, 0, 2 * math.Sqrt(3), 2 * math.Sqrt(3)}) // mean √3, variance 3 and, unbiased, 4
	if err := r.Run(nil); err != nil {
		t.Fatal(err)
	}
	want := []float64{1 - math.Sqrt(3), 1 - math.Sqrt(3), 1 + math.Sqrt(3), 1 + math.Sqrt(3)}
	for i, v := range r.Buffer(1) {
		if math.Abs(v-want[i]) > 1e-15*4 {
			t.Errorf("y[%d] = %v, want %v", i, v, want[i])
		}
	}
	if mean, variance := r.Param("p2")[0], r.Param("p3")[0]; math.Abs(mean-(4+math.Sqrt(3))/2) > 1e-15 || math.Abs(variance-3) > 1e-15 {
		t.Errorf("running statistics %v and %v", mean, variance)
	}
	if r.Param("no such") != nil {
		t.Error("a parameter that does not exist has values")
	}
}

func TestReferenceAddScaled(t *testing.T) {
	p := single(Op{Kind: Add}, Shape{2}, []Shape{{2}, {2}})
	p.Scalars = []string{"alpha"}
	if got := runReference[float64](t, p, nil, [][]float32{{1, 2}, {10, 20}}, 0.5); !same(got, []float64{10.5, 21}) {
		t.Errorf("½·branch + skip = %v", got)
	}
}

func TestReferenceDropout(t *testing.T) {
	const n = 10000
	p := single(Op{Kind: Dropout, Path: "classifier.2", Train: true, Eps: 0.25}, Shape{n}, []Shape{{n}})
	p.Scalars = []string{"seed"}
	ones := slices.Repeat([]float32{3}, n)
	first := slices.Clone(runReference[float64](t, p, nil, [][]float32{ones}, 1))
	dropped := 0
	for i, v := range first {
		if v == 0 {
			dropped++
		} else if v != 4 {
			t.Fatalf("element %d is %v, neither 0 nor 3/(1−¼)", i, v)
		}
	}
	if math.Abs(float64(dropped)-n/4) > 4*math.Sqrt(n*3./16) {
		t.Errorf("%d of %d dropped at p = ¼", dropped, n)
	}
	if !same(first, runReference[float64](t, p, nil, [][]float32{ones}, 1)) {
		t.Error("the same seed gave another mask")
	}
	if same(first, runReference[float64](t, p, nil, [][]float32{ones}, 2)) {
		t.Error("another seed gave the same mask")
	}
}

func TestReferenceRefuses(t *testing.T) {
	p := single(Op{Kind: Linear, Scalar: NoScalar}, Shape{1, 2}, []Shape{{1, 3}}, Shape{2, 3})
	if _, err := NewReference[float64](p, nil); err == nil {
		t.Error("no source for a parameter: no error")
	}
	if _, err := NewReference[float64](p, values{}); err == nil {
		t.Error("a source without the parameter: no error")
	}
	r, err := NewReference[float64](p, values{"p0": count(6)})
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range map[BufferID]int{-1: 3, 0: 4, 1: 2, 2: 3} {
		if r.Set(id, make([]float32, n)) == nil {
			t.Errorf("%d values written to buffer %d", n, id)
		}
	}
	if r.Run([]float32{1}) == nil {
		t.Error("a scalar too many: no error")
	}
}
