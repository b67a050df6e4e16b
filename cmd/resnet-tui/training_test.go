package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/tensor"
)

// The gradients of a block are what the contract says: those of its two paths
// add up to that of its input, which is that of the output of the block before.
func TestRunBackward(t *testing.T) {
	r := mustDecode[report.Run](t, "run", "--arch", "cifar_resnet14", "--batch", "4", "--size", "16", "--paths", "2")
	if r.Mode != "train" || len(r.Labels) != 4 || r.Loss == nil || len(r.Blocks) != 6 || len(r.Paths) != 7 {
		t.Fatalf("mode %s, labels %v, loss %v, %d blocks, %d spectra", r.Mode, r.Labels, r.Loss, len(r.Blocks), len(r.Paths))
	}
	for i, b := range r.Blocks {
		in, skip, branch := float64(b.GradIn), float64(*b.GradSkip), float64(*b.GradBranch)
		sum := math.Sqrt(skip*skip + branch*branch + 2*float64(*b.Cosine)*skip*branch)
		if math.Abs(sum-in) > 1e-4*in || math.Abs(float64(*b.Ratio)-branch/skip) > 1e-9 {
			t.Errorf("%s: skip %g and branch %g at cosine %g make %g, not %g", b.Path, skip, branch, float64(*b.Cosine), sum, in)
		}
		if i > 0 && b.GradIn != r.Blocks[i-1].GradOut {
			t.Errorf("%s takes %g, the block before gives %g", b.Path, b.GradIn, r.Blocks[i-1].GradOut)
		}
		if p := r.Paths[i+1]; p.Block != b.Path || math.Abs(float64(p.Gradient)-in) > 1e-4*in || p.SumError > 1e-4 {
			t.Errorf("%s: paths %+v of %g", b.Path, p, in)
		}
	}
	params := map[string]bool{}
	for _, p := range r.ParamsGrad {
		params[p.Name] = p.Norm > 0
	}
	if len(params) != 3*13+2 || !params["conv1.weight"] || !params["layer3.1.bn2.bias"] || !params["fc.bias"] {
		t.Errorf("gradients of %v", params)
	}
	for _, l := range r.Layers {
		if l.FusedInto == "" && l.Kind == "Conv2d" && (l.TimeNS == nil || l.BackNS == nil) {
			t.Errorf("%s has no times: %+v", l.Path, l)
		}
	}
}

func TestPlainBlocksHaveNoSkip(t *testing.T) {
	var r struct{ Blocks []map[string]any }
	out := mustRun(t, "run", "--arch", "cifar_plain8", "--batch", "2", "--backward", "--labels", "1,2", "--format", "json")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Blocks {
		if _, has := b["grad_skip"]; has || b["grad_in"] == nil || b["grad_branch"] == nil {
			t.Errorf("%v", b)
		}
	}
}

func TestLesions(t *testing.T) {
	args := []string{"run", "--arch", "cifar_resnet8", "--no-calibrate"}
	intact := mustDecode[report.Run](t, args...)
	whole := mustDecode[report.Run](t, append(args, "--lesion", "layer2.0=scale:1")...)
	gone := mustDecode[report.Run](t, append(args, "--lesion", "layer2.0=drop-branch", "--lesion", "layer1.0=cut-skip")...)
	for i, v := range intact.Output.Logits[0] {
		if d := whole.Output.Logits[0][i] - v; math.Abs(float64(d)) > 1e-4*math.Abs(float64(v)) {
			t.Errorf("a branch scaled by 1 changes logit %d from %g to %g", i, v, whole.Output.Logits[0][i])
		}
	}
	if gone.Output.Logits[0][0] == intact.Output.Logits[0][0] {
		t.Error("lesions changed nothing")
	}
	for _, l := range gone.Layers {
		if strings.HasPrefix(l.Path, "layer2.0.conv") {
			t.Errorf("%s still runs", l.Path)
		}
	}
}

