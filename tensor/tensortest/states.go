package tensortest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"resnet-tui/tensor"
)

// states: parameters outlive programs, and programs follow them.
func (s *suite) states(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(s *suite, t *testing.T)
	}{
		{"reads what was written", (*suite).stateReads},
		{"writes reach programs", (*suite).writesReachPrograms},
		{"updates reach other programs", (*suite).updatesReachPrograms},
		{"running statistics move", (*suite).statisticsMove},
		{"another batch", (*suite).anotherBatch},
		{"two programs at once", (*suite).twoPrograms},
		{"without slots", (*suite).withoutSlots},
		{"a source that fails", (*suite).failingSource},
		{"compilation reports progress", (*suite).compileProgress},
		{"inference changes nothing", (*suite).inferenceChangesNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.cases++
			if plan := classifier(1); s.lacks(plan) == 0 && s.lacks(nets[0].trainingPlan(true, 2)) == 0 {
				c.run(s, t)
				return
			}
			s.refusals++
			t.Log("it needs operations that the options leave out")
		})
	}
}

// classifier is a net for a batch of images.
func classifier(batch int) *tensor.Plan {
	var b Builder
	x := b.ReLU(b.Norm(b.Conv(b.Input(batch, 3, 9, 9), 20, three, 1, false), false))
	b.Output(b.Linear(b.Flatten(b.AvgPool(x, 1, 1)), 7, true))
	return &b.Plan
}

