package tui

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// start is an engine for a small net on a device, ended with the test.
func start(t *testing.T, d *tensortest.Fake, change func(*Options)) *engine {
	t.Helper()
	o := &Options{Model: build(t, "cifar_resnet20"), Device: d, Session: nn.SessionOptions{Fuse: true, Seed: 1, Threads: 2}}
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
	e := start(t, fake(nil), nil)
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
	e := start(t, fake(nil), func(o *Options) { o.Paused = true })
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
	e := start(t, fake(nil), nil)
	await(t, e, "run", isAt(running))
	for range 3 {
		e.send(wishLarger)
	}
	s := await(t, e, "batch 8", func(s *state) bool { return s.phase == running && s.program.model.Batch() == 8 })
	fused := len(s.program.kernels)
	e.send(wishFuse)
	s = await(t, e, "no fuse", func(s *state) bool { return s.phase == running && !s.program.fused })
	if n := len(s.program.kernels); n <= fused {
		t.Errorf("%d kernels unfused, %d fused", n, fused)
	}
	e.send(wishSmaller)
	await(t, e, "batch 4", func(s *state) bool {
		return s.phase == running && s.program.model.Batch() == 4 && !s.program.fused
	})
}

func TestEngineRefusesWhatDoesNotFit(t *testing.T) {
	e := start(t, fake(func(d *tensortest.Fake) { d.About.Memory = 102 << 20 }), nil)
	await(t, e, "run", isAt(running))
	for range 8 {
		e.send(wishLarger)
	}
	s := await(t, e, "notice", func(s *state) bool { return s.notice != "" && s.phase == running })
	if !strings.Contains(s.notice, "does not fit") || !strings.Contains(s.notice, "at most") {
		t.Errorf("notice %q", s.notice)
	}
	if b := s.program.model.Batch(); b >= 256 {
		t.Errorf("batch %d runs", b)
	}
	n := s.program.recorder.Passes()
	await(t, e, "it goes on", func(s *state) bool { return s.program.recorder.Passes() > n })
}

