package oracle_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// checkOn compares a device's step with the reference, which is compared with PyTorch. The
// reference adopts the device's choices: see oracle.Step.Adopt.
func (s step) checkOn(t *testing.T, dev tensor.Device, o tensor.Options, r *oracle.Step) {
	l := s.lower(t)
	oracle.KeepChoices(l.Plan)
	read, done := s.runOn(t, dev, o, l)
	defer done()
	choices, err := r.Adopt(l.Plan, read, scalars(l.Plan))
	if err != nil {
		t.Fatal(err)
	}
	if err := choices.Err(); err != nil {
		t.Error(err)
	}
	t.Log(choices)
	s.compare(t, l, read, r)
}

// runOn runs a plan on a device.
func (s step) runOn(
	t *testing.T, dev tensor.Device, o tensor.Options, l *nn.Lowered,
) (read func(tensor.BufferID) []float64, done func()) {
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

// compare compares the loss, every gradient and the norms at blocks with the reference's.
// The tolerance is 1e-4 for norms and 1e-3 for whole gradients, or more where PyTorch's own
// float32 differs more: by its error in norms, and by a fifth of its error along a
// direction.
func (s step) compare(t *testing.T, l *nn.Lowered, read func(tensor.BufferID) []float64, r *oracle.Step) {
	t.Helper()
	theirs := s.want.Float32
	bar := oracle.GradientErrors{
		Loss: max(1e-4, theirs.Loss), Norms: max(1e-4, theirs.Norms),
		Directions: max(1e-3, theirs.Directions/5), Blocks: max(1e-4, theirs.Blocks),
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
		norm := math.Abs(size(got, nil)-size(want, nil)) / scale
		note("the norm of the gradient of "+name, &worst.Norms, norm, bar.Norms)
		note("the gradient of "+name, &worst.Directions, size(got, want)/scale, bar.Directions)
	}
	note("the loss", &worst.Loss, math.Abs(read(l.Loss)[0]/r.Buffer(l.Loss)[0]-1), bar.Loss)
	gradient("the image", siteOf(l, probeInput), 0)
	for i, id := range l.ParamGrad {
		if id != tensor.NoBuffer {
			gradient(l.Plan.Params[i].Name, id, s.want.Least())
		}
	}
	for _, site := range l.SitesOf(nn.Flow) {
		b := site.Flow
		for _, p := range []nn.Reading{b.In, b.Out, b.Branch, b.Skip} {
			if p.Buffer != tensor.NoBuffer {
				ratio := read(p.Buffer)[p.At] / r.Buffer(p.Buffer)[p.At]
				note("a norm at "+b.Path, &worst.Blocks, math.Abs(ratio-1), bar.Blocks)
			}
		}
	}
	t.Logf("differences at most: %.2g; PyTorch's float32 has %.2g", worst, theirs)
}

// size returns ‖x − y‖, or ‖x‖ if y is nil.
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
