package tensortest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// spans looks at what observed runs report: of a forward pass and of a training
// step, fused and not, by kernel, by worker and with processor times.
func (s *suite) spans(t *testing.T) {
	net := RandomNet(rand.New(rand.NewPCG(17, 18)))
	for i, plan := range []*tensor.Plan{net, nets[0].trainingPlan(true, 4)} {
		for _, fuse := range []bool{false, true} {
			if testing.Short() && (i == 1) != fuse || s.refused(t, plan, 3) {
				continue
			}
			c := s.compile(t, plan, 1, tensor.Options{Threads: 2, Fuse: fuse})
			s.kernelsCoverPlan(t, c)
			want := c.runs(t, 1)
			for _, o := range []tensor.RunOptions{{}, {Workers: true}, {CPU: true}} {
				s.observe(t, c, o)
			}
			if i == 0 && !same(c.read(t), want) {
				t.Error("an observed run gives other bits")
			}
		}
	}
}

// kernelsCoverPlan: every operation runs in one kernel.
func (s *suite) kernelsCoverPlan(t *testing.T, c *compiled) {
	t.Helper()
	seen := make([]int, len(c.plan.Ops))
	for _, k := range c.Kernels() {
		for _, i := range append([]int{k.Op}, k.Absorbed...) {
			seen[i]++
		}
		if k.Name == "" || k.Bytes <= 0 || k.FLOPs < 0 || !slices.IsSorted(k.Absorbed) {
			t.Errorf("kernel %+v of %v", k, c.plan.Ops[k.Op].Kind)
		}
	}
	for i, n := range seen {
		if n != 1 {
			t.Errorf("operation %d (%v) is in %d kernels", i, c.plan.Ops[i].Kind, n)
		}
	}
}

// observe runs once and checks the spans: of every kernel in order, one if they
// are not by worker, none that is negative or outside the run.
func (s *suite) observe(t *testing.T, c *compiled, o tensor.RunOptions) {
	t.Helper()
	s.cases++
	var spans []tensor.Span
	heads := map[int]bool{-1: true}
	for _, k := range c.Kernels() {
		heads[k.Op] = true
	}
	o.Scalars = ScalarValues(c.plan)
	o.Observe = func(sp tensor.Span) {
		spans = append(spans, sp)
		if at := c.Progress(); !heads[at] {
			t.Errorf("progress is at %d during the run, which isn't a kernel's head", at)
		}
	}
	if at := c.Progress(); at != -1 {
		t.Errorf("progress is at %d before the run", at)
	}
	began := time.Now()
	if err := c.Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	wall := time.Since(began)
	if at := c.Progress(); at != -1 {
		t.Errorf("progress is at %d after the run", at)
	}
	c.checkSpans(t, spans, wall, o)
}

func (c *compiled) checkSpans(t *testing.T, spans []tensor.Span, wall time.Duration, o tensor.RunOptions) {
	t.Helper()
	var order []int
	for _, sp := range spans {
		order = append(order, sp.Op)
		if sp.Start < 0 || sp.End < sp.Start || sp.End > wall || sp.Worker < 0 || sp.Worker > 1 || sp.CPU < 0 {
			t.Errorf("span %+v in a run of %v on two threads", sp, wall)
		}
	}
	byWorker := o.Workers || o.CPU
	if byWorker { // several per kernel
		order = slices.Compact(order)
	}
	if !slices.Equal(order, heads(c.Kernels())) {
		t.Errorf("workers %v: spans of %v, and the kernels are %v", byWorker, order, heads(c.Kernels()))
	}
	if byWorker {
		return
	}
	for i := 1; i < len(spans); i++ {
		if spans[i].Start < spans[i-1].End {
			t.Errorf("%+v begins before %+v ends", spans[i], spans[i-1])
		}
	}
}

// heads are kernels' heads, in order.
func heads(list []tensor.KernelInfo) []int {
	var ops []int
	for _, k := range list {
		ops = append(ops, k.Op)
	}
	return ops
}

// labels: Label is asked once per kernel, in order; a run that is cancelled in
// its second kernel ends there and has reported what ended; one that is
// cancelled before runs nothing; and the next is whole.
func (s *suite) labels(t *testing.T) {
	plan := RandomNet(rand.New(rand.NewPCG(19, 20)))
	if s.refused(t, plan, 4) {
		return
	}
	c := s.compile(t, plan, 1, tensor.Options{Threads: 2})
	c.write(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	var begun, reported []int
	o := tensor.RunOptions{
		Label: func(op int) context.Context {
			if begun = append(begun, op); len(begun) == 2 {
				cancel()
			}
			return nil
		},
		Observe: func(sp tensor.Span) { reported = append(reported, sp.Op) },
	}
	if err := c.Run(ctx, o); !errors.Is(err, context.Canceled) || len(begun) != 2 || !slices.Equal(reported, begun) {
		t.Errorf("cancelled in the second kernel: error %v after %v, spans of %v", err, begun, reported)
	}
	begun, reported = nil, nil
	if err := c.Run(ctx, o); !errors.Is(err, context.Canceled) || len(begun)+len(reported) != 0 {
		t.Errorf("cancelled before: error %v after %v", err, begun)
	}
	if at := c.Progress(); at != -1 {
		t.Errorf("progress is at %d after a cancelled run", at)
	}
	err := c.Run(context.Background(), o)
	if want := heads(c.Kernels()); err != nil || !slices.Equal(begun, want) || !slices.Equal(reported, want) {
		t.Errorf("the next run: error %v after %v, spans of %v, want %v", err, begun, reported, want)
	}
	got := c.read(t)
	o.Label = func(int) context.Context { return ctx }
	o.Observe = nil
	if err := c.Run(context.Background(), o); err != nil || !same(c.read(t), got) {
		t.Errorf("a run whose kernels' labels are of a cancelled context: error %v, or other bits", err)
	}
	s.cases += 4
}