func TestEngineErrorsAreStates(t *testing.T) {
	for name, script := range map[string]func(d *tensortest.Fake){
		"compile": func(d *tensortest.Fake) { d.CompileError = errFake },
		"run":     func(d *tensortest.Fake) { d.RunError = errFake },
		"panic":   func(d *tensortest.Fake) { d.RunPanic = "a kernel lost its way" },
	} {
		e := start(t, fake(script), nil)
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
	d := fake(func(d *tensortest.Fake) { d.Delay = 5 * time.Millisecond })
	e := start(t, d, nil)
	await(t, e, "run", isAt(running))
	began := time.Now()
	e.close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestWishesInterruptAPass(t *testing.T) {
	e := start(t, fake(func(d *tensortest.Fake) { d.Delay = 300 * time.Millisecond }), nil) // some ten seconds a pass
	await(t, e, "run", isAt(running))
	began := time.Now()
	e.send(wishRun)
	await(t, e, "pause", isAt(paused))
	if took := time.Since(began); took > 5*time.Second {
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
	if got := o.input(m.Model); got != given {
		t.Error("an input of the right shape is not used as it is")
	}
	c := m.Config
	c.Batch = 3
	bigger, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	got := o.input(bigger.Model)
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
	e := start(t, fake(nil), nil)
	await(t, e, "run", isAt(running))
	w := weightOf(e.opts.Model.Model, plannedTree(t, e.opts.Model, nn.Pass{}, false).byLayer[0])
	e.inspect(*w)
	s := await(t, e, "moments", func(s *state) bool { return len(s.weights) == 1 })
	mo := s.weights["conv1.weight"]
	want := math.Sqrt(2.0 / (9 * 16)) // He initialisation, fan out
	if math.Abs(mo.mean) > 0.03 || math.Abs(mo.std/want-1) > 0.1 {
		t.Errorf("conv1.weight has %v, want a deviation of %v", mo, want)
	}
}

func TestEngineRunsBackward(t *testing.T) {
	e := start(t, fake(nil), nil)
	await(t, e, "run", isAt(running))
	e.send(wishBackward)
	s := await(t, e, "gradients", func(s *state) bool { return s.back && s.grads != nil })
	g, ok := s.grads.of("layer1.0") // the fake's norms are 0.5, 1.5, 2.5 …
	if !ok || len(s.grads.blocks) != 9 || g.Branch != 0.5 || g.Skip != 1.5 || s.grads.loss != 0.5 {
		t.Errorf("loss %v, %d blocks, layer1.0 has %+v", s.grads.loss, len(s.grads.blocks), g)
	}
	if s.grads.params["conv1.weight"] != 0.5 || s.grads.labels != "seeded labels" {
		t.Errorf("norms %v of %s", s.grads.params["conv1.weight"], s.grads.labels)
	}
	tree := s.program.tree()
	if n := tree.byLayer[0]; !tree.runsBack() || len(n.Flat.After()) == 0 {
		t.Errorf("the first layer has the kernels %v of a backward pass", n.Flat.After())
	}
	e.send(wishBackward)
	await(t, e, "forward alone", func(s *state) bool { return s.phase == running && !s.back && s.grads == nil })
}

func TestEngineKeepsATwin(t *testing.T) {
	e := start(t, fake(nil), nil)
	await(t, e, "run", isAt(running))
	e.send(wishTwin)
	s := await(t, e, "twin", func(s *state) bool { return s.twin != nil && s.twin.program.recorder.Passes() > 2 })
	if name := s.twin.program.model.Name; name != "cifar_plain20" {
		t.Errorf("the twin is %s", name)
	}
	e.send(wishBackward)
	e.send(wishLarger)
	s = await(t, e, "its gradients", func(s *state) bool { return s.twin != nil && s.twin.grads != nil && s.twin.grads.batch == 2 })
	if g, ok := s.twin.grads.of("layer2.0"); !ok || g.HasSkip || !g.HasBranch {
		t.Errorf("the plain twin's layer2.0 has %+v", g)
	}
	e.send(wishTwin)
	await(t, e, "no twin", func(s *state) bool { return s.twin == nil && s.phase == running })
}

func TestEngineRefusesATwinThatDoesNotFit(t *testing.T) {
	e := start(t, fake(func(d *tensortest.Fake) { d.About.Memory = 150 << 20 }), nil)
	await(t, e, "run", isAt(running))
	e.send(wishTwin)
	s := await(t, e, "notice", func(s *state) bool { return s.notice != "" })
	if !strings.Contains(s.notice, "both nets together do not fit") || s.twin != nil {
		t.Errorf("notice %q", s.notice)
	}
	await(t, e, "it goes on", isAt(running))
}

func TestEngineOperates(t *testing.T) {
	e := start(t, fake(nil), nil)
	s := await(t, e, "run", func(s *state) bool { return s.phase == running && s.program.recorder.Passes() > 3 })
	intact := s.program
	drop := nn.Lesion{Path: "layer2.1", Kind: nn.DropBranch}
	half := nn.Lesion{Path: "layer1.0", Kind: nn.ScaleBranch, Alpha: 0.5}
	post(e.surgery, []nn.Lesion{drop, half})
	e.cut()
	s = await(t, e, "lesions", func(s *state) bool { return len(s.lesions) == 2 && s.effect != nil })
	gone := 0
	for _, n := range s.program.tree().byBlock["layer2.1"].children {
		if n.Gone && n.Kernel < 0 {
			gone += len(n.Layers)
		}
	}
	if gone != 5 {
		t.Errorf("%d layers of the branch are gone", gone)
	}
	if f := s.effect; f.Images != 1 || f.Moved != 0 || f.KL() != 0 || f.Labels != 0 || f.wall <= 0 { // the fake's logits never change
		t.Errorf("effect %+v", f)
	}
	p := s.program
	half.Alpha = 0.25
	post(e.surgery, []nn.Lesion{drop, half})
	e.cut()
	s = await(t, e, "another α", func(s *state) bool { return len(s.lesions) == 2 && s.lesions[1].Alpha == 0.25 && s.phase == running })
	if s.program != p {
		t.Error("another α compiles another program")
	}
	post(e.surgery, nil)
	e.cut()
	s = await(t, e, "mended", func(s *state) bool { return len(s.lesions) == 0 && s.phase == running && s.program != p })
	if n, was := len(s.program.kernels), len(intact.kernels); n != was {
		t.Errorf("%d kernels after mending, %d before", n, was)
	}
}

func TestEngineTakesABaselineWhenLesionsComeFirst(t *testing.T) {
	e := start(t, fake(nil), func(o *Options) { o.Paused = true })
	await(t, e, "pause", isAt(paused))
	post(e.surgery, []nn.Lesion{{Path: "layer2.1", Kind: nn.CutSkip}})
	e.cut()
	await(t, e, "lesion", func(s *state) bool { return len(s.lesions) == 1 && s.phase == paused })
	e.send(wishLarger)
	e.send(wishRun)
	s := await(t, e, "effect", func(s *state) bool { return s.effect != nil && s.effect.Images == 2 })
	if s.effect.wall != 0 {
		t.Errorf("a pass that was not timed took %v", s.effect.wall)
	}
}

func TestEngineTracesPaths(t *testing.T) {
	e := start(t, fake(nil), func(o *Options) { o.Paused, o.Paths = true, 4 })
	await(t, e, "pause", isAt(paused))
	e.send(wishPaths)
	s := await(t, e, "paths", func(s *state) bool { return s.paths != nil && s.phase == paused })
	if s.grads == nil || !s.back {
		t.Error("path lengths come without a backward pass")
	}
	if len(s.paths) != 10 || s.paths[0].Block != nn.PathsInput || len(s.paths[0].Branches) != 4 || !s.paths[0].HasRest {
		t.Errorf("%d spectra, the first %+v", len(s.paths), s.paths[0])
	}
	e.send(wishLarger)
	await(t, e, "another batch", func(s *state) bool { return s.phase == paused && s.paths == nil })
}

func TestWishesInterruptPaths(t *testing.T) {
	e := start(t, fake(func(d *tensortest.Fake) { d.Delay = 2 * time.Millisecond }), func(o *Options) { o.Paused = true })
	await(t, e, "pause", isAt(paused))
	e.send(wishPaths)
	await(t, e, "tracing", isAt(tracing))
	e.send(wishStep)
	s := await(t, e, "step", func(s *state) bool { return s.step != nil })
	if s.paths != nil {
		t.Errorf("an interrupted run leaves %d spectra", len(s.paths))
	}
}

func TestEngineStartsWithLesionsAndGradients(t *testing.T) {
	drop := nn.Lesion{Path: "layer2.1", Kind: nn.DropBranch}
	hurt, err := resnet.Build(build(t, "cifar_resnet20").Config, []nn.Lesion{drop}...)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Model: hurt, Device: fake(nil), Session: nn.SessionOptions{Pass: nn.Pass{Backward: &nn.Backward{}, Probes: []nn.Probe{probeFlows}}, Fuse: true}}
	m, err := New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.engine.close()
	s := await(t, m.engine, "gradients with the lesion", func(s *state) bool { return s.grads != nil && len(s.lesions) == 1 && s.effect != nil })
	if len(s.program.model.Unlesioned().Lesions) != 0 || s.effect.Images != 1 {
		t.Errorf("the whole net has the lesions %v", s.program.model.Unlesioned().Lesions)
	}
	m.Update(engineMsg{})
	press(m, "X")
	await(t, m.engine, "mended", func(s *state) bool { return len(s.lesions) == 0 && s.grads != nil && s.effect == nil })
}
