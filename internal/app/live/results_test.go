package live

import (
	"math"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

func TestLikeliest(t *testing.T) {
	g := likeliest([]float32{0, 3, 1}, 2)
	if len(g) != 2 || g[0].Class != 1 || g[1].Class != 2 || g[0].Probability < 0.84 || g[0].Probability > 0.85 {
		t.Errorf("guesses are %v", g)
	}
	if g := likeliest([]float32{1, float32(math.NaN())}, 1); g != nil {
		t.Errorf("logits that are not finite give %v", g)
	}
}

func TestParametersAreInspected(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	await(t, e, "a pass", ran(1))
	e.Send(InspectParam{e.About().Model.Params[0]})
	s := await(t, e, "moments", func(s *State) bool { return len(s.Params) == 1 })
	m, want := s.Params["conv1.weight"], math.Sqrt(2.0/(9*16)) // He initialisation, fan out
	if math.Abs(m.Mean) > 0.03 || math.Abs(m.Std/want-1) > 0.1 {
		t.Errorf("conv1.weight has %v, want a deviation of %v", m, want)
	}
}

func TestBackward(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	await(t, e, "a pass", ran(1))
	e.Send(SetBackward{true})
	s := await(t, e, "gradients", func(s *State) bool { return s.Actual.Backward && s.Gradients != nil })
	g, ok := s.Gradients.Block("layer1.0") // the fake's norms are 0.5, 1.5, 2.5 …
	if !ok || len(s.Gradients.Blocks) != 9 || g.Branch != 0.5 || g.Skip != 1.5 || s.Gradients.Loss != 0.5 {
		t.Errorf("loss %v, %d blocks, layer1.0 has %+v", s.Gradients.Loss, len(s.Gradients.Blocks), g)
	}
	if s.Gradients.Params["conv1.weight"] != 0.5 || s.Gradients.Labels != "seeded labels" {
		t.Errorf("norms %v of %s", s.Gradients.Params["conv1.weight"], s.Gradients.Labels)
	}
	e.Send(SetBackward{false})
	await(t, e, "forward alone", func(s *State) bool {
		return s.Phase == Running && !s.Actual.Backward && s.Gradients == nil
	})
}

func TestTwin(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	await(t, e, "a pass", ran(1))
	e.Send(SetTwin{true})
	s := await(t, e, "the twin", func(s *State) bool { return s.Twin != nil && s.Twin.Program.Recorder.Passes() > 2 })
	if name := s.Twin.Program.Model.Name; name != "cifar_plain20" || !s.Actual.Twin {
		t.Errorf("the twin is %s", name)
	}
	if len(s.Twin.Responses) == 0 || len(s.Twin.NetResponses) != len(s.Twin.Responses) {
		t.Errorf("%d and %d responses", len(s.Twin.Responses), len(s.Twin.NetResponses))
	}
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer2.1", Kind: nn.DropBranch}}})
	lesioned := await(t, e, "a lesion", func(s *State) bool { return len(s.Actual.Lesions) == 1 && s.Phase == Running })
	if lesioned.Twin.Program != s.Twin.Program {
		t.Error("a lesion of the net compiles the twin")
	}
	e.Send(SetBackward{true})
	e.Send(SetBatch{2})
	s = await(t, e, "its gradients", func(s *State) bool {
		return s.Twin != nil && s.Twin.Gradients != nil && s.Twin.Gradients.Batch == 2
	})
	if g, ok := s.Twin.Gradients.Block("layer2.0"); !ok || g.HasSkip || !g.HasBranch {
		t.Errorf("the plain twin's layer2.0 has %+v", g)
	}
	e.Send(SetTwin{false})
	await(t, e, "no twin", func(s *State) bool { return s.Twin == nil && !s.Actual.Twin && s.Phase == Running })
}

// TestTwinThatDoesNotFit is stopped; the rest of the request holds.
func TestTwinThatDoesNotFit(t *testing.T) {
	e := start(t, small(t, fake(func(d *device) { d.About.Memory = 150 << 20 })))
	await(t, e, "a pass", ran(1))
	e.Send(SetTwin{true})
	e.Send(SetBatch{2})
	s := await(t, e, "a notice", func(s *State) bool { return s.Notice != "" && s.Phase == Running })
	const want = "the twin cifar_plain20: both nets together do not fit into 157 MB"
	if s.Notice != want || s.Twin != nil || s.Desired.Twin || s.Actual.Twin {
		t.Errorf("notice %q, twin %v", s.Notice, s.Twin)
	}
	if s.Actual.Batch != 2 || s.Program.Model.Batch() != 2 {
		t.Errorf("batch %d runs as %d", s.Program.Model.Batch(), s.Actual.Batch)
	}
}

// TestStepsStopTheTwin: it comes back with the next run.
func TestStepsStopTheTwin(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	e.Send(SetTwin{true})
	await(t, e, "the twin", func(s *State) bool { return s.Twin != nil && s.Phase == Running })
	e.Send(StepLayer{})
	s := await(t, e, "a step", func(s *State) bool { return s.Step != nil })
	if s.Twin != nil || s.Actual.Twin || !s.Desired.Twin {
		t.Errorf("the twin is %v, desired %v", s.Twin, s.Desired.Twin)
	}
	e.Send(Run{})
	await(t, e, "the twin again", func(s *State) bool { return s.Twin != nil && s.Phase == Running })
}

func TestLesions(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	s := await(t, e, "passes", ran(4))
	intact := s.Program
	drop := nn.Lesion{Path: "layer2.1", Kind: nn.DropBranch}
	half := nn.Lesion{Path: "layer1.0", Kind: nn.ScaleBranch, Alpha: 0.5}
	e.Send(SetLesions{[]nn.Lesion{drop, half}})
	s = await(t, e, "lesions", func(s *State) bool { return len(s.Actual.Lesions) == 2 && s.Effect != nil })
	for _, op := range s.Program.Lowered.Plan.Ops {
		if op.Path == "layer2.1.conv1" {
			t.Error("the branch that was dropped runs")
		}
	}
	f := s.Effect // the fake's logits never change
	if f.Images != 1 || f.Moved != 0 || f.KL() != 0 || f.Labels != 0 || f.Time.String() == profile.Dash || !math.IsNaN(f.IntactLoss) {
		t.Errorf("effect %+v", f)
	}
	p := s.Program
	half.Alpha = 0.25
	e.Send(SetLesions{[]nn.Lesion{drop, half}})
	s = await(t, e, "another factor", func(s *State) bool {
		return len(s.Actual.Lesions) == 2 && s.Actual.Lesions[1].Alpha == 0.25 && s.Phase == Running
	})
	if s.Program != p {
		t.Error("another factor compiles another program")
	}
	e.Send(SetLesions{})
	s = await(t, e, "no lesions", func(s *State) bool {
		return len(s.Actual.Lesions) == 0 && s.Phase == Running && s.Program != p
	})
	if n, was := len(s.Program.Kernels), len(intact.Kernels); n != was || s.Effect != nil {
		t.Errorf("%d kernels afterwards, %d before; effect %v", n, was, s.Effect)
	}
}

// TestLesionsBeforeAnyPass: the net without them runs once, to compare with.
func TestLesionsBeforeAnyPass(t *testing.T) {
	e := startPaused(t, fake(nil))
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer2.1", Kind: nn.CutSkip}}})
	await(t, e, "a lesion", func(s *State) bool { return len(s.Actual.Lesions) == 1 && s.Phase == Paused })
	e.Send(SetBatch{2})
	e.Send(Run{})
	s := await(t, e, "an effect", func(s *State) bool { return s.Effect != nil && s.Effect.Images == 2 })
	if s.Effect.Time == nil {
		t.Errorf("the effect on time is %v", s.Effect.Time)
	}
}

// TestFreezeTakesNoTime: a lesion that changes no computation has no effect on time,
// whatever the machine does meanwhile.
func TestFreezeTakesNoTime(t *testing.T) {
	e := start(t, small(t, fake(nil)))
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer1.0", Kind: nn.Freeze}}})
	s := await(t, e, "an effect", func(s *State) bool { return s.Effect != nil })
	if s.Effect.Time == nil || !s.Effect.Time.SameKernels || s.Effect.Time.Interval != nil {
		t.Errorf("freezing in a forward pass: %+v", s.Effect.Time)
	}
}

func TestLesionsThatCannotBeAreRejected(t *testing.T) {
	e := startPaused(t, fake(nil))
	e.Send(SetLesions{[]nn.Lesion{{Path: "layer9.9", Kind: nn.CutSkip}}})
	s := await(t, e, "a notice", func(s *State) bool { return s.Notice != "" })
	if len(s.Desired.Lesions) != 0 || s.Phase != Paused {
		t.Errorf("%s with %v", s.Phase, s.Desired.Lesions)
	}
}

func TestPaths(t *testing.T) {
	o := small(t, fake(nil))
	o.Paused, o.Paths = true, 4
	e := start(t, o)
	e.Send(TracePaths{})
	s := await(t, e, "paths", func(s *State) bool { return s.Paths != nil && s.Phase == Paused })
	if s.Gradients == nil || !s.Actual.Backward {
		t.Error("path lengths come without a backward pass")
	}
	if len(s.Paths) != 10 || s.Paths[0].Block != nn.PathsInput || len(s.Paths[0].Branches) != 4 || !s.Paths[0].HasRest {
		t.Errorf("%d spectra, the first %+v", len(s.Paths), s.Paths[0])
	}
	e.Send(SetBatch{2})
	await(t, e, "another batch", func(s *State) bool { return s.Phase == Paused && s.Paths == nil })
}

// TestRequestsCallPathsOff, and say so.
func TestRequestsCallPathsOff(t *testing.T) {
	e := startPaused(t, fake(slow(2*time.Millisecond)))
	e.Send(TracePaths{})
	await(t, e, "tracing", isAt(Tracing))
	e.Send(Pause{})
	s := await(t, e, "a pause", isAt(Paused))
	if s.Paths != nil || s.Notice != "path lengths: interrupted" {
		t.Errorf("%d spectra, notice %q", len(s.Paths), s.Notice)
	}
}

// TestStartWithLesionsAndGradients: what the options have can be undone.
func TestStartWithLesionsAndGradients(t *testing.T) {
	o := small(t, fake(nil))
	o.Model = build(t, "cifar_resnet20", nn.Lesion{Path: "layer2.1", Kind: nn.DropBranch})
	o.Session.Backward = &nn.Backward{}
	e := start(t, o)
	if n := len(e.About().Model.Lesions); n != 0 {
		t.Errorf("the net without lesions has %d", n)
	}
	s := await(t, e, "gradients with the lesion", func(s *State) bool {
		return s.Gradients != nil && len(s.Actual.Lesions) == 1 && s.Effect != nil
	})
	if s.Effect.Images != 1 || math.IsNaN(s.Effect.IntactLoss) || s.Effect.IntactGrads == nil {
		t.Errorf("the effect is %+v", s.Effect)
	}
	e.Send(SetLesions{})
	await(t, e, "no lesion", func(s *State) bool {
		return len(s.Actual.Lesions) == 0 && s.Gradients != nil && s.Effect == nil
	})
}
