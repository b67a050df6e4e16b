package app

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// A spec leaves as JSON and comes back the same; what it leaves open isn't written.
func TestSpecIsJSON(t *testing.T) {
	full := Spec{
		Net: resnet.Config{
			Family: resnet.CIFAR, Depth: 20, Variant: resnet.V1, Block: resnet.Basic, Shortcut: resnet.ShortcutB, Plain: true,
			Norm: resnet.NormNone, Classes: 7, Channels: 1, Height: 28, Width: 30, Batch: 3,
		},
		Lesions: []string{"layer1.0=freeze"},
		Weights: "net.pth",
		Seed:    new(uint64(0)),
		Input: Input{
			Files: []string{"a.png"}, Labels: []int{0, 1},
			Data: Data{Name: "synthetic", Mean: []float32{0.5}, Std: []float32{0.25}, Limit: 9},
		},
		Run:  Run{Device: "cpu", Precision: "fp32", Mode: ModeTrain, Threads: 2, Exact: true, NoFuse: true, NoCalibrate: true},
		Step: Step{Backward: true, Update: true, Paths: 4},
	}
	data, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	var back Spec
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, full) {
		t.Errorf("%s came back as %+v (%v)", data, back, err)
	}
	for _, want := range []string{`"family":"cifar"`, `"variant":"v1"`, `"block":"basic"`, `"shortcut":"B"`, `"norm":"none"`, `"seed":0`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	if data, err := json.Marshal(Spec{}); err != nil || string(data) != "{}" {
		t.Errorf("an empty spec is %s (%v)", data, err)
	}
	if err := json.Unmarshal([]byte(`{"net":{"family":"resnet"}}`), &back); err == nil {
		t.Error("a family that doesn't exist is taken")
	}
}

// Options leave as JSON and come back the same too.
func TestOptionsAreJSON(t *testing.T) {
	train := DefaultTrainOptions()
	train.Depths, train.Twins, train.Save, train.Resume = []int{8, 14}, true, "runs", true
	for _, o := range []any{
		&RunOptions{Count: "flops"},
		&ProfileOptions{Runs: new(3), Warmup: new(0), Count: "torch", Trace: 1, CPUProfile: true, NoHistory: true},
		&SweepOptions{Batches: []int{1, 2}, Sizes: []Size{{8, 16}}, Threads: []int{1}},
		&CheckOptions{MaxParams: new(1e6), Tolerance: new(0.0), Baseline: "a.json"},
		&CompareOptions{With: &Spec{Weights: "x"}},
		&SummaryOptions{Count: "all", All: true},
		&HistoryOptions{Net: "resnet", Last: 2},
		&InfoOptions{Measure: true},
		&train,
	} {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(o).Elem())
		if err := json.Unmarshal(data, back.Interface()); err != nil || !reflect.DeepEqual(back.Interface(), o) {
			t.Errorf("%s came back as %+v (%v)", data, back.Elem(), err)
		}
	}
}

// A message calls fields as its reader does; braces in what it quotes stay.
func TestMessageNamesFields(t *testing.T) {
	cause := errors.New("no {such} file")
	err := refuse("{input} %s: %w", "{a}", cause)
	if got := err.Error(); got != "input {a}: no {such} file" {
		t.Errorf("%q", got)
	}
	var input *InputError
	if !errors.As(err, &input) || input.Named(func(f string) string { return "--" + f }) != "--input {a}: no {such} file" || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}

