package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

func TestRunAndPause(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	s := await(t, e, "passes", ran(4))
	e.Send(Pause{})
	await(t, e, "a pause", isAt(Paused))
	n := s.Program.Recorder.Passes()
	time.Sleep(20 * time.Millisecond)
	if now := s.Program.Recorder.Passes(); now != n {
		t.Errorf("%d passes ran while paused", now-n)
	}
	e.Send(Run{})
	await(t, e, "passes again", ran(int(n)+1))
}

func TestStepsGoLayerByLayer(t *testing.T) {
	e := startPaused(t, fake(nil))
	layers := len(e.About().Model.Layers)
	for i := range layers + 1 {
		e.Send(StepLayer{})
		s := await(t, e, "a step", func(s *State) bool {
			return s.Phase == Stepping && s.Step != nil && s.Step.Ordinal == i%layers+1
		})
		if s.Step.Layer != i%layers || s.Step.Count != layers {
			t.Fatalf("step %d ran layer %d of %d", i, s.Step.Layer, s.Step.Count)
		}
		if m, ok := s.Step.Moments[s.Step.Layer]; !ok || m != (Moments{0.5, 1.5}) {
			t.Fatalf("step %d left the moments %v, %v", i, m, ok)
		}
		if want := i%layers + 1; len(s.Step.Moments) != want {
			t.Fatalf("after step %d there are moments of %d layers, want %d", i, len(s.Step.Moments), want)
		}
	}
	e.Send(Run{})
	s := await(t, e, "a pass", ran(1))
	if !s.Program.Fused || s.Step != nil {
		t.Errorf("after the steps: fused %v, step %v", s.Program.Fused, s.Step)
	}
}

// TestStepsAreNotLost: each of many requests runs a layer, also those that come
// while one runs.
func TestStepsAreNotLost(t *testing.T) {
	e := startPaused(t, fake(slow(time.Millisecond)))
	const steps = 12
	for range steps {
		e.Send(StepLayer{})
	}
	await(t, e, "the steps", func(s *State) bool { return s.Step != nil && s.Step.Ordinal == steps })
	time.Sleep(20 * time.Millisecond)
	if s := e.State(); s.Step.Ordinal != steps || s.Phase != Stepping {
		t.Errorf("%s at step %d", s.Phase, s.Step.Ordinal)
	}
}

func TestBatchAndFusion(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	await(t, e, "a pass", ran(1))
	e.Send(SetBatch{8})
	s := await(t, e, "batch 8", func(s *State) bool { return s.Phase == Running && s.Program.Model.Batch() == 8 })
	fused := len(s.Program.Kernels)
	e.Send(SetFuse{false})
	s = await(t, e, "no fusion", func(s *State) bool { return s.Phase == Running && !s.Program.Fused })
	if n := len(s.Program.Kernels); n <= fused {
		t.Errorf("%d kernels without fusion, %d with it", n, fused)
	}
	e.Send(SetBatch{4})
	await(t, e, "batch 4", func(s *State) bool {
		return s.Phase == Running && s.Program.Model.Batch() == 4 && !s.Program.Fused
	})
	e.Send(SetBatch{-3})
	await(t, e, "batch 1", func(s *State) bool { return s.Actual.Batch == 1 && s.Desired.Batch == 1 })
}

// TestFusionWhileStepping is remembered, and said to come later.
func TestFusionWhileStepping(t *testing.T) {
	e := startPaused(t, fake(nil))
	e.Send(StepLayer{})
	await(t, e, "a step", func(s *State) bool { return s.Step != nil })
	e.Send(SetFuse{false})
	await(t, e, "a notice", func(s *State) bool { return strings.Contains(s.Notice, "with the next run") })
	e.Send(Run{})
	s := await(t, e, "a pass", ran(1))
	if s.Program.Fused || s.Notice != "" {
		t.Errorf("fused %v, notice %q", s.Program.Fused, s.Notice)
	}
}

func TestWhatDoesNotFitIsRejected(t *testing.T) {
	e := start(t, small(t, fake(func(d *device) { d.About.Memory = 102 << 20 })))
	await(t, e, "a pass", ran(1))
	e.Send(SetBatch{256})
	s := await(t, e, "a notice", func(s *State) bool { return s.Notice != "" && s.Phase == Running })
	if !strings.Contains(s.Notice, "batch 256 does not fit") || !strings.Contains(s.Notice, "at most") {
		t.Errorf("notice %q", s.Notice)
	}
	if s.Program.Model.Batch() != 1 || s.Desired.Batch != 1 || s.Actual.Batch != 1 {
		t.Errorf("batch %d runs, %d is desired", s.Program.Model.Batch(), s.Desired.Batch)
	}
	n := s.Program.Recorder.Passes()
	await(t, e, "more passes", ran(int(n)+1))
	first := s.Notices
	e.Send(SetBatch{256})
	await(t, e, "the notice again", func(s *State) bool { return s.Notices > first })
}

