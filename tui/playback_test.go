package tui

import (
	"strings"
	"testing"
	"time"

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

// playback is the screen of a recorded profile.
func playback(t *testing.T, p *profile.Profile, net *resnet.Model, w, h int) *Model {
	t.Helper()
	e := start(t, live.Recording(p, net))
	s := New(Options{Engine: e})
	s.w, s.h = w, h
	await(t, e, "the recording", isAt(live.Paused))
	s.read()
	s.sample(true)
	s.refresh()
	return s
}

// TestPlayback: a recorded profile is there at once, with its times, when and where it
// was recorded and by what, and whether the machine was busy; keys of the engine say
// that nothing runs.
func TestPlayback(t *testing.T) {
	p, net := recordedProfile(t)
	p.Recorded, p.Version = time.Date(2026, 3, 4, 5, 6, 0, 0, time.Local), "1.2.3"
	p.Machine = &profile.Machine{Processors: 4, OthersCores: 2.5}
	p.SetCeilings(profile.Ceilings{GFLOPS: 100, GBPS: 10})
	s := playback(t, p, net, 200, 30)
	text := ansi.Strip(s.View().Content)
	for _, want := range []string{
		"cifar_resnet20", "recorded 2026-03-04 05:06", "version 1.2.3", "cpu Abacus", "the machine was busy",
		profile.Time.Figure(p.Total.MeanMS * 1e6).Number,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "paused") {
		t.Errorf("a recording is called paused:\n%s", text)
	}
	s.view = viewOf[*deviceView](s)
	text = plain(s)
	for _, want := range []string{"2026-03-04 05:06, by version 1.2.3", "measured on the machine of the recording", "used 2.50 of 4 cores"} {
		if !strings.Contains(text, want) {
			t.Errorf("the device lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "this machine") {
		t.Errorf("a recording is of this machine:\n%s", text)
	}
	s.view = s.layers
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
	if i := s.about.Device; i.Name != "Abacus" || i.Cores != 3 {
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

// TestPlaybackOfMeans: a file that has means only is headed so. It shows neither
// percentiles nor an interval nor a sparkline, for a kernel, a block and the net.
func TestPlaybackOfMeans(t *testing.T) {
	p, net := recordedProfile(t)
	p.Layers[3].SamplesMS = []float64{1, 7}
	s := playback(t, p.MeansOnly(), net, 200, 40)
	if text := plain(s); !strings.Contains(text, "  mean ") || strings.Contains(text, "time p50") {
		t.Errorf("means are shown as\n%s", text)
	}
	for _, path := range []string{"", "layer1.0", "layer1.0.conv1"} {
		s.list.selectPath(path)
		s.refresh()
		n := s.list.selected()
		if st := s.stats(n); st.p95 != 0 || st.min != 0 || st.half != 0 {
			t.Errorf("%s has %+v", n.ID, st)
		}
		var lines []string
		for _, l := range s.detail.timing(n) {
			if l.spark {
				t.Errorf("%s has a sparkline", n.ID)
			}
			lines = append(lines, strings.TrimSpace(l.label)+" "+l.text)
		}
		if want := "mean " + s.units.duration(s.list.tree.took(n)).String() + "|p50 –|p95 –|min –"; strings.Join(lines, "|") != want {
			t.Errorf("%s shows %q, want %q", n.ID, lines, want)
		}
	}
}

// TestPlaybackIsTheReport: times, shares and rates of a recording on the screen are
// those of its JSON, though the samples are fewer than the passes.
func TestPlaybackIsTheReport(t *testing.T) {
	p, net := recordedProfile(t)
	p.Runs = 500
	p.Total.TypicalMS, p.Total.OverheadTypicalMS = 0, 0.25
	for i := range p.Layers {
		l := &p.Layers[i]
		l.TypicalMS = l.MeanMS * (0.9 - 0.01*float64(i%5))
		p.Total.TypicalMS += l.TypicalMS
	}
	p.Total.TypicalMS += p.Total.OverheadTypicalMS
	s := playback(t, p, net, 160, 40)
	for k := range p.Layers {
		n := s.list.tree.order[k]
		if got, want := s.list.tree.took(n), time.Duration(p.Layers[n.Kernel].TypicalMS*1e6); max(got-want, want-got) > 1 {
			t.Errorf("%s takes %v on the screen, %v in the file", n.Path, got, want)
		}
	}
	root := s.list.tree.root
	if got, want := s.list.tree.took(root), time.Duration(p.Total.TypicalMS*1e6); max(got-want, want-got) > 1 || s.share(root) != 1 {
		t.Errorf("the net takes %v and %v of the pass, want %v", got, s.share(root), want)
	}
}
