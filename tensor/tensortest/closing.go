package tensortest

import (
	"context"
	"testing"

	"resnet-tui/tensor"
)

// closing: what is closed gives errors and never panics, closing it again does
// nothing, and the rest works on.
func (s *suite) closing(t *testing.T) {
	d := s.openDevice(t)
	own := *s
	own.dev, own.cases = d, 0
	own.closedProgram(t)
	own.closedState(t)
	own.closedDevice(t)
	s.cases = own.cases
}

// closeTwice closes something twice, which must be no error.
func closeTwice(t *testing.T, what string, c interface{ Close() error }) {
	t.Helper()
	for range 2 {
		if err := try(c.Close); err != nil {
			t.Errorf("closing %s: %v", what, err)
		}
	}
}

// plain is a plan that every device has.
func plain() (plan *tensor.Plan, x, y tensor.BufferID) {
	var b Builder
	x = b.Input(1, 3, 4, 4)
	y = b.ReLU(b.Conv(x, 4, three, 1, true))
	b.Output(y)
	return &b.Plan, x, y
}

// dead are requests to a program that can't run any more.
func dead(c *compiled, x, y tensor.BufferID) []refusal {
	return []refusal{
		{"running", func() error { return c.Run(context.Background(), tensor.RunOptions{}) }},
		{"writing", func() error { return c.Write(x, tensor.New(1, 3, 4, 4)) }},
		{"reading", func() error { return c.Read(y, tensor.New(1, 4, 4, 4)) }},
	}
}

func (s *suite) closedProgram(t *testing.T) {
	plan, x, y := plain()
	c := s.compile(t, plan, 1, tensor.Options{Fuse: true})
	sibling := s.compileOn(t, c.state, plan, tensor.Options{})
	c.runs(t, 1)
	closeTwice(t, "a program", c)
	s.refuse(t, dead(c, x, y))
	asks := func() error {
		c.Kernels()
		c.Memory()
		c.Progress()
		return nil
	}
	if err := try(asks); err != nil {
		t.Errorf("asking a closed program for its kernels, memory and progress: %v", err)
	}
	s.cases++
	sibling.compare(t, sibling.runs(t, 1), s.oracle(t, plan, 1, 1, nil), convolutionBar)
}

func (s *suite) closedState(t *testing.T) {
	plan, _, _ := plain()
	c := s.compile(t, plan, 1, tensor.Options{})
	c.runs(t, 1)
	closeTwice(t, "a state", c.state)
	x := tensor.New(plan.Params[0].Shape...)
	s.refuse(t, []refusal{
		{"running on a closed state", func() error { return c.Run(context.Background(), tensor.RunOptions{}) }},
		{"reading from a closed state", func() error { return c.state.Read("p0", x) }},
		{"writing to a closed state", func() error { return c.state.Write("p0", x) }},
		{"compiling on a closed state", s.refusedProgram(plan, c.state, tensor.Options{})},
	})
	closeTwice(t, "a program on a closed state", c)
}

// closedDevice leaves a program and a state open while the device closes.
func (s *suite) closedDevice(t *testing.T) {
	plan, _, _ := plain()
	c := s.compile(t, plan, 1, tensor.Options{})
	c.runs(t, 1)
	closeTwice(t, "a device", s.dev)
	s.refuse(t, []refusal{
		{"running on a closed device", func() error { return c.Run(context.Background(), tensor.RunOptions{}) }},
		{"compiling on a closed device", s.refusedProgram(plan, c.state, tensor.Options{})},
		{"a state of a closed device", func() error {
			state, err := s.dev.NewState(plan.Params, Values{1})
			if err == nil {
				state.Close()
			}
			return err
		}},
	})
	closeTwice(t, "a program of a closed device", c)
	closeTwice(t, "a state of a closed device", c.state)
	s.cases++
}