// TestFirstSettingsThatDoNotFit: the net runs without them.
func TestFirstSettingsThatDoNotFit(t *testing.T) {
	o := small(t, fake(nil))
	o.Session.Backward = &nn.Backward{}
	o.MemoryLimit = 1
	e := start(t, o)
	s := await(t, e, "a pass", func(s *State) bool { return s.Notices > 0 && ran(1)(s) })
	if !strings.Contains(s.Notice, "with a backward pass does not fit") || s.Desired.Backward || s.Actual.Backward {
		t.Errorf("notice %q, desired %+v", s.Notice, s.Desired)
	}
}

// TestRejectionsEnd: what ran before single steps can't run with the batch that came
// during them. It is tried once.
func TestRejectionsEnd(t *testing.T) {
	d := fake(nil)
	o := small(t, d)
	o.Session.Backward = &nn.Backward{}
	e := start(t, o)
	await(t, e, "a pass", func(s *State) bool { return s.Actual.Backward && ran(1)(s) })
	e.Send(StepLayer{})
	await(t, e, "a step", func(s *State) bool { return s.Step != nil })
	e.Send(SetBatch{2})
	await(t, e, "batch 2", func(s *State) bool { return s.Actual.Batch == 2 && s.Phase == Stepping })
	d.rejects = func(p *tensor.Plan) error {
		if slices.ContainsFunc(p.Ops, func(op tensor.Op) bool { return op.Pass == tensor.Backward }) {
			return errFake
		}
		return nil
	}
	e.Send(Run{})
	await(t, e, "a notice", func(s *State) bool { return s.Notices > 0 })
	time.Sleep(20 * time.Millisecond)
	if s := e.State(); s.Notices != 1 || s.Phase != Stepping || s.Desired.Running || s.Actual.Batch != 2 {
		t.Errorf("%s after %d notices (%q), desired %+v", s.Phase, s.Notices, s.Notice, s.Desired)
	}
}

// TestOtherRequestsSurviveARejection: only what was tried is taken back.
func TestOtherRequestsSurviveARejection(t *testing.T) {
	e := startPaused(t, fake(func(d *device) { d.About.Memory = 102 << 20 }))
	e.Send(SetFuse{false})
	await(t, e, "no fusion", func(s *State) bool { return !s.Actual.Fused && s.Phase == Paused })
	e.Send(SetBatch{256})
	e.Send(Run{})
	s := await(t, e, "a pass", func(s *State) bool { return s.Answered == 3 && s.Notices == 1 && ran(1)(s) })
	if s.Desired.Fused || s.Desired.Batch != 1 || !s.Desired.Running {
		t.Errorf("desired is %+v", s.Desired)
	}
}

func TestErrorsAreStates(t *testing.T) {
	for name, script := range map[string]func(d *device){
		"compile":        func(d *device) { d.CompileError = errFake },
		"run":            func(d *device) { d.RunError = errFake },
		"internal error": func(d *device) { d.RunPanic = "a kernel lost its way" },
	} {
		e := start(t, small(t, fake(script)))
		s := await(t, e, name, isAt(Failed))
		if name == "internal error" {
			if s.Err.Error() != "internal error in the engine: a kernel lost its way" {
				t.Errorf("%s: %v", name, s.Err)
			}
		} else if !errors.Is(s.Err, errFake) {
			t.Errorf("%s: error %v", name, s.Err)
		}
		if s.Desired.Running {
			t.Errorf("%s: it still wants to run", name)
		}
		for _, r := range []Request{Run{}, StepLayer{}, SetBatch{2}, SetFuse{false}} {
			e.Send(r)
		}
		s = await(t, e, "answers", func(s *State) bool { return s.Answered == 4 })
		if s.Phase != Failed || s.Err == nil {
			t.Errorf("%s: after requests it is %s", name, s.Phase)
		}
	}
}

// TestPanicsWhileCompilingAreStates: what breaks in a later task is no rejection.
func TestPanicsWhileCompilingAreStates(t *testing.T) {
	d := fake(nil)
	e := startPaused(t, d)
	d.compiling = func() { panic("lost") }
	e.Send(SetBatch{2})
	s := await(t, e, "failure", isAt(Failed))
	if s.Err.Error() != "internal error in the engine: lost" {
		t.Errorf("error %v", s.Err)
	}
}

// broken is a request that breaks the loop.
type broken struct{}

