package nn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"resnet-tui/tensor"
)

// Observer is notified as passes run. Calls never overlap, but may come from
// different goroutines.
type Observer interface {
	Begin(l *Lowered)       // a pass, or a step of one, starts
	Span(s tensor.Span)     // a kernel's time, or a worker's part of it
	End(wall time.Duration) // it ended; not called for a pass that failed
}

// Labeller is an Observer that labels the workers for a CPU profile: the labels
// of the context (runtime/pprof) hold while the kernel with that head runs.
type Labeller interface {
	Observer
	Label(head int) context.Context
}

// StepObserver is an Observer that is told of single steps: BeginStep is called
// in the place of Begin.
type StepObserver interface {
	Observer
	BeginStep(l *Lowered)
}

// WorkerObserver is an Observer that wants one span per worker instead of one per
// kernel.
type WorkerObserver interface {
	Observer
	ObservesWorkers()
}

// CPUTimer is an Observer that wants per-thread CPU time in its spans.
type CPUTimer interface {
	Observer
	TimesCPU()
}

// Run makes a whole pass. Without an observer no clock is read. It is an error
// without an input, without a target if the pass has a loss, and without a
// learning rate if it has an update.
func (s *Session) Run(ctx context.Context, obs Observer) error {
	return s.run(ctx, 0, 0, obs)
}

// Step runs one kernel of a net that is not fused: one operation of its plan.
// The kernels of a pass must be run in order, from 0.
func (s *Session) Step(ctx context.Context, kernel int, obs Observer) error {
	ops := len(s.lowered.Plan.Ops)
	switch {
	case s.options.Fuse:
		return errors.New("single steps need a net that is not fused")
	case kernel < 0 || kernel >= ops:
		return fmt.Errorf("step %d: the net has steps 0 to %d", kernel, ops-1)
	case kernel != 0 && kernel != s.done:
		return fmt.Errorf("step %d is not due: %d steps of this pass have run", kernel, s.done)
	}
	return s.run(ctx, kernel, kernel+1, obs)
}

// run runs operations [from, to) of a pass, or all if to is 0. The operation 0
// begins a pass.
func (s *Session) run(ctx context.Context, from, to int, obs Observer) error {
	switch {
	case s.program == nil:
		return errClosed
	case s.input == nil:
		return errors.New("no input is set")
	case s.target == nil && s.lowered.Target != tensor.NoBuffer:
		return errors.New("no target is set: the loss needs a class for each image")
	case s.lowered.Seed != tensor.NoBuffer && !s.seeded:
		return fmt.Errorf("no seed is set for the backward pass from %s", s.options.Backward.From)
	}
	if from == 0 {
		s.passes++
	}
	scalars, err := s.scalarsOf(s.lowered.Plan)
	if err != nil {
		return err
	}
	s.done = from // holds if the run fails
	o := tensor.RunOptions{From: from, To: to, Scalars: scalars}
	if err := observed(ctx, s.program, o, s.lowered, obs); err != nil {
		return err
	}
	s.done = cmp.Or(to, len(s.lowered.Plan.Ops))
	return nil
}

// observed runs a program and notifies an observer, if there is one.
func observed(ctx context.Context, p tensor.Program, o tensor.RunOptions, l *Lowered, obs Observer) error {
	if obs == nil {
		return p.Run(ctx, o)
	}
	o.Observe = obs.Span
	if x, ok := obs.(Labeller); ok {
		o.Label = x.Label
	}
	_, o.Workers = obs.(WorkerObserver)
	_, o.CPU = obs.(CPUTimer)
	if x, ok := obs.(StepObserver); ok && o.To > 0 {
		x.BeginStep(l)
	} else {
		obs.Begin(l)
	}
	start := time.Now()
	if err := p.Run(ctx, o); err != nil {
		return err
	}
	obs.End(time.Since(start))
	return nil
}

// scalarsOf are the values of a plan's scalar inputs in this pass. Dropout draws
// a new mask in each.
func (s *Session) scalarsOf(p *tensor.Plan) ([]float32, error) {
	var scalars []float32
	for _, name := range p.Scalars {
		v, ok := s.values[name]
		switch {
		case name == dropoutSeed:
			v = maskSeed(s.options.Seed, s.passes)
		case name == minusOne:
			v = -1
		case !ok:
			return nil, fmt.Errorf("no %s is set", name)
		}
		scalars = append(scalars, v)
	}
	return scalars, nil
}

// maskSeed is the seed of a pass's masks: a scalar input is a float32, which
// holds integers of 24 bits exactly.
func maskSeed(seed, pass uint64) float32 {
	return float32(tensor.NewStream(seed, dropoutSeed).Bits(pass) >> 40)
}

// Logits are the output of the last pass, N×classes.
func (s *Session) Logits() (*tensor.Tensor, error) {
	return s.read(s.lowered.Output, "logits")
}

// read reads a buffer of the current pass. It is an error if the pass does not
// compute it, or has not reached it yet; what names it.
func (s *Session) read(id tensor.BufferID, what string) (*tensor.Tensor, error) {
	switch {
	case s.program == nil:
		return nil, errClosed
	case id == tensor.NoBuffer:
		return nil, fmt.Errorf("this session does not compute %s", what)
	case s.done <= s.writer[id]:
		return nil, fmt.Errorf("%s not available yet: run a pass first", what)
	}
	t := tensor.New(s.lowered.Plan.Buffers[id].Shape...)
	if err := s.program.Read(id, t); err != nil {
		return nil, err
	}
	return t, nil
}

// writers is, by buffer, the operation that writes it; −1 for inputs.
func (l *Lowered) writers() []int {
	w := slices.Repeat([]int{-1}, len(l.Plan.Buffers))
	for i, op := range l.Plan.Ops {
		for _, id := range op.Out {
			w[id] = i
		}
	}
	return w
}

// Progress is the layer that runs now, −1 when none does. It may be called
// from any goroutine.
func (s *Session) Progress() int {
	s.mu.Lock()
	p := s.program
	s.mu.Unlock()
	if p == nil {
		return -1
	}
	op := p.Progress()
	for op >= 0 && op < len(s.lowered.OpLayer) {
		if layer := s.lowered.OpLayer[op]; layer >= 0 {
			return layer
		}
		op-- // a probe follows its layer
	}
	return -1
}
