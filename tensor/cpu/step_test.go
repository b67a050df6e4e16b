package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"resnet-tui/tensor"
)

// tape differentiates the plan of a planner, as the package resnet does for
// nets; here probes and fan-outs are where tests want them.
type tape struct {
	*planner
	grads map[tensor.BufferID]tensor.BufferID
	rate  int                                // scalar
	sgd   []tensor.Op                        // of each parameter
	last  map[tensor.ParamID]tensor.BufferID // gradients
	class tensor.Class                       // of parameters' gradients
}

// train adds the loss of the logits, all gradients, and an SGD step.
func (p *planner) train(logits tensor.BufferID, class tensor.Class) (loss tensor.BufferID) {
	t := &tape{planner: p, grads: map[tensor.BufferID]tensor.BufferID{}, rate: p.scalar("rate"), last: map[tensor.ParamID]tensor.BufferID{}, class: class}
	forward := len(p.Ops)
	for i := range forward {
		if op := &p.Ops[i]; op.Kind == tensor.BatchNorm2d && op.Train {
			c := p.shape(op.In[0])[1]
			op.Out = append(op.Out, p.buffer(tensor.Scratch, c), p.buffer(tensor.Scratch, c))
		}
	}
	n := p.shape(logits)[0]
	target := p.input(n)
	p.Buffers[target].Name = "target"
	out := t.add(tensor.Op{Kind: tensor.CrossEntropy, Eps: 0.1, Scalar: tensor.NoScalar}, []tensor.BufferID{logits, target}, tensor.Shape{1}, p.shape(logits))
	p.output(out[0])
	t.grads[logits] = t.add(tensor.Op{Kind: tensor.CrossEntropyGrad, Pass: tensor.Backward, Eps: 0.1, Scalar: tensor.NoScalar}, []tensor.BufferID{out[1], target}, p.shape(logits))[0]
	for _, op := range slices.Backward(slices.Clone(p.Ops[:forward])) {
		if dy, ok := t.grads[op.Out[0]]; ok {
			t.differentiate(op, dy)
		}
	}
	for _, op := range t.sgd {
		op.Path = fmt.Sprintf("op%d", len(p.Ops))
		p.Ops = append(p.Ops, op)
	}
	return out[0]
}

func (t *tape) add(op tensor.Op, in []tensor.BufferID, shapes ...tensor.Shape) []tensor.BufferID {
	op.In, op.Out, op.Path = in, nil, fmt.Sprintf("op%d", len(t.Ops))
	for _, s := range shapes {
		op.Out = append(op.Out, t.buffer(tensor.Scratch, s...))
	}
	t.Ops = append(t.Ops, op)
	return op.Out
}

// flow adds a gradient to a buffer's.
func (t *tape) flow(to, grad tensor.BufferID) {
	if have, ok := t.grads[to]; ok {
		grad = t.add(tensor.Op{Kind: tensor.Add, Pass: tensor.Backward, Scalar: tensor.NoScalar}, []tensor.BufferID{grad, have}, t.shape(to))[0]
	}
	t.grads[to] = grad
}

// param notes a parameter's gradient, and makes its update.
func (t *tape) param(id tensor.ParamID, grad tensor.BufferID) {
	t.Buffers[grad].Class = t.class
	t.last[id] = grad
	slot := t.planner.param(tensor.Slot, t.Params[id].Shape...)
	t.sgd = append(t.sgd, tensor.Op{Kind: tensor.SGD, Pass: tensor.Update, In: []tensor.BufferID{grad}, Params: []tensor.ParamID{id, slot}, Scalar: t.rate, Momentum: 0.9, Decay: 1e-4, Nesterov: id%2 == 0})
}