// newState makes a state for the test's duration.
func (s *suite) newState(t *testing.T, params []tensor.Param, source tensor.Source) tensor.State {
	t.Helper()
	state, err := s.dev.NewState(params, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	return state
}

// stateReads: a state reads what its source gives, or what was written last, and keeps
// values of its own: the caller may change the tensor that it wrote.
func (s *suite) stateReads(t *testing.T) {
	plan := classifier(1)
	state := s.newState(t, plan.Params, Values{1})
	p := plan.Params[0]
	want, got := tensor.New(p.Shape...), tensor.New(p.Shape...)
	if err := (Values{1}).Load(p, want); err != nil {
		t.Fatal(err)
	}
	if err := state.Read(p.Name, got); err != nil || !SameBits(got.Data, want.Data) {
		t.Errorf("before a write: error %v, or not what the source gives", err)
	}
	before, x := state.Version(), Random(3, p.Shape)
	if err := state.Write(p.Name, x); err != nil {
		t.Fatal(err)
	}
	want.Data = slices.Clone(x.Data)
	x.Data[0]++ // which is the caller's again
	if err := state.Read(p.Name, got); err != nil || !SameBits(got.Data, want.Data) {
		t.Errorf("after a write: error %v, or not what was written", err)
	}
	if state.Version() == before {
		t.Error("a write does not move the version")
	}
}

// writesReachPrograms: a program that packed its weights when it was compiled must pack
// them again after a write.
func (s *suite) writesReachPrograms(t *testing.T) {
	plan := classifier(2)
	c := s.compile(t, plan, 1, tensor.Options{Fuse: true, Threads: 2})
	c.runs(t, 2)
	for _, p := range plan.Params {
		x := tensor.New(p.Shape...)
		if err := (Values{2}).Load(p, x); err != nil {
			t.Fatal(err)
		}
		if err := c.state.Write(p.Name, x); err != nil {
			t.Fatal(err)
		}
	}
	c.compare(t, c.runs(t, 2), s.oracle(t, plan, 2, 1, nil), residualBar)
}

// copyOf loads parameters from a state.
type copyOf struct{ tensor.State }

func (c copyOf) Load(p tensor.Param, t *tensor.Tensor) error { return c.Read(p.Name, t) }

// updatesReachPrograms trains with one program and runs another on the same
// state: it must be what it would be on a fresh state of the same values.
func (s *suite) updatesReachPrograms(t *testing.T) {
	for _, fuse := range []bool{false, true} {
		o := tensor.Options{Threads: 2, Fuse: fuse}
		step := nets[0].trainingPlan(true, 4)
		eval, logits := SmallNet(false, 2)
		eval.Output(logits)
		trainer := s.compile(t, step, 1, o)
		other := s.compileOn(t, trainer.state, &eval.Plan, o)
		before, version := other.runs(t, 3), trainer.state.Version()
		trainer.runs(t, 2)
		if trainer.state.Version() == version {
			t.Error("a training step does not move the version")
		}
		after := other.runs(t, 3)
		fresh := s.compileOn(t, s.newState(t, eval.Params, copyOf{trainer.state}), &eval.Plan, o)
		if want := fresh.runs(t, 3); same(before, after) || !same(after, want) {
			t.Errorf("before the step %v, after it %v, on a fresh state %v", before, after, want)
		}
		trainer.runs(t, 2)
	}
}

// statisticsMove: a batch norm in train mode moves its running statistics, which are
// parameters of the state.
func (s *suite) statisticsMove(t *testing.T) {
	var b Builder
	b.Output(b.Norm(b.Input(3, 21, 5, 4), true))
	c := s.compile(t, &b.Plan, 1, tensor.Options{Threads: 2})
	before := c.state.Version()
	c.runs(t, 1)
	r := s.oracle(t, &b.Plan, 1, 1, nil)
	for name, x := range c.params(t) {
		if e := Distance(x, r.Param(name)); !(e <= 1e-6) {
			t.Errorf("%s: relative error %g", name, e)
		}
	}
	if c.state.Version() == before {
		t.Error("the state's version did not move")
	}
}

// anotherBatch compiles a net for other batches on one state.
func (s *suite) anotherBatch(t *testing.T) {
	state := s.newState(t, classifier(1).Params, Values{1})
	for _, batch := range []int{1, 3, 2} {
		c := s.compileOn(t, state, classifier(batch), tensor.Options{Fuse: true})
		c.compare(t, c.runs(t, 1), s.oracle(t, c.plan, 1, 1, nil), residualBar)
		c.Close()
	}
}

// twoPrograms alternates between two programs, which must not share buffers.
func (s *suite) twoPrograms(t *testing.T) {
	state := s.newState(t, classifier(1).Params, Values{1})
	a := s.compileOn(t, state, classifier(2), tensor.Options{Fuse: true})
	b := s.compileOn(t, state, classifier(2), tensor.Options{})
	a.write(t, 1)
	b.write(t, 2)
	first, second := a.again(t, nil), b.again(t, nil)
	if !same(a.read(t), first) || !same(a.again(t, nil), first) || !same(b.read(t), second) {
		t.Error("a program's run changes another's buffers")
	}
	a.compare(t, first, s.oracle(t, a.plan, 1, 1, nil), residualBar)
}

// withoutSlots: the optimiser's slots are parameters. A state that was made for
// inference lacks them, and must be refused rather than have them made up.
func (s *suite) withoutSlots(t *testing.T) {
	b, logits := SmallNet(true, 4)
	params := slices.Clone(b.Params)
	b.Train(logits, tensor.Scratch)
	state := s.newState(t, params, Values{1})
	if p, err := s.dev.Compile(&b.Plan, state, tensor.Options{}); err == nil {
		p.Close()
		t.Error("a state without the optimiser's slots was accepted")
	}
}

var errSource = errors.New("the source has lost its file")

type failing struct{}

func (failing) Load(tensor.Param, *tensor.Tensor) error { return errSource }

// failingSource: the source's own error reaches the caller, who can tell by it which
// file is at fault.
func (s *suite) failingSource(t *testing.T) {
	plan := classifier(1)
	state := s.newState(t, plan.Params, failing{})
	if p, err := s.dev.Compile(plan, state, tensor.Options{}); err == nil {
		p.Close()
		t.Error("Compile succeeds without the parameters")
	} else if !errors.Is(err, errSource) {
		t.Errorf("Compile fails with %v, which does not wrap the source's error", err)
	}
	if err := state.Read("p0", tensor.New(plan.Params[0].Shape...)); !errors.Is(err, errSource) {
		t.Errorf("Read fails with %v, which does not wrap the source's error", err)
	}
}

// compileProgress: progress may be reported from several goroutines, stays in range and
// ends with the whole.
func (s *suite) compileProgress(t *testing.T) {
	plan := classifier(1)
	state := s.newState(t, plan.Params, Values{1})
	var most, whole, wrong atomic.Int64
	o := tensor.Options{Fuse: true, Progress: func(done, total int64) {
		for old := most.Load(); done > old && !most.CompareAndSwap(old, done); old = most.Load() {
		}
		whole.Store(total)
		if done < 0 || done > total {
			wrong.Add(1)
		}
	}}
	s.compileOn(t, state, plan, o)
	if most.Load() != whole.Load() || whole.Load() == 0 || wrong.Load() > 0 {
		t.Errorf("progress ends at %d of %d, and is out of range %d times", most.Load(), whole.Load(), wrong.Load())
	}
}

// inferenceChangesNothing: in eval mode a pass leaves the state as it is, to the bit.
func (s *suite) inferenceChangesNothing(t *testing.T) {
	plan := classifier(2)
	c := s.compile(t, plan, 1, tensor.Options{Fuse: true})
	before, version := c.params(t), c.state.Version()
	c.runs(t, 1)
	if !same(before, c.params(t)) || c.state.Version() != version {
		t.Error("a forward pass changes parameters, or moves the version")
	}
	for name, x := range before {
		if slices.ContainsFunc(x, func(v float32) bool { return math.IsNaN(float64(v)) }) {
			t.Error(fmt.Sprint(name, " has NaN"))
		}
	}
}
