package oracle_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// checkOn holds a device's step to the reference that PyTorch has confirmed.
//
// A gradient is no continuous function: where a ReLU's operand is so near to
// zero that rounding decides its sign, float32 gives another gradient than
// float64, off by as much as one element counts: 0.6 % in the norms of
// PyTorch's own float32 (cifar_resnet20_b). So the reference goes back through
// the ReLUs as the device has found them, which must be the same but for a few
// in a million (a hundred where a deep net divides by the deviations of two
// images' few pixels), and the bar can be tight.
func (s step) checkOn(t *testing.T, dev tensor.Device, o tensor.Options, r *float64Step, slack float64) {
	l := s.lower(t, o.Fuse)
	for _, op := range l.Plan.Ops {
		if op.Kind == tensor.ReLU {
			l.Plan.Buffers[op.Out[0]].Class = tensor.Kept // a ReLU ends its group: that changes no kernel
		}
	}
	read, done := s.runOn(t, dev, o, l)
	defer done()
	r.adopt(t, l, read)
	s.compare(t, l, read, r, slack)
}

// runOn runs a plan on a device.
func (s step) runOn(t *testing.T, dev tensor.Device, o tensor.Options, l *resnet.Lowered) (read func(tensor.BufferID) []float64, done func()) {
	t.Helper()
	state, err := dev.NewState(l.Plan.Params, s.source)
	if err != nil {
		t.Fatal(err)
	}
	program, err := dev.Compile(l.Plan, state, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Write(l.Input, oracle.Input(s.model.Root.In)); err != nil {
		t.Fatal(err)
	}
	if err := program.Write(l.Target, s.target()); err != nil {
		t.Fatal(err)
	}
	if err := program.Run(context.Background(), tensor.RunOptions{Scalars: scalars(l.Plan)}); err != nil {
		t.Fatal(err)
	}
	read = func(id tensor.BufferID) []float64 {
		x := tensor.New(l.Plan.Buffers[id].Shape...)
		if err := program.Read(id, x); err != nil {
			t.Fatal(err)
		}
		return doubles(x.Data)
	}
	return read, func() { program.Close(); state.Close() }
}

// float64Step is the reference's run of a step, which devices are held to.
type float64Step struct {
	*tensor.Reference[float64]
	signs map[*float64]float64 // ReLUs whose sign is a device's, with their own values
}

// adopt gives the reference the signs that a device has found, and has it go
// back again if they are others than it had.
func (r *float64Step) adopt(t *testing.T, l *resnet.Lowered, read func(tensor.BufferID) []float64) {
	t.Helper()
	stale := len(r.signs) > 0
	for at, v := range r.signs {
		*at = v
	}
	r.signs = map[*float64]float64{}
	elements, first := 0, 0
	for i, op := range l.Plan.Ops {
		if op.Pass == tensor.Forward {
			first = i + 1
		}
		if op.Kind != tensor.ReLU {
			continue
		}
		exact := r.Buffer(op.Out[0])
		for j, v := range read(op.Out[0]) {
			if elements++; (v > 0) != (exact[j] > 0) {
				r.signs[&exact[j]] = exact[j]
				exact[j] = min(v, 1e-300) // a sign, and no size
			}
		}
	}
	if n := len(r.signs); n > 3+elements/10_000 {
		t.Errorf("%d of %d ReLUs have another sign than in float64", n, elements)
	} else if n > 0 {
		t.Logf("%d of %d ReLUs have another sign than in float64", n, elements)
	}
	if stale || len(r.signs) > 0 {
		if err := r.RunPart(first, len(l.Plan.Ops), scalars(l.Plan)); err != nil {
			t.Fatal(err)
		}
	}
}

// compare holds every gradient of the device to the reference's: its norm to
// 1e-4 or what PyTorch's own float32 is off by, itself to 1e-3 or a fifth of how
// far that is off along a direction; and the loss and the norms at blocks.
func (s step) compare(t *testing.T, l *resnet.Lowered, read func(tensor.BufferID) []float64, r *float64Step, slack float64) {
	t.Helper()
	theirs := s.want.Float32
	bar := oracle.GradientErrors{
		Loss: slack * max(1e-4, theirs.Loss), Norms: slack * max(1e-4, theirs.Norms),
		Directions: slack * max(1e-3, theirs.Directions/5), Blocks: slack * max(1e-4, theirs.Blocks),
	}
	var worst oracle.GradientErrors
	note := func(what string, worst *float64, e, bar float64) {
		t.Helper()
		if *worst = max(*worst, e); !(e <= bar) {
			t.Errorf("%s differs by %.2g", what, e)
		}
	}
	gradient := func(name string, id tensor.BufferID, least float64) {
		t.Helper()
		got, want := read(id), r.Buffer(id)
		scale := max(size(want, nil), least)
		note("the norm of the gradient of "+name, &worst.Norms, math.Abs(size(got, nil)-size(want, nil))/scale, bar.Norms)
		note("the gradient of "+name, &worst.Directions, size(got, want)/scale, bar.Directions)
	}
	note("the loss", &worst.Loss, math.Abs(read(l.Loss)[0]/r.Buffer(l.Loss)[0]-1), bar.Loss)
	gradient("the image", l.InputGrad, 0)
	for i, id := range l.ParamGrad {
		if id != tensor.NoBuffer {
			gradient(l.Plan.Params[i].Name, id, s.want.Least())
		}
	}
	for _, b := range l.Blocks {
		for _, p := range []resnet.Reading{b.In, b.Out, b.Branch, b.Skip} {
			if p.Buffer != tensor.NoBuffer {
				note("a norm at "+b.Path, &worst.Blocks, math.Abs(read(p.Buffer)[p.At]/r.Buffer(p.Buffer)[p.At]-1), bar.Blocks)
			}
		}
	}
	t.Logf("differences at most: %.2g; PyTorch's float32 has %.2g", worst, theirs)
}

// size is ‖x − y‖, or ‖x‖ if y is nil.
func size(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		if y != nil {
			v -= y[i]
		}
		sum += v * v
	}
	return math.Sqrt(sum)
}
