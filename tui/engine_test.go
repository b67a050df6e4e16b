package tui

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// start is an engine for a small net on a device, ended with the test.
func start(t *testing.T, d *fakeDevice, change func(*Options)) *engine {
	t.Helper()
	o := &Options{Model: build(t, "cifar_resnet20"), Device: d, Session: resnet.SessionOptions{Fuse: true, Seed: 1, Threads: 2}}
	if change != nil {
		change(o)
	}
	e := startEngine(context.Background(), o)
	t.Cleanup(e.close)
	return e
}

// await polls the engine's state until ok holds.
func await(t *testing.T, e *engine, what string, ok func(*state) bool) *state {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s := e.now.Load(); ok(s) {
			return s
		}
	}
	t.Fatalf("%s: not reached; the engine is at %+v", what, e.now.Load())
	return nil
}

func isAt(p phase) func(*state) bool { return func(s *state) bool { return s.phase == p } }

func TestEngineRunsAndPauses(t *testing.T) {
	e := start(t, &fakeDevice{}, nil)
	s := await(t, e, "passes", func(s *state) bool { return s.phase == running && s.program.recorder.Passes() > 3 })
	e.send(wishRun)
	await(t, e, "pause", isAt(paused))
	n := s.program.recorder.Passes()
	time.Sleep(20 * time.Millisecond)
	if now := s.program.recorder.Passes(); now != n {
		t.Errorf("%d passes ran while paused", now-n)
	}
	e.send(wishRun)
	await(t, e, "passes again", func(s *state) bool { return s.phase == running && s.program.recorder.Passes() > n })
}

func TestEngineStepsLayerByLayer(t *testing.T) {
	e := start(t, &fakeDevice{}, func(o *Options) { o.Paused = true })
	await(t, e, "pause", isAt(paused))
	layers := len(e.opts.Model.Layers)
	for i := range layers + 1 {
		e.send(wishStep)
		s := await(t, e, "step", func(s *state) bool { return s.phase == stepping && s.step != nil && s.step.ordinal == i%layers+1 })
		if s.step.layer != i%layers || s.step.count != layers {
			t.Fatalf("step %d ran layer %d of %d", i, s.step.layer, s.step.count)
		}
		if mo, ok := s.step.moments[s.step.layer]; !ok || mo != (moments{0.5, 1.5}) {
			t.Fatalf("step %d left moments %v %v", i, mo, ok)
		}
		if want := i%layers + 1; len(s.step.moments) != want {
			t.Fatalf("after step %d: moments of %d layers, want %d", i, len(s.step.moments), want)
		}
	}
	e.send(wishRun)
	s := await(t, e, "run", func(s *state) bool { return s.phase == running && s.program.recorder.Passes() > 0 })
	if !s.program.fused || s.step != nil {
		t.Errorf("after stepping: fused %v, step %v", s.program.fused, s.step)
	}
}

func TestEngineChangesBatchAndFusion(t *testing.T) {
	e := start(t, &fakeDevice{}, nil)
	await(t, e, "run", isAt(running))
	for range 3 {
		e.send(wishLarger)
	}
	s := await(t, e, "batch 8", func(s *state) bool { return s.phase == running && s.program.model.Config.Batch == 8 })
	fused := len(s.program.lowered.Groups)
	e.send(wishFuse)
	s = await(t, e, "no fuse", func(s *state) bool { return s.phase == running && !s.program.fused })
	if n := len(s.program.lowered.Groups); n <= fused {
		t.Errorf("%d kernels unfused, %d fused", n, fused)
	}
	e.send(wishSmaller)
	await(t, e, "batch 4", func(s *state) bool {
		return s.phase == running && s.program.model.Config.Batch == 4 && !s.program.fused
	})
}

