//go:build !nogpu

package vulkan

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/internal/nettest"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

// matrixPrecisions are those of a device's matrices. Without any the test is skipped:
// of software drivers only lavapipe of Mesa 26 or later has some, of fp16.
func matrixPrecisions(t *testing.T, d *device) []tensor.Precision {
	t.Helper()
	list := d.Info().Precisions[1:]
	if len(list) == 0 {
		t.Skipf("%s has no matrix units: %s", d.p.name(), d.p.lacks[tensor.FP16])
	}
	return list
}

// rounders are what precisions do to a factor: round it to the nearest, ties to even.
var rounders = map[tensor.Precision]func(float32) float32{
	tensor.FP32: func(x float32) float32 { return x },
	tensor.BF16: func(x float32) float32 { return roundTo(x, 8, -126) },
	tensor.FP16: func(x float32) float32 {
		if y := roundTo(x, 11, -14); math.Abs(float64(y)) < 65520 {
			return y
		}
		return x * float32(math.Inf(1))
	},
}

// roundTo keeps so many bits of a number's significand, fewer where its exponent would
// be below the least.
func roundTo(x float32, bits, least int) float32 {
	_, exponent := math.Frexp(float64(x))
	unit := math.Ldexp(1, max(exponent-1, least)+1-bits)
	return float32(math.RoundToEven(float64(x)/unit) * unit)
}

func TestRounders(t *testing.T) {
	for _, c := range []struct {
		p    tensor.Precision
		x, y float32
	}{
		{tensor.BF16, 1 + 1.0/256, 1}, {tensor.BF16, 1 + 3.0/256, 1 + 1.0/64}, {tensor.BF16, 1 + 1.0/128, 1 + 1.0/128},
		{tensor.BF16, -3.1415927, -3.140625}, {tensor.BF16, 1e30, 1.00025e30},
		{tensor.FP16, 1 + 1.0/2048, 1}, {tensor.FP16, 1 + 3.0/2048, 1 + 1.0/512}, {tensor.FP16, 65504, 65504},
		{tensor.FP16, 1e-8, 0}, {tensor.FP16, 1.5 / (1 << 24), 2.0 / (1 << 24)}, {tensor.FP16, 7e4, float32(math.Inf(1))},
	} {
		if y := rounders[c.p](c.x); y != c.y && math.Abs(float64(y/c.y-1)) > 1e-4 {
			t.Errorf("%v of %v is %v, not %v", c.p, c.x, y, c.y)
		}
	}
}

// roundedWeights gives the weights of products rounded, and all else as it is.
type roundedWeights struct {
	tensor.Source
	round   func(float32) float32
	weights map[string]bool
}

func (s roundedWeights) Load(p tensor.Param, to *tensor.Tensor) error {
	err := s.Source.Load(p, to)
	if s.weights[p.Name] {
		for i, x := range to.Data {
			to.Data[i] = s.round(x)
		}
	}
	return err
}

// isProduct reports whether the device rounds an operation's operands.
func isProduct(op *tensor.Op) bool {
	switch op.Kind {
	case tensor.Conv2d, tensor.Conv2dGradInput, tensor.Conv2dGradWeight, tensor.Linear, tensor.LinearGradInput, tensor.LinearGradWeight:
		return true
	}
	return false
}

// inputs are values for a plan's inputs.
type inputs func(p *tensor.Plan, id tensor.BufferID) *tensor.Tensor

const matrixSeed = 3

func normal(p *tensor.Plan, id tensor.BufferID) *tensor.Tensor {
	return tensortest.InputValues(p, id, matrixSeed)
}

// tiny are values of which fp16 holds none.
func tiny(p *tensor.Plan, id tensor.BufferID) *tensor.Tensor {
	x := normal(p, id)
	for i := range x.Data {
		x.Data[i] *= 1e-12
	}
	return x
}

// roundFactors rounds what a product reads, as it does by itself. Gradients in fp16 are
// scaled by a power of two before.
func roundFactors(op *tensor.Op, operand int, precision tensor.Precision, x []float64) {
	scale := float32(1)
	gradient := map[tensor.Kind]int{tensor.Conv2dGradInput: 0, tensor.LinearGradInput: 0, tensor.Conv2dGradWeight: 1, tensor.LinearGradWeight: 1}
	if of, ok := gradient[op.Kind]; ok && operand == of && precision == tensor.FP16 {
		largest := 0.0
		for _, v := range x {
			largest = max(largest, math.Abs(v))
		}
		_, exponent := math.Frexp(largest)
		scale = float32(math.Ldexp(1, 15-exponent))
	}
	for i, v := range x {
		x[i] = float64(rounders[precision](float32(v)*scale)) / float64(scale)
	}
}

