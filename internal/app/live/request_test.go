package live

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet-tui/resnet/nn"
)

// answered are all requests, with what holds once they are honoured.
func answered(e *Engine) map[Request]func(*State) bool {
	weight, learned := e.About().Model.Params[0], 0
	for _, p := range e.About().Model.Params {
		if p.Role.Learnable() {
			learned++
		}
	}
	return map[Request]func(*State) bool{
		MeasureSimilarity{}: func(s *State) bool { return s.Similarity != nil || strings.HasPrefix(s.Notice, "similarity: ") },
		Diagnose{}:          func(s *State) bool { return s.Findings != nil || strings.HasPrefix(s.Notice, "diagnosis: ") },
		Run{}:               func(s *State) bool { return s.Desired.Running },
		Pause{}:             func(s *State) bool { return s.Phase == Paused },
		StepLayer{}:         func(s *State) bool { return s.Phase == Stepping && s.Step != nil && !s.Desired.Running },
		SetBatch{3}:         func(s *State) bool { return s.Actual.Batch == 3 && s.Program.Model.Batch() == 3 },
		SetFuse{false}:      func(s *State) bool { return !s.Actual.Fused && !s.Program.Fused },
		SetBackward{true}:   func(s *State) bool { return s.Actual.Backward && s.Program.Train },
		SetTwin{true}:       func(s *State) bool { return s.Actual.Twin && s.Twin != nil },
		SetHistograms{true}: func(s *State) bool { return s.Actual.Histograms && s.Values != nil },
		TracePaths{}:        func(s *State) bool { return s.Paths != nil },
		oneLesion{}:         func(s *State) bool { return len(s.Actual.Lesions) == 1 && len(s.Program.Model.Lesions) == 1 },
		inspectFirst{}:      func(s *State) bool { _, ok := s.Params[weight.Name]; return ok },
		See{cam("layer2.0")}: func(s *State) bool {
			return s.Seen != nil && s.Seen.Err == nil && s.Seen.Maps != nil
		},
		InspectParams{}:    func(s *State) bool { return len(s.Params) == learned },
		SetBackward{false}: func(s *State) bool { return !s.Desired.Backward && s.Answered > 0 },
	}
}

// oneLesion and inspectFirst stand for requests that can't be keys of a map.
type oneLesion struct{ broken }
type inspectFirst struct{ broken }

// sendOne sends a request of answered.
func sendOne(e *Engine, r Request) {
	switch r.(type) {
	case oneLesion:
		r = SetLesions{[]nn.Lesion{{Path: "layer1.1", Kind: nn.CutSkip}}}
	case inspectFirst:
		r = InspectParam{e.About().Model.Params[0]}
	}
	e.Send(r)
}

// moments are when requests come: each brings an engine there, and returns what
// lets it go on.
var moments = map[string]func(t *testing.T) (e *Engine, release func()){
	"idle": func(t *testing.T) (*Engine, func()) { return startPaused(t, fake(nil)), func() {} },
	"preparing": func(t *testing.T) (*Engine, func()) {
		gate := make(chan struct{})
		o := small(t, fake(func(d *device) { d.CompileGate = gate }))
		o.Paused = true
		e := start(t, o)
		await(t, e, "weights", func(s *State) bool { return s.Progress.Total > 0 })
		return e, func() { close(gate) }
	},
	"compiling": func(t *testing.T) (*Engine, func()) {
		d := fake(nil)
		e := startPaused(t, d)
		gate, once, begun := make(chan struct{}), sync.Once{}, make(chan struct{})
		d.compiling = func() {
			once.Do(func() { close(begun) })
			<-gate
		}
		e.Send(SetBatch{2})
		<-begun
		return e, func() { close(gate) }
	},
	"running": func(t *testing.T) (*Engine, func()) {
		e := start(t, small(t, fake(slow(100*time.Microsecond))))
		await(t, e, "passes", ran(2))
		return e, func() {}
	},
	"stepping": func(t *testing.T) (*Engine, func()) {
		e := startPaused(t, fake(slow(time.Millisecond)))
		for range 3 {
			e.Send(StepLayer{})
		}
		return e, func() {}
	},
	"tracing": func(t *testing.T) (*Engine, func()) {
		e := startPaused(t, fake(slow(200*time.Microsecond)))
		e.Send(TracePaths{})
		await(t, e, "tracing", isAt(Tracing))
		return e, func() {}
	},
}

// TestRequestsAtEveryMoment: each kind is taken in at once and honoured.
func TestRequestsAtEveryMoment(t *testing.T) {
	kinds := answered(startPaused(t, fake(nil)))
	for name, bring := range moments {
		for r := range kinds {
			t.Run(fmt.Sprintf("%s %T%v", name, r, r), func(t *testing.T) {
				t.Parallel()
				e, release := bring(t)
				before := e.State().Answered
				sendOne(e, r)
				await(t, e, "the answer", func(s *State) bool { return s.Answered > before })
				release()
				if name == "stepping" && (r == SetBackward{true} || r == SetTwin{true} || r == SetHistograms{true}) {
					e.Send(Run{}) // they come with the next run
				}
				await(t, e, "what was asked for", answered(e)[r])
			})
		}
	}
}