func TestProfileUpdate(t *testing.T) {
	p := mustDecode[profile.Profile](t, "profile", "--arch", "cifar_resnet8", "--batch", "2", "--update", "--runs", "2", "--warmup", "1", "--no-history")
	passes := map[string]int{}
	for _, r := range p.Layers {
		passes[r.Pass]++
	}
	if p.Mode != "train" || len(passes) != 3 || passes["update"] < 20 {
		t.Errorf("mode %s, rows by pass %v", p.Mode, passes)
	}
	back := mustDecode[profile.Profile](t, "profile", "--arch", "cifar_resnet8", "--backward", "--mode", "eval", "--runs", "1", "--warmup", "0", "--no-history")
	if len(back.Blocks) != 3 || back.Blocks[0].GradBranch == nil || back.Loss == nil {
		t.Errorf("loss %v, blocks %+v", back.Loss, back.Blocks)
	}
	for _, r := range back.Layers {
		if r.Pass == "update" || back.Mode != "eval" {
			t.Errorf("mode %s with a row %s %s", back.Mode, r.Path, r.Pass)
		}
	}
}

func TestStepMistakes(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"run --arch cifar_resnet8 --lesion layer9.0=freeze":                          "layer1.0 to layer3.0",
		"run --arch cifar_resnet8 --lesion x":                                        "BLOCK=LESION",
		"run --arch cifar_resnet8 --lesion layer1.0=scale:NaN":                       "finite",
		"run --arch cifar_resnet8 --lesion layer1.0=swap:layer2.0":                   "unlike",
		"run --arch cifar_resnet8 --lesion layer1.0=freeze --lesion layer1.0=freeze": "twice",
		"run --arch cifar_resnet8 --paths 0":                                         "--paths 0",
		"profile --arch cifar_resnet8 --labels 3":                                    "--backward",
		"profile --arch cifar_resnet8 --update --mode eval":                          "--mode eval",
		"train":                                                       "--data is missing",
		"train --data synthetic --epochs 0":                           "--epochs 0",
		"train --data synthetic --lr -1":                              "--lr -1",
		"train --data synthetic --momentum 1":                         "momentum 1",
		"train --data synthetic --schedule linear":                    "constant, step",
		"train --data synthetic --depth 20,21":                        "6n+2",
		"train --data synthetic --depth 20,20":                        "twice",
		"train --data synthetic --compare --plain":                    "--plain",
		"train --data synthetic --resume":                             "--save",
		"train --data synthetic --save " + dir + "/no --resume":       "there is no folder",
		"train --data synthetic --history " + dir + "/no/such/file":   "no folder",
		"train --data synthetic --arch vgg11 --compare":               "no plain twin",
		"train --data synthetic:40 --batch 64":                        "a batch of 64 images is too large",
		"train --data synthetic --depth 8,14 --weights " + dir + "/x": "of one net",
		"train --data folder:" + dir + "/nowhere":                     "nowhere",
	} {
		code, out, errs := inProcess(t, strings.Fields(args)...)
		if code != exitUsage || !strings.Contains(errs, want) || out != "" {
			t.Errorf("%s: exit %d, %q, want %q", args, code, errs, want)
		}
	}
}

type trainJSON struct {
	Schema string
	Runs   []struct {
		Model               struct{ Arch string }
		Seed, Epochs, Steps int
		Final               map[string]any
		Seconds             float64
		Checkpoint, History string
	}
	Summary map[string]any
}

