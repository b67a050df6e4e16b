package tensortest

import (
	"fmt"
	"testing"

	"resnet-tui/tensor"
)

// stepTimes is the number of steps of a training test. After more than one, nets that
// differ by roundings of lower precisions are different nets.
func (s *suite) stepTimes() int {
	if s.precision == tensor.FP32 {
		return 3
	}
	return 1
}

// trainingPlan is a net's training step, with gradients that can be read.
func (n net) trainingPlan(train bool, batch int) *tensor.Plan {
	var b Builder
	b.Train(n.build(&b, train, batch), tensor.Kept)
	return &b.Plan
}

// steps compares loss, gradients, parameters and slots after a few steps with
// the oracle: each net in both modes of batch norm, fused and not, exactly and
// not.
func (s *suite) steps(t *testing.T) {
	for i, n := range nets {
		for _, train := range []bool{false, true} {
			plan := n.trainingPlan(train, 4)
			var want *tensor.Reference[float64]
			for j := range 4 { // short tests take one of each net's eight
				if !takes(2*j + b2i(train) + 5*i) {
					continue
				}
				o := tensor.Options{Threads: 2, Fuse: j%2 == 1, Exact: j/2 == 1}
				t.Run(fmt.Sprintf("%s train %v fuse %v exact %v", n.name, train, o.Fuse, o.Exact), func(t *testing.T) {
					if s.refused(t, plan, 1) {
						return
					}
					if want == nil {
						want = s.oracle(t, plan, 2, s.stepTimes(), ScalarValues(plan))
					}
					s.step(t, plan, o, want)
				})
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// step takes a few steps, and compares with the oracle after them.
func (s *suite) step(t *testing.T, plan *tensor.Plan, o tensor.Options, want *tensor.Reference[float64]) {
	t.Helper()
	s.cases++
	c, got, params := s.train(t, plan, o)
	c.compare(t, got, want, stepBar)
	var off misses
	for _, p := range plan.Params {
		bar := paramBar
		if p.Role == tensor.Slot && s.stepTimes() == 1 { // it is little but the gradient yet
			bar = stepBar
		}
		off.note(p.Name, Distance(params[p.Name], want.Param(p.Name)), s.widened(bar))
	}
	off.report(t)
}

// train takes a few steps, and reads everything after them.
func (s *suite) train(t *testing.T, plan *tensor.Plan, o tensor.Options) (*compiled, readings, map[string][]float32) {
	t.Helper()
	c := s.compile(t, plan, 2, o)
	var got readings
	for range s.stepTimes() {
		got = c.runs(t, 2)
	}
	return c, got, c.params(t)
}
