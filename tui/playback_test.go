package tui

import (
	"context"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// recordedProfile is a profile of a small net whose rows take 1, 2, 3 … ms.
func recordedProfile(t *testing.T) (*profile.Profile, *resnet.Model) {
	t.Helper()
	m := build(t, "cifar_resnet20")
	l := lower(t, m.Model, nn.Pass{})
	p := &profile.Profile{
		Schema: profile.Schema, Model: profile.Describe(m, "random, seed 1"), Input: profile.Input{Shape: m.Root.In, Source: "random, seed 1"}, Mode: "eval", Fused: true,
		Device: profile.Device{ID: "cpu", Name: "Abacus", Threads: 3, Kernels: "beads", Precision: "fp32"},
	}
	for i, k := range fake(nil).Program(l.Plan, true).Kernels() {
		op := l.Plan.Ops[k.Op]
		ms := float64(i + 1)
		var absorbed []string
		for _, i := range k.Absorbed {
			absorbed = append(absorbed, l.Plan.Ops[i].Path)
		}
		p.Layers = append(p.Layers, profile.LayerRow{
			Absorbed: absorbed, Path: op.Path, Call: op.Call, Pass: op.Pass.String(), Kind: op.Kind.String(), Kernel: "bead", MeanMS: ms, SamplesMS: []float64{ms, ms},
		})
		p.Total.MeanMS += ms
	}
	p.Total.SamplesMS = []float64{p.Total.MeanMS, p.Total.MeanMS}
	p.Loss = new(profile.Number(2.5))
	p.Blocks = profile.BlockGrads([]nn.BlockGradient{{Path: "layer2.1", Out: 1, In: 5, Skip: 3, Branch: 4, HasSkip: true, HasBranch: true}})
	return p, m
}

// TestPlayback: a recorded profile is there at once, paused, with its times and
// its machine; wishes are answered, and nothing runs.
func TestPlayback(t *testing.T) {
	p, net := recordedProfile(t)
	s, err := New(context.Background(), Options{Model: net, Recorded: p, Session: nn.SessionOptions{Fuse: true, Threads: 3}, Weights: "random, seed 1"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.engine.close()
	s.w, s.h = 120, 30
	await(t, s.engine, "the recording", isAt(paused))
	s.read()
	s.sample(true)
	s.refresh()
	text := ansi.Strip(s.View().Content)
	for _, want := range []string{"cifar_resnet20", "paused", profile.Time.Figure(p.Total.MeanMS * 1e6).Number} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen lacks %q:\n%s", want, text)
		}
	}
	for _, w := range []wish{wishRun, wishStep, wishLarger, wishFuse} {
		s.engine.send(w)
	}
	await(t, s.engine, "an answer", func(s *state) bool { return strings.Contains(s.notice, "nothing runs") && s.phase == paused })
	if i := s.opts.Device.Info(); i.Name != "Abacus, recorded" || i.Cores != 3 {
		t.Errorf("the machine is %+v", i)
	}
	for _, v := range s.views {
		s.view = v
		if strings.TrimSpace(plain(s)) == "" {
			t.Errorf("%s is empty", v.title())
		}
	}
	s.view = viewOf[*gradientsView](s)
	if text := plain(s); !strings.Contains(text, "loss 2.5") || !strings.Contains(text, "layer2.1") {
		t.Errorf("no recorded gradients on\n%s", text)
	}
}

// TestPlaybackOfOtherRows: a profile of other rows is an error on the screen.
func TestPlaybackOfOtherRows(t *testing.T) {
	p, net := recordedProfile(t)
	p.Layers = p.Layers[1:]
	e := start(t, nil, func(o *Options) { o.Model, o.Device, o.Recorded = net, nil, p })
	await(t, e, "failure", func(s *state) bool { return s.phase == failed && s.err != nil })
}