func TestTrain(t *testing.T) {
	dir := t.TempDir()
	args := []string{"train", "--data", "synthetic:96", "--depth", "8", "--batch", "16", "--epochs", "2", "--compare", "--seeds", "2", "--save", dir}
	r := mustDecode[trainJSON](t, args...)
	if r.Schema != "resnet-tui/train/1" || len(r.Runs) != 4 || r.Summary["epoch"] != 2.0 {
		t.Fatalf("%+v", r)
	}
	last := r.Runs[3]
	if last.Model.Arch != "cifar_resnet8" || last.Seed != 2 || last.Epochs != 2 || last.Steps != 12 || last.Seconds <= 0 || r.Runs[0].Model.Arch != "cifar_plain8" {
		t.Errorf("%+v", last)
	}
	for _, name := range []string{"train_loss", "train_error", "test_loss", "test_error"} {
		if _, ok := last.Final[name].(float64); !ok {
			t.Errorf("no %s in %v", name, last.Final)
		}
	}
	if data, err := os.ReadFile(last.History); err != nil || strings.Count(string(data), "\n") != 4*(12+2) {
		t.Errorf("history: %v\n%s", err, data)
	}
	out := mustRun(t, "eval", "--arch", "cifar_resnet8", "--weights", last.Checkpoint, "--data", "synthetic:96", "--lesion", "layer1.0=drop-branch")
	if !strings.Contains(out, "of 24") {
		t.Errorf("%s", out)
	}
	again := mustDecode[trainJSON](t, append(args, "--resume")...)
	if again.Runs[3].Checkpoint != last.Checkpoint || again.Runs[3].Final["train_loss"] != last.Final["train_loss"] {
		t.Errorf("a finished run went on: %+v", again.Runs[3])
	}
	text := mustRun(t, append(args, "--resume")...)
	for _, want := range []string{"cifar_plain8 / cifar_resnet8", "mean over seeds", "loss by step"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Interrupted, training leaves a checkpoint from which it goes on.
func TestTrainInterrupted(t *testing.T) {
	dir := t.TempDir()
	args := []string{"train", "--data", "synthetic:4000", "--depth", "8", "--batch", "16", "--epochs", "50", "--schedule", "cosine", "--save", dir}
	cmd := exec.Command(binary, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	history := filepath.Join(dir, "history.jsonl")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(history); err == nil && strings.Count(string(data), "\n") >= 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not begin")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(errs.String(), "--resume goes on") {
		t.Errorf("%v: %s", err, errs.String())
	}
	saved, _ := filepath.Glob(filepath.Join(dir, "*-step*.safetensors"))
	if len(saved) != 1 {
		t.Errorf("saved %v", saved)
	}
	// The net is another: nothing is overwritten.
	code, _, refused := inProcess(t, append(args, "--resume", "--plain")...)
	if code == exitDone || !strings.Contains(refused, "no checkpoint of cifar_plain8") {
		t.Errorf("exit %d: %s", code, refused)
	}
}

// A disk that is full, and what a kill in the middle of writing leaves, do no
// harm to the checkpoint before.
func TestTrainFullDisk(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to limit the size of files with")
	}
	dir := t.TempDir()
	args := []string{"train", "--data", "synthetic:32", "--depth", "8", "--batch", "16", "--save", dir}
	mustRun(t, append(args, "--epochs", "1")...)
	saved, _ := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if len(saved) != 1 {
		t.Fatalf("saved %v", saved)
	}
	before, err := os.ReadFile(saved[0])
	if err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(dir, "."+filepath.Base(saved[0])+".ABCDEFGH.tmp")
	if err := os.WriteFile(torn, before[:1000], 0o600); err != nil {
		t.Fatal(err)
	}
	again := append(args, "--epochs", "2", "--resume")
	out, err := exec.Command(bash, append([]string{"-c", `ulimit -f 100; exec "$0" "$@"`, binary}, again...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "was not written") {
		t.Errorf("%v: %s", err, out)
	}
	if after, err := os.ReadFile(saved[0]); err != nil || string(after) != string(before) {
		t.Errorf("the checkpoint before has changed: %v", err)
	}
	mustRun(t, again...)
	if saved, _ = filepath.Glob(filepath.Join(dir, "*.safetensors")); len(saved) != 2 {
		t.Errorf("saved %v", saved)
	}
}

// TestResumeHint: a run that ended early says where it goes on, if anything was saved.
func TestResumeHint(t *testing.T) {
	saved := &report.Train{Runs: []report.TrainRun{{Checkpoint: "runs/a.safetensors"}}}
	lost := fmt.Errorf("vulkan:0 (Abacus RTX): %w", tensor.ErrLost)
	for _, c := range []struct {
		rep  *report.Train
		err  error
		want string
	}{
		{saved, lost, "runs/a.safetensors holds what was trained; --resume goes on from there"},
		{saved, context.Canceled, "runs/a.safetensors holds what was trained; --resume goes on from there"},
		{saved, errors.New("the disk is full"), ""},
		{saved, nil, ""},
		{&report.Train{}, lost, ""},
		{nil, lost, ""},
	} {
		if got := resumeHint(c.rep, c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
	if got := oneLine(lost); got != "vulkan:0 (Abacus RTX): the device is lost; start again, or run without it: --device cpu" {
		t.Errorf("%q", got)
	}
	if code := exitCode(lost); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}