func (t *tape) differentiate(op tensor.Op, dy tensor.BufferID) {
	x := op.In[0]
	isInput := t.Buffers[x].Class == tensor.Input
	grad := op
	grad.Pass = tensor.Backward
	if op.Kind != tensor.Add {
		grad.Params = nil
	}
	shapeOf := func(i int) tensor.Shape { return t.Params[op.Params[i]].Shape }
	switch op.Kind {
	case tensor.Conv2d, tensor.Linear:
		kinds := [3]tensor.Kind{tensor.Conv2dGradWeight, tensor.Conv2dGradBias, tensor.Conv2dGradInput}
		if op.Kind == tensor.Linear {
			kinds = [3]tensor.Kind{tensor.LinearGradWeight, tensor.LinearGradBias, tensor.LinearGradInput}
		}
		grad.Kind = kinds[0]
		t.param(op.Params[0], t.add(grad, []tensor.BufferID{x, dy}, shapeOf(0))[0])
		if len(op.Params) > 1 {
			grad.Kind = kinds[1]
			t.param(op.Params[1], t.add(grad, []tensor.BufferID{dy}, shapeOf(1))[0])
		}
		if !isInput {
			grad.Kind, grad.Params = kinds[2], op.Params[:1]
			t.flow(x, t.add(grad, []tensor.BufferID{dy}, t.shape(x))[0])
		}
	case tensor.BatchNorm2d:
		grad.Kind, grad.Params = tensor.BatchNorm2dGrad, op.Params[:1]
		in := append([]tensor.BufferID{x, dy}, op.Out[1:]...)
		if !op.Train {
			grad.Params = []tensor.ParamID{op.Params[0], op.Params[2], op.Params[3]}
		}
		out := t.add(grad, in, t.shape(x), shapeOf(0), shapeOf(1))
		t.flow(x, out[0])
		t.param(op.Params[0], out[1])
		t.param(op.Params[1], out[2])
	case tensor.ReLU:
		grad.Kind = tensor.ReLUGrad
		t.flow(x, t.add(grad, []tensor.BufferID{op.Out[0], dy}, t.shape(x))[0])
	case tensor.MaxPool2d:
		grad.Kind = tensor.MaxPool2dGrad
		t.flow(x, t.add(grad, []tensor.BufferID{x, dy}, t.shape(x))[0])
	case tensor.Add:
		t.flow(op.In[0], dy)
		t.flow(op.In[1], dy)
	default:
		grad.Kind = map[tensor.Kind]tensor.Kind{
			tensor.AdaptiveAvgPool2d: tensor.AdaptiveAvgPool2dGrad, tensor.Pad: tensor.PadGrad, tensor.Flatten: tensor.Unflatten, tensor.Dropout: tensor.DropoutGrad,
		}[op.Kind]
		t.flow(x, t.add(grad, []tensor.BufferID{dy}, t.shape(x))[0])
	}
}

// tinyNet is a residual net with a stem, a projection, option A's shortcut,
// groups and a bias.
func tinyNet(train bool, batch int) (*planner, tensor.BufferID) {
	p := &planner{}
	three := tensor.Square(3, 1, 1)
	layer := func(x tensor.BufferID, k int, w tensor.Window, groups int) tensor.BufferID {
		return p.norm(p.conv(x, k, w, groups, false), train)
	}
	x := p.maxPool(p.relu(layer(p.input(batch, 3, 21, 19), 20, tensor.Square(5, 2, 2), 1)), tensor.Square(3, 2, 1), false)
	x = p.relu(p.add(layer(p.relu(layer(x, 20, three, 1)), 20, three, 1), x, tensor.NoScalar))
	branch := layer(p.relu(layer(x, 40, tensor.Square(3, 2, 1), 4)), 48, tensor.Square(1, 1, 0), 1)
	x = p.relu(p.add(branch, layer(x, 48, tensor.Square(1, 2, 0), 1), tensor.NoScalar))
	x = p.relu(p.add(p.conv(x, 64, tensor.Square(3, 2, 1), 1, true), p.pad(x, 2, 8, 8), tensor.NoScalar))
	return p, p.linear(p.flatten(p.avgPool(x, 1, 1)), 7, true)
}

// steps runs several steps and returns what can be read after the last, and all
// parameters.
func steps(t testing.TB, d tensor.Device, p *tensor.Plan, o tensor.Options) (map[tensor.BufferID][]float32, map[string][]float32, *program) {
	t.Helper()
	prog, s := compile(t, d, p, 1, o)
	var out map[tensor.BufferID][]float32
	for range 3 {
		out = runs(t, prog, p, 2, []float32{0.1})
	}
	params := map[string][]float32{}
	for _, param := range p.Params {
		x := tensor.New(param.Shape...)
		if err := s.Read(param.Name, x); err != nil {
			t.Fatal(err)
		}
		params[param.Name] = x.Data
	}
	return out, params, prog
}

// TestTrainingSteps holds loss, gradients and parameters after three steps
// against the reference, in both modes of batch norm, fused and not.
func TestTrainingSteps(t *testing.T) {
	for _, train := range []bool{false, true} {
		p, logits := tinyNet(train, 4)
		p.train(logits, tensor.Kept)
		r, err := tensor.NewReference[float64](&p.Plan, values{1})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range p.Find(tensor.Input) {
			if err := r.Set(id, inputOf(&p.Plan, id, 2).Data); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := r.Run([]float32{0.1}); err != nil {
				t.Fatal(err)
			}
		}
		for _, fuse := range []bool{false, true} {
			t.Run(fmt.Sprintf("train %v fuse %v", train, fuse), func(t *testing.T) {
				eachSet(t, func(t *testing.T, d tensor.Device) {
					out, params, _ := steps(t, d, &p.Plan, tensor.Options{Threads: 2, Fuse: fuse})
					for id, got := range out {
						if e := distance(got, r.Buffer(id)); !(e < 1e-4) {
							t.Errorf("buffer %d %v: relative error %g", id, p.shape(id), e)
						}
					}
					for name, got := range params {
						if e := distance(got, r.Param(name)); !(e < 2e-5) {
							t.Errorf("%s: relative error %g", name, e)
						}
					}
				})
			})
		}
	}
}

