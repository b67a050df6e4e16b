package tensortest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// scalars runs one program with several values of its scalars: of a branch and
// of a dropout's seed. Another value needs no other program.
func (s *suite) scalars(t *testing.T) {
	var b Builder
	x := b.Input(2, 17, 6, 5)
	b.Output(b.ReLU(b.Add(b.Conv(x, 17, three, 1, false), x, b.Scalar("α"))))
	b.Output(b.Dropout(x, 0.4, true, b.Scalar("seed")))
	if s.refused(t, &b.Plan, 4) {
		return
	}
	c := s.compile(t, &b.Plan, 3, tensor.Options{Fuse: true})
	c.write(t, 3)
	masks := map[string]bool{}
	for _, v := range [][]float32{{0, 1}, {0.3, 2}, {1, 2}, {-2.5, 1 << 20}} {
		s.cases++
		got := c.again(t, v)
		c.compare(t, got, s.oracle(t, &b.Plan, 3, 1, v), operationBar)
		masks[fmt.Sprint(got[b.Find(tensor.Output)[1]])] = true
	}
	if len(masks) != 3 {
		t.Errorf("three seeds give %d masks", len(masks))
	}
}

// partialRuns runs unfused programs operation by operation, and in parts of
// several: the bits are those of a whole run.
func (s *suite) partialRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for i := range 4 {
		plan := RandomNet(r)
		if takes(i) {
			s.partialRun(t, plan, 1+3*(i%2))
		}
	}
	for i, n := range nets[:2] {
		if takes(i + 1) {
			s.partialRun(t, n.trainingPlan(false, 2), 1+4*i)
		}
	}
}

// partialRun runs a plan in parts of n operations on one state, and as a whole
// on another.
func (s *suite) partialRun(t *testing.T, plan *tensor.Plan, n int) {
	t.Helper()
	if s.refused(t, plan, 1) {
		return
	}
	s.cases++
	whole := s.compile(t, plan, 1, tensor.Options{Threads: 2})
	want, params := whole.runs(t, 1), whole.params(t)
	c := s.compile(t, plan, 1, tensor.Options{Threads: 2})
	c.write(t, 1)
	for from := 0; from < len(plan.Ops); from += n {
		o := tensor.RunOptions{From: from, To: min(from+n, len(plan.Ops)), Scalars: ScalarValues(plan)}
		if o.To == len(plan.Ops) && from > 0 {
			o.To = 0 // the end
		}
		spans := 0
		o.Observe = func(sp tensor.Span) {
			if spans++; sp.Op < from || sp.Op >= from+n {
				t.Errorf("operations %d to %d give a span of %d", from, from+n, sp.Op)
			}
		}
		if err := c.Run(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		if least := min(n, len(plan.Ops)-from); spans != least {
			t.Errorf("%d spans of %d operations", spans, least)
		}
	}
	if !same(c.read(t), want) || !same(c.params(t), params) {
		t.Errorf("parts of %d operations give other bits than a whole run", n)
	}
}

// threads: the number of threads changes no bit, and neither does a second run
// or a parameter that is written again as it was.
func (s *suite) threads(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 12 {
		plan := RandomNet(r)
		if takes(i) {
			s.sameForAnyThreads(t, plan, i%2 == 0)
		}
	}
	for i, n := range nets[:4] {
		if takes(i) {
			s.sameStepsForAnyThreads(t, n.trainingPlan(true, 6))
		}
	}
}

var threadCounts = []int{1, 2, 3, 5}

func (s *suite) sameForAnyThreads(t *testing.T, plan *tensor.Plan, fuse bool) {
	t.Helper()
	if s.refused(t, plan, 1) {
		return
	}
	s.cases++
	var want readings
	for _, n := range threadCounts {
		c := s.compile(t, plan, 1, tensor.Options{Threads: n, Fuse: fuse})
		for range 2 {
			got := c.runs(t, 1)
			if want == nil {
				want = got
			}
			if !same(got, want) {
				t.Fatalf("other bits with %d threads", n)
			}
			c.rewrite(t)
		}
		if got := c.again(t, ScalarValues(plan)); !same(got, want) {
			t.Fatalf("other bits after a run on the inputs of the last one, with %d threads", n)
		}
	}
}

// rewrite writes a parameter as it is: whatever is made of it may be made
// again.
func (c *compiled) rewrite(t *testing.T) {
	t.Helper()
	p := c.plan.Params[0]
	x := tensor.New(p.Shape...)
	if err := c.state.Read(p.Name, x); err != nil {
		t.Fatal(err)
	}
	if err := c.state.Write(p.Name, x); err != nil {
		t.Fatal(err)
	}
}

func (s *suite) sameStepsForAnyThreads(t *testing.T, plan *tensor.Plan) {
	t.Helper()
	if s.refused(t, plan, 1) {
		return
	}
	s.cases++
	_, want, params := s.train(t, plan, tensor.Options{Threads: 1, Fuse: true})
	for _, n := range threadCounts {
		_, got, moved := s.train(t, plan, tensor.Options{Threads: n, Fuse: true})
		if !same(got, want) {
			t.Errorf("%d threads leave other bits in buffers after %d steps", n, s.stepTimes())
		}
		if !same(moved, params) {
			t.Errorf("%d threads leave other bits in parameters after %d steps", n, s.stepTimes())
		}
	}
}
