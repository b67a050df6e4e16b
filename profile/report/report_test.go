package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

func write(t *testing.T, r Report, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func build(t *testing.T, c resnet.Config) *resnet.Model {
	t.Helper()
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func summaryOf(t *testing.T, c resnet.Config, o SummaryOptions) *Summary {
	t.Helper()
	s, err := NewSummary(build(t, c), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSummaryText has a folded run, each kind of skip, and a net without skips.
func TestSummaryText(t *testing.T) {
	for name, c := range map[string]resnet.Config{
		"cifar_resnet32": {Arch: "cifar_resnet32"},
		"resnet18":       {Arch: "resnet18"},
		"cifar_plain20":  {Arch: "cifar_plain20"},
	} {
		t.Run(name, func(t *testing.T) {
			golden.RequireEqual(t, write(t,
				summaryOf(t, c, SummaryOptions{Count: "macs", PeakEval: 123_456_789, PeakTrain: 2e9}), "text"))
		})
	}
}

// TestSummaryAll: on request, all blocks have rows of their own.
func TestSummaryAll(t *testing.T) {
	folded := write(t, summaryOf(t, resnet.Config{Depth: 101}, SummaryOptions{Count: "macs"}), "text")
	all := write(t, summaryOf(t, resnet.Config{Depth: 101}, SummaryOptions{Count: "macs", All: true}), "text")
	if n := bytes.Count(folded, []byte("Bottleneck")); n != 12 ||
		!bytes.Contains(folded, []byte("2…22  ×21 like this")) {
		t.Errorf("folded: %d rows of blocks", n)
	}
	if n := bytes.Count(all, []byte("Bottleneck")); n != 33 {
		t.Errorf("all: %d rows of blocks, want 33", n)
	}
}

// TestSummaryCSV: the layers' figures add up to the totals.
func TestSummaryCSV(t *testing.T) {
	s := summaryOf(t, resnet.Config{Arch: "resnet50"}, SummaryOptions{Count: "macs"})
	rows, err := csv.NewReader(bytes.NewReader(write(t, s, "csv"))).ReadAll()
	if err != nil || len(rows) != len(s.Layers)+1 {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	for column, want := range map[string]int64{"params": 25_557_032, "macs": 4_089_184_256,
		"buffers": s.Total.Buffers, "activation_bytes": s.Total.ActivationBytes} {
		at, sum := -1, int64(0)
		for i, name := range rows[0] {
			if name == column {
				at = i
			}
		}
		for _, row := range rows[1:] {
			n, err := strconv.ParseInt(row[at], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if sum != want {
			t.Errorf("%s sums to %d, want %d", column, sum, want)
		}
	}
}

func TestSummaryCounts(t *testing.T) {
	s := summaryOf(t, resnet.Config{Arch: "resnet50"}, SummaryOptions{Count: "thop"})
	if !bytes.Contains(write(t, s, "text"), []byte("4,133,742,592 per image")) {
		t.Error("--count thop does not print thop's figure")
	}
	if len(s.Total.Counts) != 11 || s.Total.Counts["flops"] != 2*s.Total.MACs || s.Total.FLOPs != 2*s.Total.MACs {
		t.Errorf("counts %v", s.Total.Counts)
	}
	doubled := summaryOf(t, resnet.Config{Arch: "resnet18"}, SummaryOptions{Count: "flops"})
	if text := write(t, doubled, "text"); !bytes.Contains(text, []byte("FLOPs")) ||
		!bytes.Contains(text, []byte("3.63 G")) {
		t.Error("--count flops does not double the column")
	}
	if _, err := NewSummary(build(t, resnet.Config{}), SummaryOptions{Count: "wheels"}); err == nil ||
		!strings.Contains(err.Error(), "torchinfo") {
		t.Errorf("an unknown convention: %v", err)
	}
}

func TestCountsMarkdown(t *testing.T) {
	golden.RequireEqual(t, write(t, NewCounts(build(t, resnet.Config{Arch: "resnet50"})), "md"))
}

func TestRunText(t *testing.T) {
	golden.RequireEqual(t, write(t, newRun(t, true), "text"))
}

func newRun(t *testing.T, fuse bool) *Run {
	t.Helper()
	f := newFakeNet(t, fuse, true)
	r, err := NewRun(f, f.recorded(t), []string{"airplane", "automobile"})
	if err != nil {
		t.Fatal(err)
	}
	r.Model = profile.Describe(f.net(), "random, seed 1")
	r.Input = RunInput{Shape: f.model.Root.In, Source: "random, seed 1"}
	r.Device = profile.Device{ID: "cpu", Name: "Abacus", Threads: 2, Kernels: "fake", Precision: "fp32"}
	if err := r.SetLabels(f.logits, []int{3, 7}); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRunRows: in a fused net, an absorbed layer has no time, and the kernel's
// statistics belong to its last layer; unfused, each layer has its own.
func TestRunRows(t *testing.T) {
	r := newRun(t, true)
	for i, want := range []struct {
		path, into  string
		time, stats bool
	}{{"conv1", "", true, false}, {"bn1", "conv1", false, false}, {"relu", "conv1", false, true}} {
		l := r.Layers[i]
		if l.Path != want.path || l.FusedInto != want.into || (l.TimeNS != nil) != want.time ||
			(l.Mean != nil) != want.stats || (l.Std != nil) != want.stats {
			t.Errorf("fused row %d: %+v, want %+v", i, l, want)
		}
	}
	for _, l := range newRun(t, false).Layers {
		if l.FusedInto != "" || l.TimeNS == nil || l.Mean == nil {
			t.Errorf("unfused row %+v", l)
		}
	}
}

// TestRunJSON: the names of the contract are there, and what is unknown isn't.
func TestRunJSON(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal(write(t, newRun(t, true), "json"), &got); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"schema": "resnet-tui/run/1", "model.arch": "cifar_resnet8", "model.family": "cifar",
		"model.depth": 8.0, "model.shortcut": "A",
		"model.plain": false, "model.params": 75290.0, "model.weights": "random, seed 1",
		"input.source": "random, seed 1",
		"device.name":  "Abacus", "device.threads": 2.0, "mode": "eval",
	} {
		if v := at(got, path); v != want {
			t.Errorf("%s = %v, want %v", path, v, want)
		}
	}
	for _, path := range []string{"model.variant", "model.buffers", "model.macs", "input.shape", "output.shape",
		"output.logits", "output.top", "loss", "labels", "layers"} {
		if at(got, path) == nil {
			t.Errorf("%s is missing", path)
		}
	}
	first := got["layers"].([]any)[0].(map[string]any)
	for _, name := range []string{"path", "kind", "call", "in_shape", "out_shape", "params", "macs", "time_ns",
		"kernel"} {
		if first[name] == nil {
			t.Errorf("layers[0].%s is missing", name)
		}
	}
	for _, name := range []string{"mean", "std", "fused_into"} {
		if _, ok := first[name]; ok {
			t.Errorf("layers[0].%s is there: %v", name, first[name])
		}
	}
	best := got["output"].(map[string]any)["top"].([]any)[0].([]any)[0].(map[string]any)
	if best["class"] != 3.0 || best["label"] != "class 3" || best["p"].(float64) <= 0.5 {
		t.Errorf("likeliest class %v", best)
	}
}

// at follows a path of names.
func at(v any, path string) any {
	for _, name := range strings.Split(path, ".") {
		v = v.(map[string]any)[name]
	}
	return v
}

// TestNotANumber: values that overflowed are null in JSON and NaN in text.
func TestNotANumber(t *testing.T) {
	f := newFakeNet(t, true, true)
	f.logits.Data[0] = float32(math.NaN())
	r, err := NewRun(f, f.recorded(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Finite() || !newRun(t, true).Finite() {
		t.Error("Finite is wrong")
	}
	r.Input.Shape = tensor.Shape{2, 3, 32, 32}
	var back struct {
		Output struct{ Logits [][]*float64 }
	}
	if err := json.Unmarshal(write(t, r, "json"), &back); err != nil {
		t.Fatal(err)
	}
	if l := back.Output.Logits[0]; l[0] != nil || l[1] == nil || *l[1] != 7 {
		t.Errorf("logits %v", l)
	}
}

func newProfile(t *testing.T) Profile {
	t.Helper()
	return profileOf(t, newFakeNet(t, true, false))
}

func profileOf(t *testing.T, f *fakeNet) Profile {
	t.Helper()
	p, err := profile.Measure(t.Context(), f, profile.MeasureOptions{Runs: 3})
	if err != nil {
		t.Fatal(err)
	}
	p.Model = profile.Describe(f.net(), "random, seed 1")
	p.Input = profile.Input{Shape: f.model.Root.In, Source: "random, seed 1"}
	p.Device = profile.Device{ID: "cpu", Name: "Abacus", Threads: 2, Kernels: "fake", Precision: "fp32"}
	p.Machine = &profile.Machine{CPUMS: 150, Preempted: 2.5, Processors: 2, OthersCores: 0.9}
	p.Recorder = &profile.RecorderCost{Cost: 0.0012, Error: 0.004, Pairs: 25}
	p.Memory.Peak = &profile.MemoryPeak{Path: "conv1", Pass: "forward", LiveBytes: 1 << 20,
		Holders: []profile.Holder{{Name: "conv1", Bytes: 1e6}, {Name: "input", Bytes: 48576}}}
	p.Recorded, p.Version = time.Date(2026, 3, 1, 12, 30, 0, 0, time.Local), "1.2.3"
	p.SetCeilings(profile.Ceilings{GFLOPS: 1, GBPS: 1})
	return Profile{Profile: p}
}

func TestProfileText(t *testing.T) { golden.RequireEqual(t, write(t, newProfile(t), "text")) }

// TestStepText: in the profile of a training step the output of the net and of its
// modules is that of their last layer, whatever ran after it; parameters and their
// gradients keep all of their shape.
func TestStepText(t *testing.T) {
	step := nn.TrainingStep(0, nn.SGD{})
	step.Probes = []nn.Probe{{At: nn.EveryBlock, What: nn.Flow}, {At: nn.EveryLayer, What: nn.Moments}}
	text := write(t, profileOf(t, newFakeSession(t, nn.SessionOptions{Pass: step, Fuse: true})), "text")
	for _, want := range []string{
		"^cifar_resnet8 +10 ", "\n  forward +10 ", "\n    layer1 +16×32×32 .*\n      0 +16×32×32 ", "\n    fc +10 ",
		"\n  backward +– ", "\n    layer3 +– .*\n      0 +– ", "\n  update +– ",
		"\n        conv2 \\(Conv2dGradWeight\\) +64×64×3×3 ", "\n        conv2 \\(Conv2dGradInput\\) +64×8×8 ",
		"\n    conv1 \\(SGD\\) +16×3×3×3 ", "\n    fc \\(LinearGradBias\\) +10 ",
	} {
		if !regexp.MustCompile(want).Match(bytes.TrimPrefix(text, text[:bytes.IndexByte(text, '\n')+1])) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestProfileJSON(t *testing.T) {
	data := write(t, newProfile(t), "json")
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"schema", "model.arch", "device.name", "runs", "total.mean_ms", "total.p50_ms", "total.p95_ms",
		"total.min_ms", "total.images_per_s",
		"total.overhead_ms", "total.samples_ms", "ceilings.gflops", "ceilings.gbps", "ceilings.measured",
		"memory.predicted_bytes", "memory.arena_bytes",
	} {
		if at(got, path) == nil {
			t.Errorf("%s is missing", path)
		}
	}
	first := got["layers"].([]any)[0].(map[string]any)
	for _, name := range []string{
		"path", "kind", "pass", "mean_ms", "samples_ms", "p50_ms", "p95_ms", "cv", "gflops", "bytes",
		"intensity", "bound", "share", "kernel", "executed_flops",
	} {
		if first[name] == nil {
			t.Errorf("layers[0].%s is missing", name)
		}
	}
	var back profile.Profile
	if err := json.Unmarshal(data, &back); err != nil || back.Total.MeanMS != newProfile(t).Total.MeanMS ||
		len(back.Layers) != len(newProfile(t).Layers) {
		t.Errorf("the profile does not read back: %v", err)
	}
}

// TestConventionOfTables: column and total depend on --count, CSV doesn't.
func TestConventionOfTables(t *testing.T) {
	p, r := newProfile(t), newRun(t, true)
	ops, err := FindConvention(build(t, resnet.Config{Arch: "cifar_resnet8"}), "flops")
	if err != nil {
		t.Fatal(err)
	}
	p.Ops, r.Ops = ops, ops
	for _, x := range []Report{p, r} {
		if text := write(t, x, "text"); !bytes.Contains(text, []byte("FLOPs")) ||
			!bytes.Contains(text, []byte("885 k")) || !bytes.Contains(text, []byte("per image: ")) {
			t.Errorf("conv1's 442 k multiply-adds are not 885 k FLOPs in\n%s", text)
		}
		if !bytes.Contains(write(t, x, "csv"), []byte(",442368,")) {
			t.Error("the CSV does not hold multiply-adds")
		}
	}
}

func TestEvalText(t *testing.T) {
	e := NewEval(train.Score{Total: 846, Correct: 776, Top5: 840, Loss: 0.3})
	e.Model = profile.Describe(build(t, resnet.Config{Arch: "cifar_resnet20"}), "resnet20.th")
	e.Device = profile.Device{ID: "cpu", Name: "Abacus", Threads: 2, Kernels: "fake", Precision: "fp32"}
	e.Data, e.Batch, e.Seconds = "cifar10:test.bin", 64, 2
	golden.RequireEqual(t, write(t, e, "text"))
	if md := write(t, e, "md"); !bytes.Contains(md, []byte("| 91.73 % |")) {
		t.Errorf("%s", md)
	}
}

func TestInfoText(t *testing.T) {
	gpu := tensor.Info{
		ID: "vulkan:0", Name: "Abacus RTX", Kind: tensor.KindDiscrete, Memory: 8e9, Driver: "Abacus 550.1", CheckKey: "a",
		Features: []string{"timestamps of steps"},
		API:      "Vulkan 1.3.277", Precisions: []tensor.Precision{tensor.FP32, tensor.BF16},
	}
	right, wrong := NewInfoDevice(&gpu), NewInfoDevice(&gpu)
	when := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	right.ID, right.Check = "vulkan:1", NewInfoCheck(tensor.SelfCheck{When: when, Kernels: 33})
	wrong.ID, wrong.Check = "vulkan:2", NewInfoCheck(tensor.SelfCheck{
		When: when, Kernels: 33, Wrong: []tensor.WrongKernel{{Name: "map_relu", What: "ReLU is off by 0.5"}},
	})
	golden.RequireEqual(t, write(t, &Info{
		Version: "1.2.3", CPU: CPU{"Abacus", 2, []string{"AVX2", "FMA"}, "avx2", "it has AVX2"},
		Devices: []InfoDevice{
			NewInfoDevice(&tensor.Info{
				ID: "cpu", Name: "Abacus", Kind: tensor.KindCPU, Memory: 16e9,
				Precisions: []tensor.Precision{tensor.FP32, tensor.BF16},
				Products:   map[tensor.Precision]string{tensor.BF16: "avx512_bf16"},
			}),
			NewInfoDevice(&gpu), right, wrong,
		},
		Auto:   InfoAuto{"vulkan:1", "it has passed its self-check"},
		CUDA:   Library{Tried: []string{"/lib/libcuda.so.1"}, Reason: "no driver"},
		Vulkan: Library{Found: true, Tried: []string{"libvulkan.so.1"}}, CeilingsDevice: "cpu",
		Ceilings: &profile.Roofs{GFLOPS: 117.04, GBPS: 21.5, Measured: true},
		Lower:    map[string]*profile.Roofs{"bf16": {GFLOPS: 229.1, GBPS: 21.5, Measured: true}},
		Paths:    Paths{"/c/config.yaml", "/s", "/x"},
	}, "text"))
}

// TestProbesAreNamed: the row of a probe can't be mistaken for its layer's.
func TestProbesAreNamed(t *testing.T) {
	f := newFakeNet(t, true, true)
	p, err := profile.Measure(t.Context(), f, profile.MeasureOptions{Runs: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.Input.Shape = f.model.Root.In
	if text := write(t, Profile{Profile: p}, "text"); !bytes.Contains(text, []byte("probe of relu")) {
		t.Errorf("%s", text)
	}
}

func TestNumbersStayOnALine(t *testing.T) {
	v := map[string]any{"a": []float64{1, 2.5, -3}, "b": [][]int{{1, 2}, {}}, "c": `x "[1, 2]" \`,
		"d": []string{"[3, 4]"}, "e": []int(nil)}
	var b bytes.Buffer
	if err := writeJSON(&b, v); err != nil {
		t.Fatal(err)
	}
	var back, want any
	plain, err := json.Marshal(v)
	if err != nil || json.Unmarshal(b.Bytes(), &back) != nil || json.Unmarshal(plain, &want) != nil ||
		!reflect.DeepEqual(back, want) {
		t.Errorf("the text reads back as %v, not %v", back, want)
	}
	for _, line := range []string{`"a": [1,2.5,-3],`, `    [1,2],`, `    "[3, 4]"`} {
		if !strings.Contains(b.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, b.String())
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := Write(&bytes.Buffer{}, newProfile(t), "xml"); err == nil {
		t.Error("xml was written")
	}
}

// TestNetsOutputInAStep: the net's row of a training step has the net's output, not
// that of the kernel that runs last, a gradient. Neither percentiles nor an interval are
// made up for a profile of means.
func TestNetsOutputInAStep(t *testing.T) {
	p := profileOf(t, newFakeSession(t, nn.SessionOptions{Pass: nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}}}))
	if row := strings.Fields(strings.Split(string(write(t, p, "text")), "\n")[1]); row[0] != "cifar_resnet8" || row[1] != "10" {
		t.Errorf("the net's row is %q", row)
	}
	p.Profile = p.MeansOnly()
	text := string(write(t, p, "text"))
	if !strings.Contains(text, "MACs     mean") || !strings.Contains(text, ", mean of all passes\n") || strings.Contains(text, "p95") {
		t.Errorf("means are shown as\n%s", text)
	}
}
