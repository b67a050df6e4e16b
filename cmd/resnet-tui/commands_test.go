package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// run is what the tests read of run's JSON.
type run struct {
	Model  profile.Model
	Input  report.RunInput
	Device profile.Device
	Mode   string
	Output struct {
		Shape  []int
		Logits [][]float32
		Top    [][]struct {
			Class int
			Label string
			P     float64
		}
	}
	Labels []int
	Loss   *float64
	Memory profile.Memory
	Layers []struct {
		Path      string
		Call      int
		Kind      string
		InShape   []int `json:"in_shape"`
		OutShape  []int `json:"out_shape"`
		Mean, Std *float64
		TimeNS    *int64 `json:"time_ns"`
		Kernel    string
		FusedInto string `json:"fused_into"`
	}
}

func TestSummary(t *testing.T) {
	s := mustDecode[report.Summary](t, "summary", "--depth", "101")
	if s.Schema != "resnet-tui/summary/1" || s.Model.Arch != "resnet101" || s.Total.Params != 44_549_160 || s.Total.Counts["torchvision"] != 7_801_405_440 {
		t.Errorf("%s, %+v, %+v", s.Schema, s.Model, s.Total)
	}
	if s.Total.PeakBytesEval < s.Total.WeightsBytes/2 || s.Total.PeakBytesTrain < s.Total.PeakBytesEval {
		t.Errorf("peaks %d and %d", s.Total.PeakBytesEval, s.Total.PeakBytesTrain)
	}
	half := mustDecode[report.Summary](t, "summary", "--depth", "101", "--precision", "bf16")
	if half.Device.Precision != "bf16" || half.Total.PeakBytesEval > s.Total.PeakBytesEval*6/10 {
		t.Errorf("in %s a peak of %d", half.Device.Precision, half.Total.PeakBytesEval)
	}
	rows, err := csv.NewReader(strings.NewReader(mustRun(t, "summary", "--arch", "cifar_resnet20", "--format", "csv"))).ReadAll()
	if err != nil || len(rows) < 60 || !slices.Contains(rows[0], "receptive_field") {
		t.Errorf("%d rows of CSV (%v)", len(rows), err)
	}
	if md := mustRun(t, "summary", "--arch", "cifar_resnet20", "--format", "md"); !strings.HasPrefix(md, "| layer |") {
		t.Errorf("Markdown begins %q", md[:20])
	}
	all := mustRun(t, "summary", "--depth", "50", "--count", "all")
	if strings.Count(all, "\n") != 12 || !strings.Contains(all, "4,132,436,968") {
		t.Errorf("--count all:\n%s", all)
	}
}

// TestSummaryIsQuick: nets of a thousand layers, and batches of hundreds,
// allocate no weights.
func TestSummaryIsQuick(t *testing.T) {
	for _, args := range [][]string{{"--arch", "cifar_resnet1202"}, {"--depth", "152", "--batch", "256"}} {
		begin := time.Now()
		mustRun(t, append([]string{"summary"}, args...)...)
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("summary %v took %v", args, took)
		}
	}
}

func TestOutputFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "net.csv")
	if out := mustRun(t, "summary", "--arch", "cifar_resnet20", "--format", "csv", "-o", path); out != "" {
		t.Errorf("stdout has %q beside -o", out)
	}
	data, err := os.ReadFile(path)
	if err != nil || string(data) != mustRun(t, "summary", "--arch", "cifar_resnet20", "--format", "csv") {
		t.Errorf("the file differs from stdout (%v)", err)
	}
	if code, _, _ := inProcess(t, "run", "--arch", "cifar_resnet20", "--labels", "99", "-o", filepath.Join(dir, "none")); code != exitUsage {
		t.Errorf("exit %d", code)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

func TestRun(t *testing.T) {
	r := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--batch", "3", "--labels", "1,2,3")
	if r.Model.Weights != "random, seed 1, calibrated on random input" || r.Mode != "eval" || r.Device.Threads < 1 || r.Memory.PredictedBytes <= 0 {
		t.Errorf("%+v, mode %s, %+v, %+v", r.Model, r.Mode, r.Device, r.Memory)
	}
	if !slices.Equal(r.Output.Shape, []int{3, 10}) || len(r.Output.Logits) != 3 || len(r.Output.Top[2]) != 5 {
		t.Fatalf("output %+v", r.Output)
	}
	best := r.Output.Top[0][0]
	if r.Output.Logits[0][best.Class] != slices.Max(r.Output.Logits[0]) || best.Label == "" || best.P < 0.1 {
		t.Errorf("likeliest %+v of %v", best, r.Output.Logits[0])
	}
	want := 0.0
	for i, label := range r.Labels {
		sum := 0.0
		for _, x := range r.Output.Logits[i] {
			sum += math.Exp(float64(x - r.Output.Logits[i][label]))
		}
		want += math.Log(sum) / 3
	}
	if r.Loss == nil || math.Abs(*r.Loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v", r.Loss, want)
	}
	if first := r.Layers[0]; first.Path != "conv1" || first.TimeNS == nil || *first.TimeNS <= 0 || first.Kernel == "" {
		t.Errorf("first row %+v", first)
	}
	if second := r.Layers[1]; second.Path != "bn1" || second.FusedInto != "conv1" || second.TimeNS != nil || second.Mean != nil {
		t.Errorf("second row %+v", second)
	}
}

// TestRunUnfused: every row has its own time and output, and the net computes
// the same.
func TestRunUnfused(t *testing.T) {
	args := []string{"run", "--arch", "cifar_resnet20", "--exact"}
	fused, apart := mustDecode[run](t, args...), mustDecode[run](t, append(args, "--no-fuse")...)
	for _, l := range apart.Layers {
		if l.TimeNS == nil || l.Mean == nil || l.Std == nil || l.FusedInto != "" {
			t.Errorf("row %+v", l)
		}
	}
	for i, x := range fused.Output.Logits[0] {
		if d := math.Abs(float64(x - apart.Output.Logits[0][i])); d > 1e-4 {
			t.Errorf("logit %d differs by %v", i, d)
		}
	}
	if n := len(fused.Layers); n != len(apart.Layers) {
		t.Errorf("%d rows fused, %d apart", n, len(apart.Layers))
	}
}

// TestRunIsDeterministic: the same seed gives the same bits, whatever the
// number of threads; another seed others.
func TestRunIsDeterministic(t *testing.T) {
	logits := func(args ...string) []float32 {
		return mustDecode[run](t, append([]string{"run", "--arch", "cifar_resnet20"}, args...)...).Output.Logits[0]
	}
	first := logits()
	if !slices.Equal(first, logits("--threads", "1")) || !slices.Equal(first, logits("--threads", "3")) {
		t.Error("the number of threads changes bits")
	}
	if slices.Equal(first, logits("--seed", "2")) {
		t.Error("the seed changes nothing")
	}
}

func TestRunInTrainMode(t *testing.T) {
	r := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--batch", "4", "--mode", "train", "--no-fuse")
	if r.Mode != "train" {
		t.Errorf("mode %s", r.Mode)
	}
	for _, l := range r.Layers {
		if l.Path == "bn1" && (math.Abs(*l.Mean) > 1e-4 || math.Abs(*l.Std-1) > 1e-3) {
			t.Errorf("batch norm by the batch's statistics has mean %v, deviation %v", *l.Mean, *l.Std)
		}
	}
}

// TestRunOnArray: the random input, written to a file and read back, gives the
// same logits; flags must agree with it.
func TestRunOnArray(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	x := nn.RandomInput(1, tensor.Shape{2, 3, 40, 24})
	if err := checkpoint.WriteNPY(path, x); err != nil {
		t.Fatal(err)
	}
	given := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--input", path)
	random := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--batch", "2", "--size", "40x24")
	if !slices.Equal(given.Output.Logits[1], random.Output.Logits[1]) || given.Input.Source != path {
		t.Errorf("logits from %s differ from those of the same values", given.Input.Source)
	}
	twice := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--input", path, "--input", path)
	if !slices.Equal(twice.Output.Shape, []int{4, 10}) {
		t.Errorf("two files give %v", twice.Output.Shape)
	}
	for _, flags := range [][]string{{"--batch", "3"}, {"--size", "32"}, {"--channels", "1"}} {
		code, _, errs := inProcess(t, append([]string{"run", "--arch", "cifar_resnet20", "--input", path}, flags...)...)
		if code != exitUsage || !strings.Contains(errs, flags[0]) {
			t.Errorf("%v beside another input: exit %d, %s", flags, code, errs)
		}
	}
}

func writePNG(t *testing.T, path string) {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, 50, 40))
	for i := range im.Pix {
		im.Pix[i] = uint8(i * i)
	}
	im.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRunOnPictures: a folder is a batch; what can't be read in it is named
// and left out.
func TestRunOnPictures(t *testing.T) {
	dir := t.TempDir()
	writePNG(t, filepath.Join(dir, "a.png"))
	writePNG(t, filepath.Join(dir, "b.png"))
	if err := os.WriteFile(filepath.Join(dir, "c.png"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := inProcess(t, "run", "--arch", "cifar_resnet20", "--input", dir, "--format", "json")
	var r run
	if err := json.Unmarshal([]byte(out), &r); code != exitDone || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, errs)
	}
	if len(r.Input.Names) != 2 || !slices.Equal(r.Output.Shape, []int{2, 10}) || !strings.Contains(errs, "c.png") {
		t.Errorf("images %v, output %v, stderr %q", r.Input.Names, r.Output.Shape, errs)
	}
	if !slices.Equal(r.Output.Logits[0], r.Output.Logits[1]) {
		t.Error("two copies of a picture give different logits")
	}
}

