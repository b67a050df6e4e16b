package cpu

import (
	"context"
	"fmt"
	"math"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// planner builds plans for tests.
type planner struct{ tensor.Plan }

func (p *planner) buffer(class tensor.Class, shape ...int) tensor.BufferID {
	id := tensor.BufferID(len(p.Buffers))
	p.Buffers = append(p.Buffers, tensor.Buffer{Name: fmt.Sprintf("b%d", id), Shape: shape, Class: class})
	return id
}

func (p *planner) input(shape ...int) tensor.BufferID { return p.buffer(tensor.Input, shape...) }

func (p *planner) param(role tensor.Role, shape ...int) tensor.ParamID {
	id := tensor.ParamID(len(p.Params))
	p.Params = append(p.Params, tensor.Param{Name: fmt.Sprintf("p%d", id), Shape: shape, Role: role})
	return id
}

// op adds an operation whose result has that shape.
func (p *planner) op(op tensor.Op, in []tensor.BufferID, shape ...int) tensor.BufferID {
	out := p.buffer(tensor.Scratch, shape...)
	op.In, op.Out, op.Path = in, []tensor.BufferID{out}, fmt.Sprintf("op%d", len(p.Ops))
	p.Ops = append(p.Ops, op)
	return out
}

func (p *planner) shape(x tensor.BufferID) tensor.Shape { return p.Buffers[x].Shape }

func (p *planner) conv(x tensor.BufferID, k int, w tensor.Window, groups int, bias bool) tensor.BufferID {
	s := p.shape(x)
	oh, ow := w.Out(s[2], s[3])
	params := []tensor.ParamID{p.param(tensor.Weight, k, s[1]/groups, w.KH, w.KW)}
	if bias {
		params = append(params, p.param(tensor.Bias, k))
	}
	return p.op(tensor.Op{Kind: tensor.Conv2d, Window: w, Groups: groups, Params: params, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, s[0], k, oh, ow)
}

func (p *planner) linear(x tensor.BufferID, k int, bias bool) tensor.BufferID {
	s := p.shape(x)
	params := []tensor.ParamID{p.param(tensor.Weight, k, s[1])}
	if bias {
		params = append(params, p.param(tensor.Bias, k))
	}
	return p.op(tensor.Op{Kind: tensor.Linear, Params: params, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, s[0], k)
}

func (p *planner) norm(x tensor.BufferID, train bool) tensor.BufferID {
	c := p.shape(x)[1]
	params := []tensor.ParamID{p.param(tensor.Gamma, c), p.param(tensor.Beta, c), p.param(tensor.RunningMean, c), p.param(tensor.RunningVar, c)}
	return p.op(tensor.Op{Kind: tensor.BatchNorm2d, Params: params, Eps: 1e-5, Momentum: 0.1, Train: train, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, p.shape(x)...)
}

func (p *planner) relu(x tensor.BufferID) tensor.BufferID {
	return p.op(tensor.Op{Kind: tensor.ReLU, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, p.shape(x)...)
}

func (p *planner) add(branch, skip tensor.BufferID, scalar int) tensor.BufferID {
	return p.op(tensor.Op{Kind: tensor.Add, Scalar: scalar}, []tensor.BufferID{branch, skip}, p.shape(branch)...)
}

func (p *planner) maxPool(x tensor.BufferID, w tensor.Window, zero bool) tensor.BufferID {
	s := p.shape(x)
	oh, ow := w.Out(s[2], s[3])
	return p.op(tensor.Op{Kind: tensor.MaxPool2d, Window: w, PadZero: zero, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, s[0], s[1], oh, ow)
}

func (p *planner) avgPool(x tensor.BufferID, h, w int) tensor.BufferID {
	s := p.shape(x)
	return p.op(tensor.Op{Kind: tensor.AdaptiveAvgPool2d, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, s[0], s[1], h, w)
}

func (p *planner) pad(x tensor.BufferID, stride, before, after int) tensor.BufferID {
	s := p.shape(x)
	w := tensor.Window{SH: stride, SW: stride}
	return p.op(tensor.Op{Kind: tensor.Pad, Window: w, PadBefore: before, PadAfter: after, Scalar: tensor.NoScalar}, []tensor.BufferID{x},
		s[0], before+s[1]+after, ceilDiv(s[2], stride), ceilDiv(s[3], stride))
}

func (p *planner) flatten(x tensor.BufferID) tensor.BufferID {
	s := p.shape(x)
	return p.op(tensor.Op{Kind: tensor.Flatten, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, s[0], s.Elems()/s[0])
}

func (p *planner) dropout(x tensor.BufferID, rate float64, train bool, scalar int) tensor.BufferID {
	return p.op(tensor.Op{Kind: tensor.Dropout, Eps: rate, Train: train, Scalar: scalar}, []tensor.BufferID{x}, p.shape(x)...)
}

// moments adds a probe.
func (p *planner) moments(x tensor.BufferID) tensor.BufferID {
	id := p.op(tensor.Op{Kind: tensor.Moments, Scalar: tensor.NoScalar}, []tensor.BufferID{x}, 2)
	p.Buffers[id].Class = tensor.Kept
	return id
}

// output makes a buffer readable.
func (p *planner) output(x tensor.BufferID) { p.Buffers[x].Class = tensor.Output }

// scalar adds a scalar input.
func (p *planner) scalar(name string) int {
	p.Scalars = append(p.Scalars, name)
	return len(p.Scalars) - 1
}

// values gives parameters values that depend on their name, and counts loads.
type values struct{ seed uint64 }

func (v values) Load(p tensor.Param, t *tensor.Tensor) error {
	s := tensor.NewStream(v.seed, p.Name)
	switch p.Role {
	case tensor.Gamma, tensor.RunningVar:
		s.Uniforms(t.Data, 0, 0.5, 1.5)
	case tensor.Weight:
		s.Normals(t.Data, 0, math.Sqrt(2/float64(p.Shape.Elems()/p.Shape[0])))
	default:
		s.Normals(t.Data, 0, 0.5)
	}
	return nil
}

// random is a tensor of standard normal values.
func random(seed uint64, shape tensor.Shape) *tensor.Tensor {
	t := tensor.New(shape...)
	tensor.NewStream(seed, "input").Normals(t.Data, 0, 1)
	return t
}

// inputOf is what tests write to an input: classes to a target, else random
// values.
func inputOf(plan *tensor.Plan, id tensor.BufferID, seed uint64) *tensor.Tensor {
	t := random(seed+uint64(id), plan.Buffers[id].Shape)
	if plan.Buffers[id].Name == "target" {
		for i := range t.Data {
			t.Data[i] = float32(i % 3)
		}
	}
	return t
}

// open opens a device for the test's duration.
func open(t testing.TB, kernels string) tensor.Device {
	t.Helper()
	d, err := New(Config{Kernels: kernels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// compile compiles a plan on a fresh state for the test's duration, and fills
// the arena with NaN: whatever is read before it is written shows.
func compile(t testing.TB, d tensor.Device, p *tensor.Plan, seed uint64, o tensor.Options) (*program, tensor.State) {
	t.Helper()
	s, err := d.NewState(p.Params, values{seed})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := d.Compile(p, s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close(); s.Close() })
	poison(prog.(*program))
	return prog.(*program), s
}

func poison(p *program) {
	for _, r := range []*region{p.arena, p.scratch} {
		for i := range r.data {
			r.data[i] = float32(math.NaN())
		}
	}
}

// runs executes a program on random inputs, and returns what can be read.
func runs(t testing.TB, p tensor.Program, plan *tensor.Plan, seed uint64, scalars []float32) map[tensor.BufferID][]float32 {
	t.Helper()
	for _, id := range plan.Find(tensor.Input) {
		if err := p.Write(id, inputOf(plan, id, seed)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(context.Background(), tensor.RunOptions{Scalars: scalars}); err != nil {
		t.Fatal(err)
	}
	return readable(t, p, plan)
}

// readable reads all Output and Kept buffers.
func readable(t testing.TB, p tensor.Program, plan *tensor.Plan) map[tensor.BufferID][]float32 {
	t.Helper()
	out := make(map[tensor.BufferID][]float32)
	for _, class := range []tensor.Class{tensor.Output, tensor.Kept} {
		for _, id := range plan.Find(class) {
			x := tensor.New(plan.Buffers[id].Shape...)
			if err := p.Read(id, x); err != nil {
				t.Fatal(err)
			}
			out[id] = x.Data
		}
	}
	return out
}

// reference executes a plan in float64.
func reference(t testing.TB, plan *tensor.Plan, seed uint64, scalars []float32) *tensor.Reference[float64] {
	t.Helper()
	r, err := tensor.NewReference[float64](plan, values{seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range plan.Find(tensor.Input) {
		if err := r.Set(id, inputOf(plan, id, seed).Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Run(scalars); err != nil {
		t.Fatal(err)
	}
	return r
}

// distance is ‖got − want‖ / ‖want‖; NaN where got has one and want has not.
func distance(got []float32, want []float64) float64 {
	var diff, norm float64
	for i, w := range want {
		d := float64(got[i]) - w
		diff += d * d
		norm += w * w
	}
	if norm == 0 {
		return math.Sqrt(diff)
	}
	return math.Sqrt(diff / norm)
}

// compare runs a plan and compares what can be read with the reference.
func compare(t testing.TB, d tensor.Device, plan *tensor.Plan, seed uint64, o tensor.Options, bar float64, scalars ...float32) {
	t.Helper()
	p, _ := compile(t, d, plan, seed, o)
	r := reference(t, plan, seed, scalars)
	for id, got := range runs(t, p, plan, seed, scalars) {
		if e := distance(got, r.Buffer(id)); !(e <= bar) {
			t.Errorf("buffer %d %v: relative error %g, at most %g allowed; kernels %v", id, plan.Buffers[id].Shape, e, bar, p.Kernels())
		}
	}
}

// eachSet runs a test for each set of kernels that this processor can run.
func eachSet(t *testing.T, f func(t *testing.T, d tensor.Device)) {
	for _, name := range asm.Names() {
		t.Run(name, func(t *testing.T) { f(t, open(t, name)) })
	}
}
