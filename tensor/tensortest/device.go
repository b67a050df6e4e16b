package tensortest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"resnet-tui/tensor"
)

// ceilings: a measurement gives positive numbers, and a cancelled one the
// context's error. Short tests measure nothing.
func (s *suite) ceilings(t *testing.T) {
	s.cases++
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.dev.Ceilings(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
	if testing.Short() {
		return
	}
	s.cases++
	if c, err := s.dev.Ceilings(context.Background(), 0); err != nil || !(c.FLOPS > 0) || !(c.BytesPerSecond > 0) {
		t.Errorf("%+v, error %v", c, err)
	}
}

// concurrency: goroutines that each have a state and a program of their own
// share a device, and get the bits that they get alone.
func (s *suite) concurrency(t *testing.T) {
	const n = 4
	r := rand.New(rand.NewPCG(27, 28))
	var group sync.WaitGroup
	for i := range n {
		plan := RandomNet(r)
		if s.refused(t, plan, 1) {
			continue
		}
		s.cases++
		o := tensor.Options{Threads: 2, Fuse: i%2 == 0, Precision: s.precision}
		c := s.compile(t, plan, 1, o)
		want := c.runs(t, 1)
		group.Go(func() {
			if err := s.alone(plan, o, want); err != nil {
				t.Errorf("plan %d beside others: %v", i, err)
			}
		})
	}
	group.Wait()
}

// alone makes a state and a program and runs it three times, while it asks for
// its progress from another goroutine.
func (s *suite) alone(plan *tensor.Plan, o tensor.Options, want readings) error {
	state, err := s.dev.NewState(plan.Params, Values{1})
	if err != nil {
		return err
	}
	defer state.Close()
	prog, err := s.dev.Compile(plan, state, o)
	if err != nil {
		return err
	}
	defer prog.Close()
	for _, id := range plan.Find(tensor.Input) {
		if err := prog.Write(id, inputs(plan, id, 1, o.Precision)); err != nil {
			return err
		}
	}
	for range 3 {
		if err := watched(prog, plan, want); err != nil {
			return err
		}
	}
	return nil
}

// watched runs a program, while another goroutine asks for its progress.
func watched(prog tensor.Program, plan *tensor.Plan, want readings) error {
	var watch sync.WaitGroup
	watch.Go(func() {
		for range 100 {
			prog.Progress()
		}
	})
	err := prog.Run(context.Background(), tensor.RunOptions{Scalars: ScalarValues(plan)})
	watch.Wait()
	if err != nil {
		return err
	}
	for id, x := range want {
		got := tensor.New(plan.Buffers[id].Shape...)
		if err := prog.Read(id, got); err != nil {
			return err
		}
		if !SameBits(got.Data, x) {
			return fmt.Errorf("buffer %d has other bits", id)
		}
	}
	return nil
}