// emulate runs a plan in float64 with the factors of every product rounded, which is all
// that a precision changes.
func emulate(t *testing.T, p *tensor.Plan, from tensor.Source, in inputs, precision tensor.Precision) *tensor.Reference[float64] {
	t.Helper()
	source := roundedWeights{from, rounders[precision], map[string]bool{}}
	for i := range p.Ops {
		if op := &p.Ops[i]; isProduct(op) && len(op.Params) > 0 {
			source.weights[p.Params[op.Params[0]].Name] = true
		}
	}
	r, err := tensor.NewReference[float64](p, source)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range p.Find(tensor.Input) {
		if err := r.Set(id, in(p, id).Data); err != nil {
			t.Fatal(err)
		}
	}
	for i := range p.Ops {
		op := &p.Ops[i]
		saved := map[tensor.BufferID][]float64{}
		for j, id := range op.In {
			if isProduct(op) {
				saved[id] = slices.Clone(r.Buffer(id))
				roundFactors(op, j, precision, r.Buffer(id))
			}
		}
		if err := r.RunPart(i, i+1, tensortest.ScalarValues(p)); err != nil {
			t.Fatal(err)
		}
		for id, x := range saved {
			copy(r.Buffer(id), x)
		}
	}
	return r
}

// results are what a plan gives on the device.
func results(t *testing.T, d *device, p *tensor.Plan, from tensor.Source, in inputs, o tensor.Options) (map[tensor.BufferID][]float32, []tensor.KernelInfo) {
	t.Helper()
	s, err := d.NewState(p.Params, from)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	prog, err := d.Compile(p, s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	poison(prog.(*program))
	for _, id := range p.Find(tensor.Input) {
		if err := prog.Write(id, in(p, id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := prog.Run(context.Background(), tensor.RunOptions{Scalars: tensortest.ScalarValues(p)}); err != nil {
		t.Fatal(err)
	}
	got := map[tensor.BufferID][]float32{}
	for _, id := range append(p.Find(tensor.Output), p.Find(tensor.Kept)...) {
		x := tensor.New(p.Buffers[id].Shape...)
		if err := prog.Read(id, x); err != nil {
			t.Fatal(err)
		}
		got[id] = x.Data
	}
	return got, prog.Kernels()
}

var square3 = tensor.Square(3, 1, 1)

// matrixShapes meet what matrix.comp tells apart: both orders of terms, channels that
// fill no step, strides, groups, one pixel, sums in slices, tiles of each size, windows
// that are not square.
var matrixShapes = []tensortest.Convolution{
	{N: 1, C: 3, H: 40, W: 38, K: 64, Groups: 1, Window: tensor.Square(7, 2, 3)},
	{N: 2, C: 64, H: 14, W: 14, K: 96, Groups: 1, Window: square3},
	{N: 1, C: 64, H: 8, W: 8, K: 80, Groups: 1, Window: tensor.Square(1, 2, 0)},
	{N: 1, C: 128, H: 9, W: 9, K: 128, Groups: 4, Window: square3},
	{N: 2, C: 70, H: 9, W: 11, K: 33, Groups: 1, Window: tensor.Square(3, 2, 1)},
	{N: 5, C: 32, H: 1, W: 1, K: 48, Groups: 1, Window: tensor.Square(1, 1, 0)},
	{N: 1, C: 704, H: 4, W: 4, K: 33, Groups: 1, Window: square3},
	{N: 2, C: 32, H: 6, W: 5, K: 32, Groups: 1, Window: tensor.Window{KH: 3, KW: 2, SH: 1, SW: 3, Top: 2, Right: 1}},
}

// TestMatrixProducts compares products on matrix units with float64, the factors
// rounded: what is left is the sums' own error, as in fp32.
func TestMatrixProducts(t *testing.T) {
	d := open(t)
	for _, precision := range matrixPrecisions(t, d) {
		for i, g := range matrixShapes {
			t.Run(fmt.Sprintf("%v %d", precision, i), func(t *testing.T) {
				matrixCase(t, d, g.Plan(tensortest.TailReLU), normal, precision)
				matrixCase(t, d, g.Gradients(), normal, precision)
			})
		}
	}
}

// TestMatrixTinyGradients takes gradients through products that are far below fp16's
// smallest number.
func TestMatrixTinyGradients(t *testing.T) {
	d := open(t)
	for _, precision := range matrixPrecisions(t, d) {
		g := tensortest.Convolution{N: 1, C: 64, H: 8, W: 8, K: 80, Groups: 1, Window: tensor.Square(1, 2, 0)}
		matrixCase(t, d, g.Gradients(), tiny, precision)
	}
}

func matrixCase(t *testing.T, d *device, p *tensor.Plan, in inputs, precision tensor.Precision) {
	t.Helper()
	const bar = 3e-6
	values := tensortest.Values{Seed: matrixSeed}
	got, kernels := results(t, d, p, values, in, tensor.Options{Precision: precision, Fuse: true})
	want := emulate(t, p, values, in, precision)
	for id, x := range got {
		if e := tensortest.Distance(x, want.Buffer(id)); !(e <= bar) {
			t.Errorf("%v: buffer %d is off by %.2g, of %.2g at most; kernels %v", p, id, e, bar, kernels)
		}
	}
	for _, k := range kernels {
		if isProduct(&p.Ops[k.Op]) && !strings.HasPrefix(k.Name, "matrix_") {
			t.Errorf("%v runs as %s", p.Ops[k.Op].Kind, k.Name)
		}
	}
}

// TestMatrixKernelsCompile hands the driver every kernel on matrix units, for each tile.
// It needs no GPU that computes: a driver without its hardware will do.
func TestMatrixKernelsCompile(t *testing.T) {
	d := open(t)
	t.Log(d.p.matrices)
	sides := []int{48, 640} // of results that take a small and a large tile
	for i, precision := range matrixPrecisions(t, d) {
		m := d.p.matrices[i]
		if _, err := d.pipeline("peak_matrix_"+precision.String(), []uint32{uint32(m.M), uint32(m.N), uint32(m.K)}); err != nil {
			t.Error(err)
		}
		for _, rows := range sides {
			for _, cols := range sides {
				g := tensortest.Convolution{N: 1, C: rows, H: 1, W: cols, K: rows, Groups: 1, Window: tensor.Square(1, 1, 0)}
				for _, p := range []*tensor.Plan{g.Plan(0), g.Gradients()} {
					matrixPipelines(t, d, p, precision)
				}
			}
		}
	}
}

func matrixPipelines(t *testing.T, d *device, p *tensor.Plan, precision tensor.Precision) {
	t.Helper()
	bp, err := gpu.New(p, tensor.Options{Precision: precision}, d.traits)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range bp.Steps {
		for _, k := range st.Kernels {
			if _, err := d.pipeline(k.Name, k.Constants); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestMissingMatricesAreNamed: what a device can't do is one error that says why.
func TestMissingMatricesAreNamed(t *testing.T) {
	d := open(t)
	info := d.Info()
	g := matrixShapes[1].Plan(0)
	for _, p := range []tensor.Precision{tensor.TF32, tensor.BF16, tensor.FP16} {
		if slices.Contains(info.Precisions, p) {
			continue
		}
		if info.Lacks[p] == "" {
			t.Errorf("nothing says why there is no %v", p)
		}
		_, err := d.Estimate(g, tensor.Options{Precision: p})
		if err == nil || !strings.Contains(err.Error(), p.String()) || !strings.Contains(err.Error(), d.p.name()) {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// TestMatrixNets compares a whole net's logits and gradients with float64: they may be as
// far off as rounding the factors explains, and hardly more. A unit near zero may be on
// in one of them and off in the other, by which the gradient of a layer jumps; so
// gradients are held to what rounding explains of any of them.
func TestMatrixNets(t *testing.T) {
	d := open(t)
	for _, precision := range matrixPrecisions(t, d) {
		for _, arch := range []string{"cifar_resnet8", "resnet18"} {
			t.Run(fmt.Sprintf("%v %s", precision, arch), func(t *testing.T) {
				skipLarge(t, arch)
				matrixNet(t, d, netOf(arch), precision)
			})
		}
	}
}

func matrixNet(t *testing.T, d *device, n nettest.Net, precision tensor.Precision) {
	t.Helper()
	l := n.Lower(t, nn.Pass{Mode: nn.Eval, Backward: &nn.Backward{}, Probes: []nn.Probe{{At: nn.EveryParameter, What: nn.Keep}}})
	in := func(p *tensor.Plan, id tensor.BufferID) *tensor.Tensor {
		if id == l.Target {
			return normal(p, id)
		}
		return nn.RandomInput(2, p.Buffers[id].Shape)
	}
	got, _ := results(t, d, l.Plan, nettest.Initial{}, in, tensor.Options{Precision: precision, Fuse: true})
	exact := emulate(t, l.Plan, nettest.Initial{}, in, tensor.FP32)
	rounded := emulate(t, l.Plan, nettest.Initial{}, in, precision)
	errs, explained := map[tensor.BufferID]float64{}, 0.0
	for id, x := range got {
		errs[id] = tensortest.Distance(x, exact.Buffer(id))
		explained = max(explained, distance64(rounded.Buffer(id), exact.Buffer(id)))
	}
	for id, e := range errs {
		if name := l.Plan.Buffers[id].Name; !(e <= 1.5*explained) {
			t.Errorf("%s is off by %.2g; rounding explains %.2g", name, e, explained)
		}
	}
	logits := l.Output
	off := distance64(rounded.Buffer(logits), exact.Buffer(logits))
	if !(errs[logits] <= 1.2*off) {
		t.Errorf("logits are off by %.2g; rounding explains %.2g", errs[logits], off)
	}
	t.Logf("logits are off by %.2g, gradients by up to %.2g", errs[logits], slices.Max(slices.Collect(maps.Values(errs))))
}

// distance64 is ‖a − b‖ / ‖b‖.
func distance64(a, b []float64) float64 {
	var diff, norm float64
	for i, y := range b {
		diff += (a[i] - y) * (a[i] - y)
		norm += y * y
	}
	return math.Sqrt(diff / norm)
}