// TestWeights: a checkpoint of the initialisation gives what the seed gives.
func TestWeights(t *testing.T) {
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet20"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := checkpoint.WriteSafetensors(path, m.Params, m.Initial(1), nil); err != nil {
		t.Fatal(err)
	}
	loaded := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--weights", path)
	fresh := mustDecode[run](t, "run", "--arch", "cifar_resnet20", "--no-calibrate")
	if !slices.Equal(loaded.Output.Logits[0], fresh.Output.Logits[0]) || loaded.Model.Weights != path {
		t.Errorf("the checkpoint %s gives other logits than its seed", loaded.Model.Weights)
	}
	mustRun(t, "summary", "--arch", "cifar_resnet20", "--weights", path)
	code, _, errs := inProcess(t, "summary", "--arch", "cifar_resnet32", "--weights", path)
	if code != exitUsage || !strings.Contains(errs, "layer1.3.conv1.weight") {
		t.Errorf("weights of another net: exit %d, %s", code, errs)
	}
}

func TestProfile(t *testing.T) {
	p := mustDecode[profile.Profile](t, "profile", "--arch", "cifar_resnet20", "--runs", "5", "--warmup", "1")
	sum := p.Total.OverheadMS
	for _, l := range p.Layers {
		sum += l.MeanMS
		if l.Pass != "forward" || l.Kernel == "" || len(l.SamplesMS) != 5 || l.Bound == profile.BoundUnknown {
			t.Errorf("row %+v", l)
		}
	}
	if p.Runs != 5 || p.Warmup != 1 || len(p.Total.SamplesMS) != 5 || math.Abs(sum-p.Total.MeanMS) > 1e-9 {
		t.Errorf("%d runs; rows sum to %v of %v ms", p.Runs, sum, p.Total.MeanMS)
	}
	if !p.Ceilings.Measured || p.Memory.PeakRSSBytes < p.Memory.PredictedBytes/2 {
		t.Errorf("ceilings %+v, memory %+v", p.Ceilings, p.Memory)
	}
	one := mustDecode[profile.Profile](t, "profile", "--arch", "cifar_resnet20", "--runs", "1", "--no-fuse", "--threads", "1")
	if len(one.Layers) <= len(p.Layers) || one.Device.Threads != 1 {
		t.Errorf("%d rows unfused, %d fused", len(one.Layers), len(p.Layers))
	}
}

// TestPlainOutput: without a terminal the program prints a profile.
func TestPlainOutput(t *testing.T) {
	for _, args := range [][]string{{"--plain-output"}, nil} {
		out := mustRun(t, append(args, "--arch", "cifar_resnet20", "--runs", "2")...)
		if !strings.Contains(out, "layer1") || !strings.Contains(out, "img/s") || strings.Contains(out, "\x1b") {
			t.Errorf("%v:\n%s", args, out)
		}
	}
}

func TestEval(t *testing.T) {
	e := mustDecode[report.Eval](t, "eval", "--arch", "cifar_resnet20", "--data", "synthetic:160", "--batch", "16")
	if e.Total != 40 || e.Correct > e.Top5 || e.Accuracy != float64(e.Correct)/40 || e.Loss <= 0 || e.Batch != 16 {
		t.Errorf("%+v", e)
	}
	if limited := mustDecode[report.Eval](t, "eval", "--arch", "cifar_resnet20", "--data", "synthetic:160", "--limit", "7"); limited.Total != 7 {
		t.Errorf("--limit 7 took %d", limited.Total)
	}
}

// TestEvalRealWeights: as many of 846 test images right as PyTorch gets.
func TestEvalRealWeights(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "shared", "data")
	data := filepath.Join(shared, "cifar10_test_lossless_846.bin")
	if _, err := os.Stat(data); err != nil {
		t.Skip("the trained checkpoints are not beside the repository")
	}
	for _, c := range []struct {
		arch, file string
		correct    int
	}{{"cifar_resnet20", "resnet20-12fca82f.th", 776}, {"cifar_resnet56", "resnet56-4bfd9763.th", 789}} {
		e := mustDecode[report.Eval](t, "eval", "--arch", c.arch, "--weights", filepath.Join(shared, c.file), "--data", "cifar10:"+data)
		if e.Total != 846 || e.Correct != c.correct {
			t.Errorf("%s: %d of %d right, want %d", c.arch, e.Correct, e.Total, c.correct)
		}
	}
}