// TestTrainingIsTheSameForAnyThreads compares bits.
func TestTrainingIsTheSameForAnyThreads(t *testing.T) {
	p, logits := tinyNet(true, 6)
	p.train(logits, tensor.Kept)
	eachSet(t, func(t *testing.T, d tensor.Device) {
		out, params, _ := steps(t, d, &p.Plan, tensor.Options{Threads: 1, Fuse: true})
		for _, threads := range []int{2, 3, 5} {
			again, moved, _ := steps(t, d, &p.Plan, tensor.Options{Threads: threads, Fuse: true})
			for id, x := range out {
				if !equalBits(x, again[id]) {
					t.Errorf("buffer %d differs at %d threads", id, threads)
				}
			}
			for name, x := range params {
				if !equalBits(x, moved[name]) {
					t.Errorf("%s differs at %d threads", name, threads)
				}
			}
		}
	})
}

func equalBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestUpdateReachesOtherPrograms trains with one program and runs another on
// the same state, whose packed copies must follow.
func TestUpdateReachesOtherPrograms(t *testing.T) {
	d := open(t, "")
	p, logits := tinyNet(true, 4)
	p.train(logits, tensor.Scratch)
	prog, s := compile(t, d, &p.Plan, 1, tensor.Options{Threads: 2, Fuse: true})
	eval, out := tinyNet(false, 2)
	eval.output(out)
	other, err := d.Compile(&eval.Plan, s, tensor.Options{Threads: 2, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	before := runs(t, other, &eval.Plan, 3, nil)[out]
	runs(t, prog, &p.Plan, 2, []float32{0.1})
	after := runs(t, other, &eval.Plan, 3, nil)[out]
	fresh, err := d.NewState(eval.Params, copyOf{s})
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	again, err := d.Compile(&eval.Plan, fresh, tensor.Options{Threads: 2, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if want := runs(t, again, &eval.Plan, 3, nil)[out]; equalBits(before, after) || !equalBits(after, want) {
		t.Errorf("before the step %v, after it %v, on a fresh state %v", before[:3], after[:3], want[:3])
	}
	if err := prog.Run(context.Background(), tensor.RunOptions{Scalars: []float32{0.1}}); err != nil {
		t.Fatal(err)
	}
}

// copyOf loads parameters from a state.
type copyOf struct{ tensor.State }

func (c copyOf) Load(p tensor.Param, t *tensor.Tensor) error { return c.Read(p.Name, t) }

// TestTrainingIsPlanned looks at what is told of a training step before and
// while it runs.
func TestTrainingIsPlanned(t *testing.T) {
	d := open(t, "")
	p, logits := tinyNet(true, 4)
	p.train(logits, tensor.Scratch)
	o := tensor.Options{Threads: 2, Fuse: true}
	want, err := d.Estimate(&p.Plan, o)
	if err != nil {
		t.Fatal(err)
	}
	prog, _ := compile(t, d, &p.Plan, 1, o)
	if got := prog.Memory(); got.Total() != want.Memory.Total() || got.PeakOp != want.Memory.PeakOp {
		t.Errorf("it takes %d bytes, estimated were %d", got.Total(), want.Memory.Total())
	}
	for _, id := range p.Find(tensor.Input) {
		if err := prog.Write(id, inputOf(&p.Plan, id, 2)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[int]bool{}
	if err := prog.Run(context.Background(), tensor.RunOptions{Scalars: []float32{0.1}, Observe: func(s tensor.Span) { seen[s.Op] = true }}); err != nil {
		t.Fatal(err)
	}
	ops := 0
	for _, k := range prog.Kernels() {
		if ops += 1 + len(k.Absorbed); !seen[k.Op] || k.Name == "" || k.Bytes <= 0 {
			t.Errorf("kernel %+v of %v: span %v", k, p.Ops[k.Op].Kind, seen[k.Op])
		}
	}
	if ops != len(p.Ops) {
		t.Errorf("kernels for %d of %d operations", ops, len(p.Ops))
	}
}

func TestStateWithoutSlots(t *testing.T) {
	d := open(t, "")
	p, logits := tinyNet(true, 4)
	params := slices.Clone(p.Params)
	p.train(logits, tensor.Scratch)
	s, err := d.NewState(params, values{1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := d.Compile(&p.Plan, s, tensor.Options{}); err == nil {
		t.Error("a state without the optimiser's slots was accepted")
	}
}