func (broken) apply(*desired) { panic("a loop lost its way") }

func TestPanicsOfTheLoopAreStates(t *testing.T) {
	e := start(t, small(t, fake(slow(time.Millisecond))))
	await(t, e, "a pass", isAt(Running))
	e.Send(broken{})
	<-e.Done()
	if s := e.State(); s.Phase != Failed || s.Err.Error() != "internal error in the engine: a loop lost its way" {
		t.Errorf("%s: %v", s.Phase, s.Err)
	}
	e.Close()
	for range 2 * queued {
		e.Send(Run{}) // does not wait for anyone
	}
}

func TestCloseEndsAPass(t *testing.T) {
	e := start(t, small(t, fake(slow(5*time.Millisecond))))
	await(t, e, "a pass", isAt(Running))
	e.Close()
	select {
	case <-e.Done():
	default:
		t.Error("the engine goes on")
	}
	e.Close()
	e.Send(Run{})
}

// TestHangingDevice: requests are answered and Close returns while a device hangs.
func TestHangingDevice(t *testing.T) {
	hang := make(chan struct{})
	d := fake(nil)
	e := startPaused(t, d)
	t.Cleanup(func() { close(hang) })
	e.patience = 50 * time.Millisecond
	compiling := make(chan struct{}, 1)
	d.compiling = func() {
		compiling <- struct{}{}
		<-hang
	}
	e.Send(SetBatch{2})
	<-compiling
	e.Send(SetBatch{4})
	e.Send(Run{})
	s := await(t, e, "answers", func(s *State) bool { return s.Answered == 3 })
	if s.Phase != Compiling || s.Desired.Batch != 4 || !s.Desired.Running {
		t.Errorf("%s, desired %+v", s.Phase, s.Desired)
	}
	began := time.Now()
	e.Close()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Close takes %v", took)
	}
}

func TestContextEndsTheEngine(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	e, err := Start(ctx, small(t, fake(nil)))
	if err != nil {
		t.Fatal(err)
	}
	await(t, e, "a pass", isAt(Running))
	cancel()
	<-e.Done()
}

// TestStatesNeverChange keeps each state that is published and its text, and
// compares them at the end.
func TestStatesNeverChange(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	text := func(s *State) string {
		return fmt.Sprintf("%v\n%+v\n%+v\n%v\n%+v\n%+v\n%+v\n%+v",
			s.Phase, s.Desired, s.Actual, s.Params, s.Step, s.Gradients, s.Paths, s.Effect)
	}
	kept := map[*State]string{}
	keep := func(until func(*State) bool) {
		t.Helper()
		await(t, e, "a state", func(s *State) bool {
			if _, ok := kept[s]; !ok {
				kept[s] = text(s)
			}
			return until(s)
		})
	}
	keep(ran(3))
	lesions := []nn.Lesion{{Path: "layer1.0", Kind: nn.ScaleBranch, Alpha: 0.5}}
	e.Send(SetBackward{true})
	e.Send(SetLesions{lesions})
	keep(func(s *State) bool { return s.Gradients != nil && s.Effect != nil })
	lesions[0].Alpha = 3 // the caller's
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer1.0", Kind: nn.ScaleBranch, Alpha: 0.25}}})
	keep(func(s *State) bool { return len(s.Actual.Lesions) == 1 && s.Actual.Lesions[0].Alpha == 0.25 })
	for _, p := range e.About().Model.Params[:5] {
		e.Send(InspectParam{p})
	}
	keep(func(s *State) bool { return len(s.Params) == 5 })
	for range 3 {
		e.Send(StepLayer{})
	}
	keep(func(s *State) bool { return s.Step != nil && s.Step.Ordinal == 3 })
	for s, was := range kept {
		if now := text(s); now != was {
			t.Errorf("a state has changed from\n%s\nto\n%s", was, now)
		}
	}
	if len(kept) < 6 {
		t.Errorf("only %d states were seen", len(kept))
	}
}