func TestInfo(t *testing.T) {
	t.Setenv("RESNET_TUI_LIBCUDA", "/nowhere/libcuda.so.1")
	i := mustDecode[report.Info](t, "info")
	if i.Schema != "resnet-tui/info/1" || i.Version == "" || i.CPU.Threads < 1 || i.CPU.Kernels == "" || i.Devices[0].ID != "cpu" {
		t.Errorf("%+v", i)
	}
	if i.CUDA.Found || i.CUDA.Reason == "" || i.CUDA.Tried[0] != "/nowhere/libcuda.so.1" {
		t.Errorf("%+v", i.CUDA)
	}
	if i.Ceilings == nil || i.Ceilings.GFLOPS <= 0 || i.Ceilings.GBPS <= 0 {
		t.Errorf("ceilings %+v", i.Ceilings)
	}
	again := mustDecode[report.Info](t, "info")
	if *again.Ceilings != *i.Ceilings {
		t.Errorf("ceilings are not kept: %+v, then %+v", i.Ceilings, again.Ceilings)
	}
	anew := mustDecode[report.Info](t, "info", "--measure")
	if anew.Ceilings.GFLOPS < i.Ceilings.GFLOPS || anew.Ceilings.GBPS < i.Ceilings.GBPS {
		t.Errorf("a higher ceiling was given up: %+v, then %+v", i.Ceilings, anew.Ceilings)
	}
}

func TestConfigFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("RESNET_TUI_CONFIG_DIR", dir)
	config := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config("# mine\nthreads: 1\nruns: 2\ncount: flops\n")
	args := []string{"profile", "--arch", "cifar_resnet20"}
	if p := mustDecode[profile.Profile](t, args...); p.Device.Threads != 1 || p.Runs != 2 {
		t.Errorf("%d threads, %d runs", p.Device.Threads, p.Runs)
	}
	if p := mustDecode[profile.Profile](t, append(args, "--runs", "3")...); p.Runs != 3 {
		t.Errorf("--runs 3 gave %d", p.Runs)
	}
	if out := mustRun(t, "summary", "--arch", "cifar_resnet20"); !strings.Contains(out, "FLOPs") {
		t.Error("count: flops has no effect")
	}
	for text, want := range map[string]string{
		"threads: 1\ncolour: red\n": `line 2: unknown key "colour"`,
		"threads: many\n":           "config.yaml:1: threads: many",
		"threads: [1, 2]\n":         "line 1",
		"- threads\n":               "line 1",
		"threads: 1\n\tx\n":         "line 2",
	} {
		config(text)
		if code, _, errs := inProcess(t, args...); code != exitUsage || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, %s", text, code, errs)
		}
	}
	config("# nothing\n")
	mustRun(t, "summary", "--arch", "cifar_resnet20")
}

// TestEmptyLists: a list without values is the default, as if the flag were not there,
// but for train's depths.
func TestEmptyLists(t *testing.T) {
	mustRun(t, "run", "--arch", "cifar_resnet8", "--labels", "")
	mustRun(t, "eval", "--arch", "cifar_resnet8", "--data", "synthetic:8", "--mean", "", "--std", "")
	code, _, errs := inProcess(t, "train", "--depth", "", "--data", "synthetic:8")
	if code != exitUsage || !strings.Contains(errs, `--depth ""`) {
		t.Errorf("train without a depth: exit %d, %s", code, errs)
	}
}

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"help", "counting"}, []string{"4,089,184,256", "3,857,973,248", "4,132,436,968", "4,133,742,592", "v1.5"}},
		{[]string{"counting", "--help"}, []string{"4,089,184,256"}},
		{[]string{"--help"}, []string{"summary", "profile", "--depth", "--weights"}},
		{[]string{"run", "--help"}, []string{"--labels", "--no-fuse"}},
		{[]string{"--version"}, []string{version()}},
		{[]string{"completion", "bash"}, []string{"resnet-tui"}},
		{[]string{"__complete", "summary", "--arch", "resnext50"}, []string{"resnext50_32x4d"}},
		{[]string{"__complete", "run", "--mode", ""}, []string{"eval", "train"}},
	} {
		out := mustRun(t, c.args...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v lacks %q", c.args, want)
			}
		}
	}
}

// TestInterrupt: a signal ends a long profile at once, with one line.
func TestInterrupt(t *testing.T) {
	cmd := exec.Command(binary, "profile", "--depth", "18", "--runs", "10000")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitFailed || errs.String() != "resnet-tui: interrupted\n" || out.Len() > 0 || time.Since(begin) > 30*time.Second {
		t.Errorf("%v after %v: %q", err, time.Since(begin), errs.String())
	}
}
