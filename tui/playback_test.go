package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/internal/app/live"
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
		Schema: profile.Schema, Model: profile.Describe(m, "random, seed 1"), Mode: "eval", Fused: true,
		Input:  profile.Input{Shape: m.Root.In, Source: "random, seed 1"},
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
			Absorbed: absorbed, Path: op.Path, Call: op.Call, Pass: op.Pass.String(), Kind: op.Kind.String(),
			Kernel: "bead", MeanMS: ms, SamplesMS: []float64{ms, ms},
		})
		p.Total.MeanMS += ms
	}
	p.Total.SamplesMS = []float64{p.Total.MeanMS, p.Total.MeanMS}
	p.Loss = new(profile.Number(2.5))
	g := nn.BlockGradient{Path: "layer2.1", Out: 1, In: 5, Skip: 3, Branch: 4, HasSkip: true, HasBranch: true}
	p.Blocks = profile.BlockGrads([]nn.BlockGradient{g})
	return p, m
}

// TestPlayback: a recorded profile is there at once, live.Paused, with its times and
// its machine; keys of the engine say that nothing runs.
func TestPlayback(t *testing.T) {
	p, net := recordedProfile(t)
	e := start(t, live.Recording(p, net))
	s := New(Options{Engine: e})
	s.w, s.h = 120, 30
	await(t, e, "the recording", isAt(live.Paused))
	s.read()
	s.sample(true)
	s.refresh()
	text := ansi.Strip(s.View().Content)
	for _, want := range []string{"cifar_resnet20", "paused", profile.Time.Figure(p.Total.MeanMS * 1e6).Number} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen lacks %q:\n%s", want, text)
		}
	}
	for _, key := range []string{"space", "s", "]", "f", "b"} {
		s.notice = ""
		press(s, key)
		if !strings.Contains(s.notice, "no net here that could run") || s.sent != 0 {
			t.Errorf("%s: the notice is %q", key, s.notice)
		}
	}
	if d := s.desired; d.Batch != net.Config.Batch || d.Running || d.Backward {
		t.Errorf("the screen believes in %+v", d)
	}
	if i := s.about.Device; i.Name != "Abacus, recorded" || i.Cores != 3 {
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
