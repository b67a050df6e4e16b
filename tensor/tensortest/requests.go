package tensortest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"resnet-tui/tensor"
)

// refusal is a request that must give an error.
type refusal struct {
	what string
	ask  func() error
}

// refuse makes requests, each of which must give an error and must not panic.
func (s *suite) refuse(t *testing.T, list []refusal) {
	t.Helper()
	for _, r := range list {
		s.cases++
		if err := try(r.ask); err == nil {
			t.Errorf("%s was accepted", r.what)
		} else if p := (panicked{}); errors.As(err, &p) {
			t.Errorf("%s: %v", r.what, err)
		}
	}
}

// panicked is a panic as an error.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

// try turns a panic into an error.
func try(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v}
		}
	}()
	return f()
}

// requests are those that a program, a state or a device must refuse.
func (s *suite) requests(t *testing.T) {
	var b Builder
	x := b.Input(1, 3, 8, 8)
	mid := b.Conv(x, 4, three, 1, true)
	y := b.ReLU(mid)
	b.Output(y)
	fused := s.compile(t, &b.Plan, 1, tensor.Options{Fuse: true})
	single := s.compile(t, &b.Plan, 1, tensor.Options{})
	s.refuse(t, bufferRefusals(fused, x, mid, y))
	s.refuse(t, runRefusals(fused, single))
	s.refuse(t, stateRefusals(fused.state))
	s.refuse(t, s.compileRefusals(t, &b.Plan, fused.state))
	s.refuse(t, s.planRefusals(fused.state))
	fused.compare(t, fused.runs(t, 1), s.oracle(t, &b.Plan, 1, 1, nil), convolutionBar) // it works on
}

// short is a tensor that has too few values for its shape.
func short(shape ...int) *tensor.Tensor {
	t := tensor.New(shape...)
	t.Data = t.Data[1:]
	return t
}

// bufferRefusals are reads and writes of buffers: inputs are only written, outputs only
// read, scratch neither, and shapes must be the buffer's.
func bufferRefusals(c *compiled, x, mid, y tensor.BufferID) []refusal {
	image, result := tensor.New(1, 3, 8, 8), tensor.New(1, 4, 8, 8)
	return []refusal{
		{"an input of another shape", func() error { return c.Write(x, tensor.New(1, 3, 8, 9)) }},
		{"an input of another rank", func() error { return c.Write(x, tensor.New(1, 3*8*8)) }},
		{"an input with values missing", func() error { return c.Write(x, short(1, 3, 8, 8)) }},
		{"writing an output", func() error { return c.Write(y, result) }},
		{"writing a scratch buffer", func() error { return c.Write(mid, result) }},
		{"writing a buffer that doesn't exist", func() error { return c.Write(99, image) }},
		{"writing buffer -1", func() error { return c.Write(tensor.NoBuffer, image) }},
		{"reading an input", func() error { return c.Read(x, image) }},
		{"reading a scratch buffer", func() error { return c.Read(mid, result) }},
		{"reading into another shape", func() error { return c.Read(y, tensor.New(4, 8, 8)) }},
		{"reading into too few values", func() error { return c.Read(y, short(1, 4, 8, 8)) }},
		{"reading a buffer that doesn't exist", func() error { return c.Read(99, tensor.New(1)) }},
		{"reading buffer -1", func() error { return c.Read(tensor.NoBuffer, tensor.New(1)) }},
	}
}

// runRefusals are parts of plans. A fused program can't run a part, as its kernels span
// several operations.
func runRefusals(fused, single *compiled) []refusal {
	run := func(c *compiled, o tensor.RunOptions) func() error {
		return func() error { return c.Run(context.Background(), o) }
	}
	return []refusal{
		{"a part of a fused program", run(fused, tensor.RunOptions{From: 0, To: 1})},
		{"the rest of a fused program", run(fused, tensor.RunOptions{From: 1})},
		{"a part from operation -1", run(single, tensor.RunOptions{From: -1, To: 1})},
		{"a part that ends before it begins", run(single, tensor.RunOptions{From: 2, To: 1})},
		{"a part past the end", run(single, tensor.RunOptions{From: 1, To: 3})},
		{"a scalar too many", run(single, tensor.RunOptions{Scalars: []float32{1}})},
	}
}

// stateRefusals are reads and writes of parameters.
func stateRefusals(s tensor.State) []refusal {
	return []refusal{
		{"writing an unknown parameter", func() error { return s.Write("nobody", tensor.New(1)) }},
		{"writing a parameter of another shape", func() error { return s.Write("p0", tensor.New(1)) }},
		{"writing a parameter with values missing", func() error { return s.Write("p0", short(4, 3, 3, 3)) }},
		{"reading an unknown parameter", func() error { return s.Read("nobody", tensor.New(1)) }},
		{"reading a parameter of another shape", func() error { return s.Read("p0", tensor.New(4, 27)) }},
		{"reading a parameter into too few values", func() error { return s.Read("p0", short(4, 3, 3, 3)) }},
	}
}