// What a spec leaves open comes from the weights, then from the images; what it asks
// for must agree with them.
func TestSpecAdoptsFromImages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := checkpoint.WriteNPY(path, nn.RandomInput(1, tensor.Shape{3, 1, 12, 16})); err != nil {
		t.Fatal(err)
	}
	v := service(t)
	shape := func(s Spec) tensor.Shape {
		t.Helper()
		b, err := v.Open(t.Context(), s, Listener{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		return b.Model().Root.In
	}
	array := Spec{Net: resnet.Config{Arch: "cifar_resnet8"}, Input: Input{Files: []string{path, path}}}
	carried := Spec{Weights: "builtin:fashion-resnet20"}
	data := Spec{Net: resnet.Config{Arch: "cifar_resnet8", Batch: 4}, Input: Input{Data: Data{Name: "synthetic:64"}}}
	for _, c := range []struct {
		spec Spec
		want tensor.Shape
	}{
		{Spec{}, tensor.Shape{1, 3, 224, 224}},
		{array, tensor.Shape{6, 1, 12, 16}},
		{carried, tensor.Shape{10, 1, 28, 28}},
		{data, tensor.Shape{4, 3, 32, 32}},
	} {
		if got := shape(c.spec); !got.Equal(c.want) {
			t.Errorf("%+v takes %v, want %v", c.spec, got, c.want)
		}
	}
	array.Net.Batch = 2
	_, err := v.Open(t.Context(), array, Listener{})
	refusedFor(t, err, "batch 2 does not agree with input")
	data.Net.Height, data.Net.Width = 99, 99
	_, err = v.Open(t.Context(), data, Listener{})
	refusedFor(t, err, "size 99 does not agree with data synthetic:64, which has 32")
}

// What can't be used is an InputError, before anything is computed.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	v := service(t)
	for want, change := range map[string]func(*Spec){
		"34, 50":                func(s *Spec) { s.Net = resnet.Config{Depth: 51} },
		"layer1.0 to layer3.0":  func(s *Spec) { s.Lesions = []string{"layer9.0=freeze"} },
		"given twice":           func(s *Spec) { s.Lesions = []string{"layer1.0=freeze", "layer1.0=freeze"} },
		"fashion-resnet20":      func(s *Spec) { s.Weights = "builtin:resnet50" },
		"none.pth":              func(s *Spec) { s.Weights = filepath.Join(dir, "none.pth") },
		"none.png":              func(s *Spec) { s.Input.Files = []string{filepath.Join(dir, "none.png")} },
		"don't mix":             func(s *Spec) { s.Input.Files = []string{"a.png", "b.npy"} },
		"1 labels for 2 images": func(s *Spec) { s.Input.Labels = []int{1} },
		"data brings images":    func(s *Spec) { s.Input.Data.Name, s.Input.Labels = "synthetic", []int{1} },
		"data set \"wheels\"":   func(s *Spec) { s.Input.Data.Name = "wheels" },
		"abacus":                func(s *Spec) { s.Run.Device = "abacus" },
		"fp32, bf16 only":       func(s *Spec) { s.Run.Precision = "fp16" },
		"precision fp64":        func(s *Spec) { s.Run.Precision = "fp64" },
		"mode sideways":         func(s *Spec) { s.Run.Mode = "sideways" },
		"threads -1":            func(s *Spec) { s.Run.Threads = -1 },
		"paths -1":              func(s *Spec) { s.Step.Paths = -1 },
		"go with mode eval":     func(s *Spec) { s.Step.Update, s.Run.Mode = true, ModeEval },
		"batch 9: data synthetic": func(s *Spec) {
			s.Input.Data.Name, s.Net = "synthetic:8", resnet.Config{Arch: "cifar_resnet8", Batch: 9}
		},
	} {
		spec := tiny("cifar_resnet8")
		change(&spec)
		_, err := v.Run(t.Context(), spec, RunOptions{}, Listener{})
		refusedFor(t, err, want)
	}
	_, err := v.Run(t.Context(), tiny("cifar_resnet8"), RunOptions{Count: "wheels"}, Listener{})
	refusedFor(t, err, "ptflops")
	labelled := tiny("cifar_resnet8")
	labelled.Input.Labels = []int{1, 2}
	_, err = v.Profile(t.Context(), labelled, ProfileOptions{}, Listener{})
	refusedFor(t, err, "add backward")
}
