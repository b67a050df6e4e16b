package profile

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor/tensortest"
)

// TestReplay: a profile is replayed as the passes that were recorded, from its
// samples or, without them, from its means.
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
	if got.Statistic() != Typical || got.TimeOf(&got.Kernels[1]) != want.Kernels[1].Typical {
		t.Errorf("a kernel takes %v, want %v", got.TimeOf(&got.Kernels[1]), want.Kernels[1].Typical)
	}
	p = p.MeansOnly()
	if replay, err = NewReplay(p, m.Model); err != nil {
		t.Fatal(err)
	}
	replay.Recorder.Snapshot(&got)
	sum := got.Sum([]int{0, 1})
	if got.Statistic() != Mean || got.TimeOf(&got.Wall) != nanoseconds(p.Total.MeanMS) ||
		got.TimeOf(&sum) != nanoseconds(p.Layers[0].MeanMS+p.Layers[1].MeanMS) {
		t.Errorf("of means: %s, %+v", got.Statistic(), got.Wall)
	}
	if got.Wall.N != 0 || got.Wall.P95 != 0 || got.Wall.Min != 0 || got.ErrorOf(&got.Wall) != 0 {
		t.Errorf("means alone give %+v", got.Wall)
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

// recordedPasses are passes as commands record them, and others.
var recordedPasses = map[string]nn.Pass{
	"eval":           {},
	"outputs":        {Probes: []nn.Probe{everyOutput}},
	"train":          {Mode: nn.Train, FreezeStats: true},
	"backward":       {Mode: nn.Train, Backward: &nn.Backward{}},
	"blocks":         {Mode: nn.Eval, Backward: &nn.Backward{}, Probes: []nn.Probe{everyBlock}},
	"parameters":     {Mode: nn.Train, Backward: &nn.Backward{Smoothing: 0.1}, Probes: []nn.Probe{everyParameter}},
	"all":            {Mode: nn.Train, Backward: &nn.Backward{}, Probes: []nn.Probe{everyOutput, everyBlock, everyParameter}},
	"step":           training(),
	"plain step":     nn.TrainingStep(0, nn.SGD{}),
	"input gradient": {Backward: &nn.Backward{}, Probes: []nn.Probe{{At: nn.Input, What: nn.Keep}}},
	"one block":      {Backward: &nn.Backward{}, Probes: []nn.Probe{{At: "layer2.0", What: nn.Flow}}},
}

// beyondRows are those of recordedPasses that have gradients which the rows of
// an older profile don't show.
var beyondRows = []string{"input gradient", "one block"}

// TestReplaySaysItsPass: a profile of any pass, of a net with any lesions, goes
// through JSON and comes back as the plan that ran, fused or not; also without
// its pass, as older versions wrote it.
func TestReplaySaysItsPass(t *testing.T) {
	for name, pass := range recordedPasses {
		for _, lesions := range [][]string{nil, {"layer1.0=drop-branch"}, {"layer2.0=cut-skip", "layer1.1=swap:layer1.0", "layer3.1=freeze"}} {
			for _, fuse := range []bool{false, true} {
				p, want := recordedOn(t, pass, lesions, fuse)
				for _, old := range []bool{false, true} {
					if old && slices.Contains(beyondRows, name) {
						continue
					}
					if old {
						p.Pass = nil
					}
					m, err := p.Net()
					if err != nil {
						t.Fatal(err)
					}
					r, err := NewReplay(p, m.Model)
					if err != nil {
						t.Fatalf("%s, lesions %v, fused %v, old %v: %v", name, lesions, fuse, old, err)
					}
					if got := r.Lowered.Plan.String(); !old && got != want {
						t.Errorf("%s, lesions %v, fused %v: the plan is\n%s, want\n%s", name, lesions, fuse, got, want)
					}
				}
			}
		}
	}
}

// recordedOn is a profile of a pass that has gone through JSON, and its plan.
func recordedOn(t *testing.T, pass nn.Pass, lesions []string, fuse bool) (p *Profile, plan string) {
	t.Helper()
	hurt := built(t, "cifar_resnet14", lesions...)
	o := nn.SessionOptions{Pass: pass, Fuse: fuse}
	l, would, err := nn.Estimate(tensortest.Reference(), hurt, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeRunner{model: hurt, lowered: l, kernels: would.Kernels, walls: []time.Duration{time.Second}}
	r := NewRecorder(l, f.kernels, 1)
	playPass(r, time.Millisecond)
	if p, err = newProfile(f, r); err != nil {
		t.Fatal(err)
	}
	p.Model = Model{Arch: "cifar_resnet14", Classes: 10, Lesions: lesions}
	p.Input.Shape = hurt.Input
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	back := new(Profile)
	if err := json.Unmarshal(data, back); err != nil {
		t.Fatal(err)
	}
	return back, l.Plan.String()
}

// TestReplayRefuses: lesions and passes that the net can't have are errors.
func TestReplayRefuses(t *testing.T) {
	p, _ := recordedOn(t, nn.Pass{}, nil, true)
	p.Model.Lesions = []string{"layer9.0=cut-skip"}
	if _, err := p.Net(); err == nil {
		t.Error("a lesion of no block")
	}
	p.Model.Lesions = []string{"layer1.0"}
	if _, err := p.Net(); err == nil {
		t.Error("no lesion at all")
	}
	p.Model.Lesions = nil
	m, err := p.Net()
	if err != nil {
		t.Fatal(err)
	}
	p.Pass = &nn.Pass{Probes: []nn.Probe{{At: "layer9", What: nn.Keep}}}
	if _, err := NewReplay(p, m.Model); err == nil {
		t.Error("a probe at no layer")
	}
	p.Pass = &nn.Pass{Backward: &nn.Backward{}}
	if _, err := NewReplay(p, m.Model); !errors.Is(err, errOtherRows) {
		t.Errorf("a pass with other rows: %v", err)
	}
}
