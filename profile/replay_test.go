package profile

import (
	"errors"
	"math"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// TestReplay: a profile of a net comes back as the passes that were recorded,
// from its samples or, without them, from its means.
func TestReplay(t *testing.T) {
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet8", Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(nn.Pass{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeRunner{model: m.Model, lowered: l, kernels: kernelsOf(t, l, true), walls: []time.Duration{time.Second}}
	r := NewRecorder(l, f.kernels, 3)
	for pass := range 3 {
		playPass(r, time.Duration(pass+1)*time.Millisecond)
	}
	p, err := newProfile(f, r)
	if err != nil {
		t.Fatal(err)
	}
	p.Model, p.Input = Describe(m, ""), Input{Shape: m.Root.In}
	c, err := p.Config()
	if err != nil || c.Arch != "cifar_resnet8" || c.Batch != 2 {
		t.Fatalf("%+v (%v)", c, err)
	}
	var want, got Snapshot
	r.Snapshot(&want)
	replay, err := NewReplay(p, m.Model)
	if err != nil {
		t.Fatal(err)
	}
	replay.Recorder.Snapshot(&got)
	if got.Passes != 3 || got.Wall.P50 != want.Wall.P50 || got.Kernels[2].P95 != want.Kernels[2].P95 {
		t.Errorf("%+v, want %+v", got.Wall, want.Wall)
	}
	p.Total.SamplesMS = nil
	for i := range p.Layers {
		p.Layers[i].SamplesMS = nil
	}
	if replay, err = NewReplay(p, m.Model); err != nil {
		t.Fatal(err)
	}
	replay.Recorder.Snapshot(&got)
	if got.Passes != 1 || math.Abs(float64(got.Wall.Last)/1e6-p.Total.MeanMS) > 1e-6 {
		t.Errorf("of means: %+v", got.Wall)
	}
	p.Layers[3].Path = "elsewhere"
	if _, err := NewReplay(p, m.Model); !errors.Is(err, errOtherRows) {
		t.Errorf("other rows: %v", err)
	}
	p.Layers = p.Layers[1:]
	if _, err := NewReplay(p, m.Model); !errors.Is(err, errOtherRows) {
		t.Errorf("too few rows: %v", err)
	}
}

// playPass plays a pass whose kernels take d each.
func playPass(r *Recorder, d time.Duration) {
	replay := Replay{Lowered: r.lowered, Kernels: r.kernels, Recorder: r}
	replay.play(float64(len(r.kernels)+1)*float64(d)/1e6, func(int) float64 { return float64(d) / 1e6 })
}