// recording is a profile of a small net whose rows take 1, 2, 3 … ms.
func recording(t *testing.T) Options {
	t.Helper()
	m := build(t, "cifar_resnet20")
	l, would, err := nn.Estimate(fake(nil), m.Model, nn.SessionOptions{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	p := &profile.Profile{
		Schema: profile.Schema, Model: profile.Describe(m, "random, seed 1"), Mode: "eval", Fused: true,
		Input:  profile.Input{Shape: m.Root.In, Source: "random, seed 1"},
		Device: profile.Device{ID: "cpu", Name: "Abacus", Threads: 3, Kernels: "beads", Precision: "fp32"},
	}
	for i, k := range would.Kernels {
		op, ms := l.Plan.Ops[k.Op], float64(i+1)
		row := profile.LayerRow{
			Path: op.Path, Call: op.Call, Pass: op.Pass.String(), Kind: op.Kind.String(), Kernel: "bead", MeanMS: ms,
			SamplesMS: []float64{ms, ms},
		}
		for _, i := range k.Absorbed {
			row.Absorbed = append(row.Absorbed, l.Plan.Ops[i].Path)
		}
		p.Layers = append(p.Layers, row)
		p.Total.MeanMS += ms
	}
	p.Total.SamplesMS = []float64{p.Total.MeanMS, p.Total.MeanMS}
	p.Loss = new(profile.Number(2.5))
	g := nn.BlockGradient{Path: "layer2.1", In: 5, Skip: 3, Branch: 4, HasSkip: true, HasBranch: true}
	p.Blocks = profile.BlockGrads([]nn.BlockGradient{g})
	return Recording(p, m)
}

// TestRecording: it is there at once, every request is answered, and nothing runs.
func TestRecording(t *testing.T) {
	e := start(t, recording(t))
	s := e.State()
	if s.Phase != Paused || s.Program == nil || s.Program.Recorder.Passes() != 2 {
		t.Fatalf("it begins with %+v", s)
	}
	g := s.Gradients
	if b, ok := g.Block("layer2.1"); !ok || b.In != 5 || g.Loss != 2.5 || g.Labels != "as recorded" {
		t.Errorf("gradients %+v", g)
	}
	if d := e.About().Device; d.Name != "Abacus" || d.Cores != 3 {
		t.Errorf("the machine is %+v", d)
	}
	all := []Request{
		Run{}, Pause{}, StepLayer{}, SetBatch{2}, SetFuse{false}, SetBackward{true}, SetTwin{true}, SetLesions{},
		TracePaths{},
	}
	for i, r := range all {
		e.Send(r)
		s := await(t, e, "an answer", func(s *State) bool { return s.Answered == uint64(i+1) })
		if s.Notice != "a recorded profile: nothing runs" || s.Notices != i+1 || s.Phase != Paused {
			t.Errorf("%T: %s, notice %d %q", r, s.Phase, s.Notices, s.Notice)
		}
		if s.Desired.Running || s.Desired.Backward || s.Desired.Batch != 1 || s.Program.Recorder.Passes() != 2 {
			t.Errorf("%T changes something: %+v", r, s.Desired)
		}
	}
	e.Send(InspectParam{e.About().Model.Params[0]})
	s = await(t, e, "an answer", func(s *State) bool { return s.Answered == uint64(len(all)+1) })
	if s.Notice != "" || len(s.Params) != 0 {
		t.Errorf("notice %q, parameters %v", s.Notice, s.Params)
	}
}

func TestRecordingOfOtherRows(t *testing.T) {
	o := recording(t)
	o.Recorded.Layers = slices.Clone(o.Recorded.Layers[1:])
	if e, err := Start(context.Background(), o); err == nil {
		e.Close()
		t.Error("it is shown")
	}
}

func TestInputFollowsTheBatch(t *testing.T) {
	m := build(t, "cifar_resnet20")
	given := tensor.New(1, 3, 32, 32)
	for i := range given.Data {
		given.Data[i] = float32(i)
	}
	o := Options{Model: m, Input: given, Target: []int{4, 2}}
	if got := o.input(m.Model); got != given {
		t.Error("an input of the right shape is not used as it is")
	}
	bigger, err := m.WithBatch(3)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range o.input(bigger).Data {
		if v != given.Data[i%len(given.Data)] {
			t.Fatalf("element %d of the repeated input is %v", i, v)
		}
	}
	if got := o.target(bigger); !slices.Equal(got, []int{4, 2, 4}) {
		t.Errorf("the labels are %v", got)
	}
}

// TestHeadStart: the first task waits for as long as it is told to; requests do not.
func TestHeadStart(t *testing.T) {
	compiled := make(chan time.Time, 10)
	o := small(t, fake(func(d *device) { d.compiling = func() { compiled <- time.Now() } }))
	o.HeadStart = 30 * time.Millisecond
	before := time.Now()
	e := start(t, o)
	e.Send(Pause{})
	s := await(t, e, "an answer", func(s *State) bool { return s.Answered == 1 })
	if s.Phase != Preparing || s.Desired.Running {
		t.Errorf("at %v, running desired: %v", s.Phase, s.Desired.Running)
	}
	await(t, e, "a program", isAt(Paused))
	if waited := (<-compiled).Sub(before); waited < o.HeadStart {
		t.Errorf("the first task waited for %v only", waited)
	}
}