// TestRequestsCutPasses: of the pass that runs, at most the kernel that runs when a
// request comes ends before it is honoured.
func TestRequestsCutPasses(t *testing.T) {
	const kernel = 20 * time.Millisecond
	for _, r := range []Request{
		Pause{}, StepLayer{}, SetBatch{3}, SetFuse{false}, SetBackward{true}, SetTwin{true}, oneLesion{}, TracePaths{},
	} {
		t.Run(fmt.Sprintf("%T", r), func(t *testing.T) {
			t.Parallel()
			d := fake(slow(kernel))
			e := start(t, small(t, d))
			await(t, e, "a pass", func(s *State) bool { return s.Phase == Running && d.Ran() > 1 })
			first := e.State().Program
			began := d.Ran()
			sendOne(e, r)
			s := await(t, e, "the end of the pass", func(s *State) bool { return s.Phase != Running || s.Program != first })
			if more := d.Ran() - began; more > 2 {
				t.Errorf("%d kernels ran until %s", more, s.Phase)
			}
			if first.Recorder.Passes() != 0 {
				t.Error("a whole pass ran")
			}
		})
	}
}

// TestRequestsThatCutNothing: what the pass does not stand in the way of is honoured
// while it runs.
func TestRequestsThatCutNothing(t *testing.T) {
	d := fake(slow(10 * time.Millisecond))
	e := start(t, small(t, d))
	await(t, e, "a pass", func(s *State) bool { return s.Phase == Running && d.Ran() > 1 })
	began := d.Ran()
	sendOne(e, inspectFirst{})
	e.Send(Run{})
	e.Send(SetBackward{false})
	await(t, e, "moments", func(s *State) bool { return len(s.Params) == 1 && s.Answered == 3 })
	kernels := int64(len(e.State().Program.Kernels))
	if more := d.Ran() - began; more > kernels/2 {
		t.Errorf("%d kernels ran until the answer", more)
	}
	await(t, e, "the pass", ran(1))
	if all := d.Ran(); all > kernels+2 {
		t.Errorf("%d kernels ran for a pass of %d", all, kernels)
	}
}

// TestPathsOutliveTheTwin: path lengths that are being traced are still wanted when the
// twin comes, as the net whose they are stays the same.
func TestPathsOutliveTheTwin(t *testing.T) {
	e, _ := moments["tracing"](t)
	e.Send(SetTwin{true})
	s := await(t, e, "paths beside the twin", func(s *State) bool { return s.Paths != nil && s.Twin != nil })
	if s.Notice != "" {
		t.Errorf("notice %q", s.Notice)
	}
}

// TestStepsSayWhatWaits: what single steps can't show is said.
func TestStepsSayWhatWaits(t *testing.T) {
	e := startPaused(t, fake(nil))
	e.Send(StepLayer{})
	await(t, e, "a step", func(s *State) bool { return s.Step != nil })
	for r, want := range map[Request]string{
		SetFuse{false}: "fusion changes with the next run", SetBackward{true}: "backward passes come with the next run",
		SetTwin{true}: "twin comes with the next run", SetBackward{false}: "no backward passes", SetTwin{false}: "no twin",
	} {
		before := e.State().Answered
		e.Send(r)
		s := await(t, e, "the answer", func(s *State) bool { return s.Answered > before })
		if !strings.Contains(s.Notice, want) {
			t.Errorf("%T%v: notice %q, want %q", r, r, s.Notice, want)
		}
	}
}

// TestCompilationsAreCut: what is not wanted any more is not compiled to its end.
func TestCompilationsAreCut(t *testing.T) {
	d := fake(nil)
	e := startPaused(t, d)
	gate, begun := make(chan struct{}), make(chan struct{}, 16)
	d.compiling = func() {
		begun <- struct{}{}
		<-gate
	}
	e.Send(SetTwin{true})
	<-begun
	e.Send(SetTwin{false})
	await(t, e, "the answer", func(s *State) bool { return s.Answered == 2 })
	close(gate)
	s := await(t, e, "a pause", isAt(Paused))
	if s.Twin != nil || s.Actual.Twin || s.Notice != "" {
		t.Errorf("twin %v, notice %q", s.Twin, s.Notice)
	}
}

// TestStormOfRequests sends all kinds from several goroutines while the net runs:
// none is lost, and the engine ends where the last ones say.
func TestStormOfRequests(t *testing.T) {
	e := start(t, small(t, fake(slow(20*time.Microsecond))))
	kinds := answered(e)
	var senders sync.WaitGroup
	const rounds = 8
	for range 3 {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for range rounds {
				for r := range kinds {
					sendOne(e, r)
				}
			}
		}()
	}
	senders.Wait()
	last := []Request{SetBatch{2}, SetFuse{true}, SetBackward{false}, SetTwin{false}, SetLesions{}, Run{}}
	for _, r := range last {
		e.Send(r)
	}
	s := await(t, e, "a pass of batch 2", func(s *State) bool {
		return s.Answered == uint64(3*rounds*len(kinds)+len(last)) && s.Actual.Batch == 2 && ran(1)(s)
	})
	if a := s.Actual; !a.Fused || a.Backward || a.Twin || len(a.Lesions) > 0 || s.Twin != nil {
		t.Errorf("it runs as %+v", a)
	}
}

// TestAfter holds what a client may expect against what the engine makes of it.
func TestAfter(t *testing.T) {
	e := startPaused(t, fake(nil))
	want := e.State().Desired
	requests := []Request{SetBatch{4}, SetFuse{false}, TracePaths{}, SetTwin{true}, Run{}, StepLayer{}, SetBatch{0}}
	for i, r := range requests {
		want = want.After(r)
		e.Send(r)
		s := await(t, e, "the answer", func(s *State) bool { return s.Answered == uint64(i+1) })
		if fmt.Sprint(s.Desired) != fmt.Sprint(want) {
			t.Errorf("%T: desired is %+v, want %+v", r, s.Desired, want)
		}
	}
}
