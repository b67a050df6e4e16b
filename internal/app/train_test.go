package app

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"resnet-tui/resnet"
)

func TestTrain(t *testing.T) {
	dir := t.TempDir()
	o := DefaultTrainOptions()
	o.Depths, o.Epochs, o.Twins, o.Save = []int{8}, 1, true, dir
	spec := Spec{Net: resnet.Config{Batch: 16}, Input: Input{Data: Data{Name: "synthetic:32"}}, Run: Run{Threads: 1}}
	var h heard
	training, err := service(t).OpenTraining(t.Context(), spec, o, h.listener())
	if err != nil {
		t.Fatal(err)
	}
	r, err := training.Run(t.Context())
	if err != nil || len(r.Runs) != 2 || r.Runs[0].Model.Arch != "cifar_plain8" || r.Runs[1].Steps != 2 || r.Runs[1].Checkpoint == "" {
		t.Fatalf("%+v (%v)", r, err)
	}
	tracks := training.Curves().Tracks()
	if len(tracks) != 2 || len(tracks[1].Steps) != 2 || !strings.Contains(training.Curves().Note(), "2/2 cifar_resnet8 seed 1") {
		t.Errorf("%d curves, %q", len(tracks), training.Curves().Note())
	}
	if h.stages["training"] < 4 || len(h.notices) != 2 || !strings.Contains(h.notices[0], "1/2 cifar_plain8 seed 1  epoch 1 of 1") {
		t.Errorf("heard of %v, and %q", h.stages, h.notices)
	}
	o.Resume = true
	again, err := service(t).Train(t.Context(), spec, o, Listener{})
	if err != nil || *again.Runs[1].Final.TestLoss != *r.Runs[1].Final.TestLoss {
		t.Errorf("a finished run went on: %+v (%v)", again, err)
	}
	if tracks, err := ReadTracks(r.Runs[0].History); err != nil || len(tracks) != 2 {
		t.Errorf("%d curves in the history (%v)", len(tracks), err)
	}
	spec.Weights = r.Runs[1].Checkpoint
	_, err = service(t).Train(t.Context(), spec, o, Listener{})
	refusedFor(t, err, "of one net")
}

// TestTrainOptionsJSON: what JSON leaves out is the default, what it says is kept, 0
// included.
func TestTrainOptionsJSON(t *testing.T) {
	var o TrainOptions
	if err := json.Unmarshal([]byte(`{"epochs": 7, "momentum": 0, "depths": [8]}`), &o); err != nil {
		t.Fatal(err)
	}
	want := DefaultTrainOptions()
	want.Epochs, want.Momentum, want.Depths = 7, 0, []int{8}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, want %+v", o, want)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var again TrainOptions
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, o) {
		t.Errorf("%s is read back as %+v (%v)", text, again, err)
	}
	if err := json.Unmarshal([]byte(`{"epochs": "x"}`), &again); err == nil || !reflect.DeepEqual(again, o) {
		t.Errorf("invalid JSON gave %+v (%v)", again, err)
	}
}

func TestTrainRefusals(t *testing.T) {
	dir := t.TempDir()
	for want, change := range map[string]func(*Spec, *TrainOptions){
		"data is missing":     func(s *Spec, _ *TrainOptions) { s.Input.Data.Name = "" },
		"6n+2":                func(_ *Spec, o *TrainOptions) { o.Depths = []int{21} },
		"save names":          func(_ *Spec, o *TrainOptions) { o.Resume = true },
		"there is no folder":  func(_ *Spec, o *TrainOptions) { o.Resume, o.Save = true, filepath.Join(dir, "none") },
		"leave plain out":     func(s *Spec, o *TrainOptions) { o.Twins, s.Net.Plain = true, true },
		"a list of depths":    func(s *Spec, o *TrainOptions) { s.Net.Arch, o.Depths = "cifar_resnet8", []int{8, 14} },
		"no plain twin":       func(s *Spec, o *TrainOptions) { s.Net.Arch, o.Twins = "vgg11", true },
		"constant, step":      func(_ *Spec, o *TrainOptions) { o.Schedule = "linear" },
		"momentum 1":          func(_ *Spec, o *TrainOptions) { o.Momentum = 1 },
		"0 epochs":            func(_ *Spec, o *TrainOptions) { o.Epochs = 0 },
		"seeds 0":             func(_ *Spec, o *TrainOptions) { o.Seeds = 0 },
		"a batch of 64":       func(s *Spec, _ *TrainOptions) { s.Net.Batch = 64 },
		"classes 3 does not":  func(s *Spec, _ *TrainOptions) { s.Net.Classes = 3 },
		"label smoothing 1.5": func(_ *Spec, o *TrainOptions) { o.LabelSmoothing = 1.5 },
	} {
		o := DefaultTrainOptions()
		o.Depths = []int{8}
		spec := Spec{Input: Input{Data: Data{Name: "synthetic:40"}}, Run: Run{Threads: 1}}
		if change(&spec, &o); spec.Net.Arch == "vgg11" {
			o.Depths = nil
		}
		_, err := service(t).Train(t.Context(), spec, o, Listener{})
		refusedFor(t, err, want)
	}
}

// Interrupted, a run leaves its report with the error.
func TestTrainInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := DefaultTrainOptions()
	o.Epochs, o.Save = 50, t.TempDir()
	spec := Spec{Net: resnet.Config{Depth: 8, Batch: 8}, Input: Input{Data: Data{Name: "synthetic:64"}}, Run: Run{Threads: 1}}
	r, err := service(t).Train(ctx, spec, o, Listener{Progress: func(p Progress) {
		if p.Stage == "training" && p.Done >= 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r == nil || r.Runs[0].Steps < 3 || r.Runs[0].Checkpoint == "" {
		t.Errorf("%+v (%v)", r, err)
	}
}