// refusedProgram asks for a program that must be refused, and closes it if it isn't.
func (s *suite) refusedProgram(p *tensor.Plan, state tensor.State, o tensor.Options) func() error {
	return func() error {
		prog, err := s.dev.Compile(p, state, o)
		if err == nil {
			prog.Close()
		}
		return err
	}
}

// compileRefusals are states and options that don't go with a plan, above all the states
// of another device, whose memory means nothing here.
func (s *suite) compileRefusals(t *testing.T, p *tensor.Plan, state tensor.State) []refusal {
	other := s.openDevice(t)
	abroad, err := other.NewState(p.Params, Values{1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { abroad.Close() })
	closed := s.newState(t, p.Params, Values{1})
	closed.Close()
	reshaped := append([]tensor.Param(nil), p.Params...)
	reshaped[0].Shape = tensor.Shape{4, 3, 1, 1}
	twice := append(reshaped[1:2:2], reshaped[1])
	huge := []tensor.Param{{Name: "huge", Shape: tensor.Shape{1 << 30, 1 << 30}}}
	none := tensor.Options{}
	tooFew := tensor.Options{Threads: -1}
	newState := func(params []tensor.Param) func() error {
		return func() error { _, err := s.dev.NewState(params, Values{1}); return err }
	}
	return []refusal{
		{"a state without a parameter", s.refusedProgram(p, s.newState(t, p.Params[:1], Values{1}), none)},
		{"a state without values", s.refusedProgram(p, s.newState(t, p.Params, nil), none)},
		{"a state whose parameter has another shape", s.refusedProgram(p, s.newState(t, reshaped, Values{1}), none)},
		{"a closed state", s.refusedProgram(p, closed, none)},
		{"another sort of device's state", s.refusedProgram(p, fakeState{}, none)},
		{"no state", s.refusedProgram(p, nil, none)},
		{"too many threads", s.refusedProgram(p, state, tensor.Options{Threads: 1 << 20})},
		{"-1 threads", s.refusedProgram(p, state, tooFew)},
		{"estimating for -1 threads", func() error { _, err := s.dev.Estimate(p, tooFew); return err }},
		{"the fusions for -1 threads", func() error { _, err := s.dev.Fusions(p, tooFew); return err }},
		{"a state with two parameters of one name", newState(twice)},
		{"a state with a parameter that is too large", newState(huge)},
	}
}

// planRefusals are plans that Validate finds wrong, which no device may run.
func (s *suite) planRefusals(state tensor.State) []refusal {
	var list []refusal
	bad := func(what string, make func(b *Builder, x tensor.BufferID)) {
		var b Builder
		make(&b, b.Input(1, 8, 1, 1))
		list = append(list, refusal{what, func() error {
			own, err := s.dev.NewState(b.Params, Values{1})
			if err != nil {
				return err
			}
			defer own.Close()
			return s.refusedProgram(&b.Plan, own, tensor.Options{})()
		}})
		list = append(list, refusal{"estimating " + what, func() error {
			_, err := s.dev.Estimate(&b.Plan, tensor.Options{})
			return err
		}})
	}
	bad("batch statistics of one value per channel", func(b *Builder, x tensor.BufferID) { b.Output(b.Norm(x, true)) })
	bad("an unknown kind", func(b *Builder, x tensor.BufferID) {
		b.Output(b.ReLU(x))
		b.Ops[0].Kind = 200
	})
	bad("a result of another shape", func(b *Builder, x tensor.BufferID) {
		b.Output(b.ReLU(x))
		b.Buffers[1].Shape = tensor.Shape{1, 9, 1, 1}
	})
	bad("groups that don't divide the channels", func(b *Builder, x tensor.BufferID) {
		b.Output(b.Conv(x, 8, tensor.Square(1, 1, 0), 1, false))
		b.Ops[0].Groups = 3
	})
	return list
}

// targets: an invalid target fails the run with a *tensor.TargetError that names
// the image, and the next run works.
func (s *suite) targets(t *testing.T) {
	var b Builder
	logits, target := b.Input(3, 5), b.Target(3)
	loss, p := b.CrossEntropy(logits, target, 0.1)
	b.Output(loss, p)
	if s.refused(t, &b.Plan, 7) {
		return
	}
	c := s.compile(t, &b.Plan, 1, tensor.Options{})
	c.write(t, 1)
	for _, class := range []float64{5, -1, 1.5, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 40} {
		s.cases++
		x := tensor.New(3)
		x.Data[2] = float32(class)
		if err := c.Write(target, x); err != nil {
			t.Fatal(err)
		}
		var wrong *tensor.TargetError
		if err := c.Run(context.Background(), tensor.RunOptions{}); !errors.As(err, &wrong) || wrong.Image != 2 {
			t.Errorf("class %v: error %v", class, err)
		}
	}
	c.compare(t, c.runs(t, 1), s.oracle(t, &b.Plan, 1, 1, nil), operationBar)
}