func TestEngineRefusesWhatDoesNotFit(t *testing.T) {
	e := start(t, &fakeDevice{memory: 102 << 20}, nil)
	await(t, e, "run", isAt(running))
	for range 8 {
		e.send(wishLarger)
	}
	s := await(t, e, "notice", func(s *state) bool { return s.notice != "" && s.phase == running })
	if !strings.Contains(s.notice, "does not fit") || !strings.Contains(s.notice, "at most") {
		t.Errorf("notice %q", s.notice)
	}
	if b := s.program.model.Config.Batch; b >= 256 {
		t.Errorf("batch %d runs", b)
	}
	n := s.program.recorder.Passes()
	await(t, e, "it goes on", func(s *state) bool { return s.program.recorder.Passes() > n })
}

func TestEngineErrorsAreStates(t *testing.T) {
	for name, d := range map[string]*fakeDevice{"compile": {refuse: errFake}, "run": {broken: errFake}, "panic": {panics: true}} {
		e := start(t, d, nil)
		s := await(t, e, name, isAt(failed))
		if s.err == nil || name != "panic" && !errors.Is(s.err, errFake) {
			t.Errorf("%s: error %v", name, s.err)
		}
		for _, w := range []wish{wishRun, wishStep, wishLarger, wishFuse} {
			e.send(w) // does nothing, and no harm
		}
	}
}

func TestEngineEndsPromptly(t *testing.T) {
	d := &fakeDevice{pace: 5 * time.Millisecond}
	e := start(t, d, nil)
	await(t, e, "run", isAt(running))
	began := time.Now()
	e.close()
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

func TestWishesInterruptAPass(t *testing.T) {
	e := start(t, &fakeDevice{pace: 20 * time.Millisecond}, nil) // some 700 ms a pass
	await(t, e, "run", isAt(running))
	began := time.Now()
	e.send(wishRun)
	await(t, e, "pause", isAt(paused))
	if took := time.Since(began); took > 300*time.Millisecond {
		t.Errorf("pausing took %v", took)
	}
}

func TestInputFollowsTheBatch(t *testing.T) {
	m := build(t, "cifar_resnet20")
	given := tensor.New(1, 3, 32, 32)
	for i := range given.Data {
		given.Data[i] = float32(i)
	}
	o := Options{Model: m, Input: given}
	if got := o.input(m); got != given {
		t.Error("an input of the right shape is not used as it is")
	}
	c := m.Config
	c.Batch = 3
	bigger, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	got := o.input(bigger)
	for i, v := range got.Data {
		if v != given.Data[i%len(given.Data)] {
			t.Fatalf("element %d of the repeated input is %v", i, v)
		}
	}
}

func TestGuesses(t *testing.T) {
	g := guesses([]float32{0, 3, 1}, []string{"a", "b", "c"}, 2)
	if len(g) != 2 || g[0].label != "b" || g[1].label != "c" || g[0].p < 0.84 || g[0].p > 0.85 {
		t.Errorf("guesses are %v", g)
	}
	if g := guesses([]float32{0, 1}, []string{"a"}, 1); g[0].label != "class 1" {
		t.Errorf("labels of another net are used: %v", g)
	}
	nan := float32(0)
	if g := guesses([]float32{1, nan / nan}, nil, 1); g != nil {
		t.Errorf("logits that are not finite give %v", g)
	}
}

func TestWeightsAreLookedAt(t *testing.T) {
	e := start(t, &fakeDevice{}, nil)
	await(t, e, "run", isAt(running))
	w := weightOf(e.opts.Model, newTree(e.opts.Model, e.opts.Model, lower(t, e.opts.Model, resnet.LowerOptions{})).byLayer[0])
	e.inspect(*w)
	s := await(t, e, "moments", func(s *state) bool { return len(s.weights) == 1 })
	mo := s.weights["conv1.weight"]
	want := math.Sqrt(2.0 / (9 * 16)) // He initialisation, fan out
	if math.Abs(mo.mean) > 0.03 || math.Abs(mo.std/want-1) > 0.1 {
		t.Errorf("conv1.weight has %v, want a deviation of %v", mo, want)
	}
}
