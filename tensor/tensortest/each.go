package tensortest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"resnet-tui/tensor"
)

// eachOperation holds every operation of whole nets and steps to the oracle on the values
// that the device itself read: the errors of what came before don't count, so that the
// bars are those of one operation, in any precision and at any depth. Programs that keep
// every value fuse little, if anything: fused ones the other parts compare.
func (s *suite) eachOperation(t *testing.T) {
	for i, n := range nets {
		for j, train := range []bool{false, true} {
			if takes(2*j + 5*i) {
				t.Run(fmt.Sprintf("%s train %v", n.name, train), func(t *testing.T) {
					s.eachOf(t, n.trainingPlan(train, 4), tensor.Options{Threads: 2, Exact: i%2 == 0})
				})
			}
		}
	}
	r := rand.New(rand.NewPCG(29, 30))
	for i := range 8 {
		plan := RandomNet(r)
		if takes(i) {
			t.Run(fmt.Sprint("random ", i), func(t *testing.T) {
				s.eachOf(t, plan, tensor.Options{Threads: 2, Fuse: true, Exact: i%2 == 0})
			})
		}
	}
}

// eachOf runs a plan once, and then each of its operations in the oracle.
func (s *suite) eachOf(t *testing.T, plan *tensor.Plan, o tensor.Options) {
	t.Helper()
	(&Builder{*plan}).readAll()
	if s.refused(t, plan, 1) {
		return
	}
	s.cases++
	c := s.compile(t, plan, 1, o)
	got := c.runs(t, 1)
	ref, err := tensor.NewReference[float64](plan, Values{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range plan.Find(tensor.Input) {
		got[id] = inputs(plan, id, 1, s.precision).Data
	}
	var off misses
	for i := range plan.Ops {
		op := &plan.Ops[i]
		for _, id := range op.In {
			fill(ref.Buffer(id), got[id])
		}
		if err := ref.RunPart(i, i+1, ScalarValues(plan)); err != nil {
			t.Fatal(err)
		}
		bar := s.barOf(op.Kind)
		for _, id := range op.Out {
			what := fmt.Sprintf("operation %d (%v %v), buffer %d", i, op.Kind, plan.Buffers[id].Shape, id)
			off.note(what, Distance(got[id], ref.Buffer(id)), bar)
		}
	}
	for name, x := range c.params(t) {
		off.note(name, Distance(x, ref.Param(name)), barOfParams)
	}
	off.report(t)
}

// barOfParams is for parameters after a step of float32, whatever the precision.
const barOfParams = 1e-6

// barOf is what one operation may be off by. Winograd's algorithm, and statistics of a few
// values, need more than the tolerance of the kind.
func (s *suite) barOf(k tensor.Kind) float64 {
	const amplified = 3
	return amplified*tolerances[k].bar + coarse[s.precision].adds(k)
}

func fill(to []float64, x []float32) {
	for i, v := range x {
		to[i] = float64(v)
	}
}
