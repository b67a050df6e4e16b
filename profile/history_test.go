package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

func kept(ms float64) *Profile {
	return &Profile{
		Schema: Schema, Model: Model{Arch: "resnet50"}, Input: Input{Shape: tensor.Shape{1, 3, 8, 8}},
		Mode: "eval", Fused: true,
		Total: Total{MeanMS: ms, SamplesMS: []float64{ms}}, Layers: []LayerRow{{Path: "conv1"}},
	}
}

// TestHistory: entries come back in order without their rows; damaged lines are
// reported and skipped, and an incomplete one doesn't damage the next.
func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "history.jsonl")
	if entries, damaged, err := ReadHistory(path); err != nil || entries != nil || damaged != nil {
		t.Fatalf("no history: %v, %v, %v", entries, damaged, err)
	}
	appended := func(p *Profile) {
		t.Helper()
		if err := AppendHistory(path, p); err != nil {
			t.Fatal(err)
		}
	}
	appended(kept(1))
	scribble(t, path, "{\"schema\":\"resnet-tui/history/1\"}\nnonsense\n{\"schema\":\"res")
	appended(kept(2))
	entries, damaged, err := ReadHistory(path)
	if err != nil || len(entries) != 2 || entries[1].Total.MeanMS != 2 ||
		entries[0].Layers != nil || entries[0].Total.SamplesMS != nil {
		t.Errorf("%+v (%v)", entries, err)
	}
	if len(damaged) != 3 || damaged[0] != 2 || damaged[2] != 4 {
		t.Errorf("damaged lines %v", damaged)
	}
	if c := entries[0].Config(); !strings.HasPrefix(c, "resnet50 1×3×8×8 eval, 0 threads") {
		t.Errorf("configuration %q", c)
	}
}

// TestHistoryConfig: entries of another pass or with other lesions are of another
// configuration; lines without a pass are of the one that they always were.
func TestHistoryConfig(t *testing.T) {
	const old = "resnet50 1×3×8×8 eval, 0 threads of  ()"
	backward := &nn.Backward{}
	probed := nn.Pass{Backward: backward, Probes: []nn.Probe{everyBlock}}
	updating := nn.Pass{Backward: backward, Update: &nn.SGD{}}
	momentum := nn.Pass{Backward: backward, Update: &nn.SGD{Momentum: 0.9}}
	for want, change := range map[string]func(p *Profile){
		"eval":           func(p *Profile) { p.Pass = &nn.Pass{} },
		"eval, backward": func(p *Profile) { p.Pass = &probed },
		// An older version recorded no pass, but the loss.
		"eval, backward, not fused": func(p *Profile) {
			p.Loss = new(Number)
			p.Fused = false
		},
		"eval, backward, update":                  func(p *Profile) { p.Pass = &momentum },
		"eval, backward, update without momentum": func(p *Profile) { p.Pass = &updating },
		"eval, frozen statistics":                 func(p *Profile) { p.Pass = &nn.Pass{FreezeStats: true} },
		"eval, lesion layer1.0=cut-skip":          func(p *Profile) { p.Model.Lesions = []string{"layer1.0=cut-skip"} },
		"eval, exact":                             func(p *Profile) { p.Exact = true },
		"eval, probe moments at every-layer": func(p *Profile) {
			p.Pass = &nn.Pass{Probes: []nn.Probe{everyOutput}}
		},
	} {
		p := kept(1)
		change(p)
		e := NewHistoryEntry(p)
		if got, want := e.Config(), strings.Replace(old, "eval", want, 1); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if e := NewHistoryEntry(kept(1)); e.Config() != old {
		t.Errorf("without a pass: %q", e.Config())
	}
}

// TestHistoryTellsPrecisionsApart: times in another arithmetic are of another
// configuration.
func TestHistoryTellsPrecisionsApart(t *testing.T) {
	of := func(precision string) string {
		p := kept(1)
		p.Device.Kernels, p.Device.Precision = "avx512", precision
		e := NewHistoryEntry(p)
		return e.Config()
	}
	if a, b := of("fp32"), of("bf16"); a == b || !strings.HasSuffix(b, "(avx512, bf16)") {
		t.Errorf("%q and %q", a, b)
	}
}

// TestHistorySettings: whatever sets two measurements apart is said, and what every
// default measurement has is not.
func TestHistorySettings(t *testing.T) {
	backward := nn.Pass{Backward: &nn.Backward{}}
	for want, change := range map[string]func(p *Profile){
		"":                           func(*Profile) {},
		"exact":                      func(p *Profile) { p.Exact = true },
		"not fused":                  func(p *Profile) { p.Fused = false },
		"bf16":                       func(p *Profile) { p.Device.Precision = "bf16" },
		"7 classes":                  func(p *Profile) { p.Model.Classes = 7 },
		"resnet50.pth":               func(p *Profile) { p.Model.Weights = "weights/resnet50.pth" },
		"builtin:fashion-resnet20":   func(p *Profile) { p.Model.Weights = "builtin:fashion-resnet20" },
		"lesion layer1.0=cut-skip":   func(p *Profile) { p.Model.Lesions = []string{"layer1.0=cut-skip"} },
		"backward, not fused, exact": func(p *Profile) { p.Pass, p.Fused, p.Exact = &backward, false, true },
	} {
		p := kept(1)
		p.Model.Family, p.Model.Classes, p.Model.Weights, p.Device.Precision = "imagenet", 1000, "random, seed 1", "fp32"
		change(p)
		e := NewHistoryEntry(p)
		if got := e.Settings(); got != want {
			t.Errorf("settings %q, want %q", got, want)
		}
	}
}

func scribble(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
