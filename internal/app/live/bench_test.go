package live

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"resnet-tui/internal/app"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// openBench opens a spec on the CPU.
func openBench(t *testing.T, spec app.Spec) *app.Bench {
	t.Helper()
	b, err := app.Service{}.Open(context.Background(), spec, app.Listener{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// lesioned is a spec of a small net with labels, a lesion and a backward pass.
func lesioned() app.Spec {
	return app.Spec{
		Net:     resnet.Config{Arch: "cifar_resnet8", Batch: 4, Height: 16, Width: 16},
		Lesions: []string{"layer2.0=drop-branch"},
		Input:   app.Input{Labels: []int{1, 0, 3, 9}},
		Run:     app.Run{Threads: 1},
		Step:    app.Step{Backward: true},
	}
}

// TestLiveAgreesWithARun: what the engine says of a bench, and what a report of one
// pass says, are the same.
func TestLiveAgreesWithARun(t *testing.T) {
	for _, mode := range []string{"", app.ModeEval, app.ModeTrain} {
		spec := lesioned()
		spec.Run.Mode = mode
		want, err := app.Service{}.Run(context.Background(), spec, app.RunOptions{}, app.Listener{})
		if err != nil {
			t.Fatal(err)
		}
		e := start(t, Of(openBench(t, spec), mode))
		s := await(t, e, "a pass with the lesion", func(s *State) bool {
			return s.Effect != nil && s.Gradients != nil && len(s.Actual.Lesions) == 1
		})
		e.Close()
		near(t, mode+" loss", s.Gradients.Loss, float64(*want.Loss))
		near(t, mode+" loss without the lesion", s.Effect.IntactLoss, float64(*want.Effect.IntactLoss))
		near(t, mode+" KL", s.Effect.KL(), float64(want.Effect.KL))
		if s.Effect.Moved != want.Effect.Moved || s.Effect.Right != *want.Effect.Correct || s.Effect.Labels != 4 {
			t.Errorf("mode %q: %+v, the report has %+v", mode, s.Effect.Change, want.Effect)
		}
		near(t, mode+" gradient", s.Gradients.Blocks[0].In, float64(want.Blocks[0].GradIn))
		topAgrees(t, s.Top[0], want.Output.Top[0][0])
		if trains := mode != app.ModeEval; s.Program.Train != trains {
			t.Errorf("mode %q: batch statistics %v", mode, s.Program.Train)
		}
	}
}

func topAgrees(t *testing.T, got Guess, want report.Guess) {
	t.Helper()
	if got.Class != want.Class {
		t.Errorf("the likeliest class is %d, want %d", got.Class, want.Class)
	}
	near(t, "probability", got.Probability, float64(want.P))
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-5*math.Abs(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestTwinHasItsOwnWeights, if the options open some.
func TestTwinHasItsOwnWeights(t *testing.T) {
	o := small(t, fake(nil))
	o.TwinWeights = "twin.safetensors"
	var opened string
	o.TwinSource = func(twin *resnet.Model) (tensor.Source, error) {
		opened = twin.Name
		return twin.Initial(7), nil
	}
	e := start(t, o)
	e.Send(SetTwin{true})
	s := await(t, e, "the twin", func(s *State) bool { return s.Twin != nil && s.Phase == Running })
	if opened != "cifar_plain20" || s.Notice != "cifar_plain20 has weights of its own: twin.safetensors" {
		t.Errorf("weights of %q, notice %q", opened, s.Notice)
	}
	o.TwinSource = func(*resnet.Model) (tensor.Source, error) { return nil, errFake }
	e = start(t, o)
	e.Send(SetTwin{true})
	s = await(t, e, "a notice", func(s *State) bool { return s.Notices > 0 })
	if !strings.Contains(s.Notice, errFake.Error()) || s.Desired.Twin {
		t.Errorf("notice %q, desired %v", s.Notice, s.Desired.Twin)
	}
}

// TestNetsWithoutATwin say so.
func TestNetsWithoutATwin(t *testing.T) {
	o := small(t, fake(nil))
	o.Model = build(t, "vgg11")
	o.Paused = true
	e := start(t, o)
	e.Send(SetTwin{true})
	s := await(t, e, "a notice", func(s *State) bool { return s.Notices > 0 })
	if s.Notice != "vgg11 has no twin" || s.Twin != nil {
		t.Errorf("notice %q", s.Notice)
	}
}

// TestNoWeightsAreReadAfterTheEnd: sources may be slow, and reading them ends early.
func TestNoWeightsAreReadAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m := build(t, "cifar_resnet20")
	source := endingSource{m.Initial(1), ctx}
	x := tensor.New(m.Params[0].Shape...)
	if err := source.Load(m.Params[0], x); err != nil || x.Data[0] == 0 {
		t.Fatalf("before: %v", err)
	}
	cancel()
	if err := source.Load(m.Params[0], x); !errors.Is(err, context.Canceled) {
		t.Errorf("after: %v", err)
	}
}

// brokenSource is a source whose parameters can't be read.
type brokenSource struct{ panics bool }

func (s brokenSource) Load(tensor.Param, *tensor.Tensor) error {
	if s.panics {
		panic("lost")
	}
	return errFake
}

// TestParametersThatCannotBeRead are left out; the fake device reads none.
func TestParametersThatCannotBeRead(t *testing.T) {
	for _, panics := range []bool{false, true} {
		o := small(t, fake(nil))
		o.Session.Source = brokenSource{panics}
		e := start(t, o)
		await(t, e, "a pass", ran(1))
		p := e.About().Model.Params[0]
		e.Send(InspectParam{p})
		e.Send(SetLesions{[]nn.Lesion{{Path: "layer1.0", Kind: nn.CutSkip}}})
		s := await(t, e, "a lesion", func(s *State) bool { return len(s.Actual.Lesions) == 1 && s.Answered == 2 })
		if len(s.Params) != 0 || s.Phase == Failed {
			t.Errorf("%s, parameters %v", s.Phase, s.Params)
		}
		if x := readParam(o.Session.Source, p); x.err == nil {
			t.Error("it was read")
		}
	}
}
