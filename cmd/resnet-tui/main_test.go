package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// binary is the program, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(withBinary(m)) }

func withBinary(m *testing.M) int {
	dir, err := os.MkdirTemp("", "resnet-tui-test")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "resnet-tui.exe")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	// After the build, whose cache is the user's.
	for _, env := range []string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"} {
		os.Setenv(env, filepath.Join(dir, env))
	}
	os.Setenv("LC_ALL", "C.UTF-8")
	for _, env := range []string{"RESNET_TUI_CONFIG_DIR", "RESNET_TUI_LIBCUDA"} {
		os.Unsetenv(env)
	}
	return m.Run()
}

// inProcess runs the program in this process.
func inProcess(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{in: strings.NewReader(""), out: &out, err: &errs, self: binary}
	code = p.main(t.Context(), args)
	return code, out.String(), errs.String()
}

// mustRun is the output of a run that must succeed.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := inProcess(t, args...)
	if code != exitDone {
		t.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	return out
}

// mustDecode reads the JSON of a run that must succeed.
func mustDecode[T any](t *testing.T, args ...string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(mustRun(t, append(args, "--format", "json")...)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBadInput runs the real program: one line on stderr that says what was
// wrong, nothing on stdout, and the exit code.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	junk := write("junk.pth", "this is no checkpoint")
	text := write("cat.jpg", "this is no picture")
	npy := write("x.npy", "this is no array")
	foreign := write("foreign.json", `{"schema":"else"}`)
	data := write("cifar.bin", strings.Repeat("x", 3073*2+5))
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"summary --depth 51", 2, "18, 26, 34, 50, 101, 152"},
		{"summary --depth 0", 2, "--depth 0"},
		{"summary --depth 1e3", 2, "whole number"},
		{"summary --batch 0", 2, "--batch 0"},
		{"summary --batch -3", 2, "--batch -3"},
		{"summary --batch 1000000000", 2, "too many elements"},
		{"summary --batch 99999999999999999999", 2, "--batch 9999"},
		{"summary --size 0", 2, "--size 0"},
		{"summary --size 3x", 2, "--size 3x"},
		{"summary --size 1000000", 2, "too many elements"},
		{"summary --classes 0", 2, "--classes 0"},
		{"summary --channels x", 2, "--channels x"},
		{"summary --arch vgg19 --size 16", 2, "features"},
		{"summary --arch resnet5o", 2, "resnet50"},
		{"summary --arch resnet18 --depth 50", 2, "depth 18"},
		{"summary --family cifar --depth 21", 2, "6n+2"},
		{"summary --variant v3", 2, "v1, v1.5, v2"},
		{"summary --shortcut E", 2, "A, A-end, B, C, D"},
		{"summary --stem 5x5", 2, "7x7, 3x3, deep"},
		{"summary --stem 7x7 --family cifar", 2, "stem of its own"},
		{"summary --stem deep --family cifar", 2, "stem of its own"},
		{"summary --stem deep --arch vgg19", 2, "VGG has no blocks"},
		{"summary --shortcut D --plain", 2, "--shortcut D does not go with --plain"},
		{"summary --depth 20", 2, "--arch cifar_resnet20"},
		{"summary --arch resnet56", 2, "--arch cifar_resnet56"},
		{"summary --family cifar --depth 18", 2, "--arch resnet18_3x3"},
		{"summary --depth 51", 2, "--blocks makes others"},
		{"summary --blocks 0", 2, "--blocks 0: a stage has"},
		{"summary --blocks 1e9", 2, "--blocks 1e9: it must be"},
		{"summary --blocks 1000000000,1,1,1", 2, "from 1 to 10000 blocks"},
		{"summary --blocks 1,1,1,1,1", 2, "four stages"},
		{"summary --blocks 1,1,1", 2, "family imagenet has 4"},
		{"summary --depth 34 --groups 3", 2, "bottlenecks only"},
		{"summary --groups 0", 2, "--groups 0"},
		{"summary --width-per-group 1000000", 2, "from 1 to 4096"},
		{"summary --count nope", 2, "torchvision"},
		{"summary --format xml", 2, "text, json, csv, md"},
		{"summary --bogus", 2, "--bogus"},
		{"summary --batch", 2, "--batch"},
		{"summary extra", 2, "extra"},
		{"summary -o " + dir + "/no/such/file", 2, "no folder"},
		{"summary -o " + dir, 2, "is a folder"},
		{"sumary", 2, "summary"},
		{"frobnicate", 2, "frobnicate"},
		{"run --threads -1", 2, "--threads -1"},
		{"run --threads 100000", 2, "--threads 100000"},
		{"run --device cuda", 2, "no CUDA device"},
		{"run --device cuda:7", 2, "cuda:7"},
		{"run --device abacus", 2, "abacus"},
		{"summary --device cuda", 2, "no CUDA device"},
		{"run --device cpu --precision fp16", 2, "fp32, bf16 only"},
		{"run --mode sideways", 2, "eval, train"},
		{"run --weights " + dir + "/none.pth", 2, "none.pth"},
		{"run --weights " + junk, 2, "junk.pth"},
		{"run --weights " + dir, 2, "folder"},
		{"run --weights builtin:resnet50", 2, "fashion-resnet20"},
		{"run --input " + dir + "/none.jpg", 2, "none.jpg"},
		{"run --input " + text, 2, "cat.jpg"},
		{"run --input " + npy, 2, "x.npy"},
		{"run --input " + text + " --input " + npy, 2, "don't mix"},
		{"run --labels 1000", 2, "0 to 999"},
		{"run --labels 1,2", 2, "2 labels for 1 image"},
		{"run --labels cat", 2, "whole number"},
		{"run --labels 1,", 2, "--labels 1,"},
		{"run --arch cifar_resnet8 --size 1 --mode train", 1, "one value"},
		{"profile --count wheels", 2, "ptflops"},
		{"run --count all", 2, "ptflops"},
		{"--theme plaid", 2, "--theme plaid"},
		{"profile --runs 0", 2, "--runs 0"},
		{"profile --runs 1000000000", 2, "--runs 1000000000"},
		{"profile --warmup -1", 2, "--warmup -1"},
		{"profile --depth 152 --batch 100000", 1, "the largest batch that fits is"},
		{"profile --arch vgg19 --size 30000", 1, "not even a batch of 1 fits"},
		{"eval", 2, "--data is missing"},
		{"eval --data wheels", 2, "cifar10:PATH"},
		{"eval --data cifar10:" + data, 2, "cifar.bin"},
		{"eval --data synthetic --mean a,b", 2, "not a number"},
		{"eval --data synthetic --std 0", 2, "greater than 0"},
		{"eval --data synthetic --size 99", 2, "--size 99"},
		{"eval --data synthetic --classes 3", 2, "--classes 3"},
		{"info extra", 2, "extra"},
		{"diff a.json", 2, "takes two profiles"},
		{"diff " + dir + "/none.json " + junk, 2, "none.json"},
		{"diff " + junk + " " + junk, 2, "neither a profile's JSON nor"},
		{"open", 2, "takes one file"},
		{"open " + dir, 2, "folder"},
		{"open " + foreign, 2, "schema"},
		{"check --depth 18", 2, "nothing to check"},
		{"check --depth 18 --max-params many", 2, "--max-params many"},
		{"check --depth 18 --max-ms -1", 2, "--max-ms -1"},
		{"check --depth 18 --baseline " + junk, 2, "junk.pth"},
		{"profile --batch 1,x", 2, "--batch 1,x"},
		{"profile --batch 1,2 --html x.html", 2, "lists ask for several"},
		{"profile --html " + dir + "/no/such/file", 2, "no folder"},
		{"profile --pprof -", 2, "stdout has the report"},
		{"profile --html " + dir + "/x --folded " + dir + "/x", 2, "writes there already"},
		{"history --last 0", 2, "--last 0"},
		{"--depth 51", 2, "18, 26, 34, 50, 101, 152"},
		{"inspect wheels", 2, "it must be one of "},
		{"inspect --wheels", 2, "--wheels"},
		{"inspect maps", 2, "--at is missing: the path of a layer or block, such as layer4.2"},
		{"inspect maps extra", 2, "extra"},
		{"inspect stats --arch cifar_resnet8 --at layer9", 2, "--at: cifar_resnet8 has no layer or block \"layer9\""},
		{"inspect stats --arch cifar_resnet8 --at bn1.running_mean", 2, "--at: cifar_resnet8 has no layer or block"},
		{"inspect stats --arch cifar_resnet8 -o x.png", 2, "the ending must be .json"},
		{"inspect maps --arch cifar_resnet8 --at layer9", 2, "--at: cifar_resnet8 has no layer or block \"layer9\""},
		{"inspect maps --arch cifar_resnet8 --at relu#7", 2, "--at: relu#7: relu is called once, which is #0"},
		{"inspect maps --arch cifar_resnet8 --at conv1 --image 1", 2, "--image 1: the batch has 1"},
		{"inspect maps --arch cifar_resnet8 --at conv1 --image -1", 2, "--image -1"},
		{"inspect maps --arch cifar_resnet8 --at conv1 -o x.gif", 2, "the ending must be .json, .npy"},
		{"inspect maps --arch cifar_resnet8 --at conv1 -o x", 2, "the ending must be .json, .npy"},
		{"inspect maps --arch cifar_resnet8 --at conv1 -o x.json --format csv", 2, "does not go with --format csv"},
		{"inspect maps --arch cifar_resnet8 --at conv1 -o " + dir + "/no/x.npy", 2, "no folder"},
		{"inspect maps --arch cifar_resnet8 --at conv1 --data wheels", 2, "cifar10:PATH"},
		{"inspect explain --arch cifar_resnet8 --class 10", 2, "--class 10: the net has 10 classes"},
		{"inspect explain --arch cifar_resnet8 --class wheel", 2, "no class of that name: give one as \"airplane\""},
		{"inspect explain --arch cifar_resnet8 --classes 7 --class ship", 2, "names of this net's 7 classes are not known"},
		{"inspect explain --arch cifar_resnet8 --method lime", 2, "it must be one of gradcam, gradient"},
		{"inspect explain --arch cifar_resnet8 --at fc", 2, "no rows and columns"},
		{"inspect explain --arch cifar_resnet8 --at layer7", 2, "no layer or block \"layer7\""},
		{"inspect explain --arch cifar_resnet8 --method gradient --at layer1.0", 2, "--at belongs to --method gradcam"},
		{"inspect explain --arch cifar_resnet8 --patch 3", 2, "--patch belongs to --method occlusion"},
		{"inspect explain --arch cifar_resnet8 --method integrated --steps 0", 2, "--steps 0"},
		{"inspect explain --arch cifar_resnet8 --method occlusion --patch 33", 2, "a patch of 33: it must be from 1 to 32"},
		{"inspect explain --arch cifar_resnet8 --method occlusion --stride 0", 2, "--stride 0"},
		{"inspect explain --arch cifar_resnet8 --image 1", 2, "--image 1: the batch has 1"},
		{"inspect explain --arch cifar_resnet8 -o x.csv", 2, "the ending must be .json, .npy, .png"},
		{"inspect field --arch cifar_resnet8 --at layer1.0", 2, "--unit is missing"},
		{"inspect field --arch cifar_resnet8 --unit 0,0,0", 2, "--at is missing"},
		{"inspect field --arch cifar_resnet8 --at layer1.0 --unit 16,0,0", 2, "its output is 16×32×32, counted from 0"},
		{"inspect field --arch cifar_resnet8 --at layer1.0 --unit 0,0", 2, "it must be C,Y,X"},
		{"inspect field --arch cifar_resnet8 --at layer1.0 --unit 0,a,0", 2, "\"a\" is not a whole number"},
		{"inspect field --arch cifar_resnet8 --at layer1.0 --unit 0,0,0 -o x.png", 2, "the ending must be .json"},
		{"inspect similarity --arch cifar_resnet8", 2, "--data or --input is missing"},
		{"inspect similarity --arch cifar_resnet8 --data synthetic:12", 2, "3 images are too few"},
		{"inspect similarity --arch cifar_resnet8 --data synthetic:16 --estimator other", 2, "debiased, biased"},
		{"inspect similarity --arch cifar_resnet8 --data synthetic:16 --with x", 2, "x is not a flag"},
		{"inspect similarity --arch cifar_resnet8 --data synthetic:16 --with --channels=1", 2, "both must take the same"},
		{"inspect similarity --arch cifar_resnet8 --data synthetic:90000", 2, "--limit"},
		{"inspect similarity --arch cifar_resnet8 --data synthetic:16 -o x.csv", 2, ".json, .npy, .png"},
		{"inspect excite --arch cifar_resnet8 --at conv1", 2, "--data is missing"},
		{"inspect excite --arch cifar_resnet8 --data synthetic:16", 2, "--at is missing"},
		{"inspect excite --arch cifar_resnet8 --at conv1 --data synthetic:16 --channel 16", 2, "conv1 has 16 channels"},
		{"inspect excite --arch cifar_resnet8 --at conv1 --data synthetic:16 --top 0", 2, "--top 0"},
		{"inspect excite --arch cifar_resnet8 --at conv1 --data synthetic:16 -o x.npy", 2, "the ending must be .json, .png"},
		{"inspect excite --arch cifar_resnet8 --at conv1 --data synthetic:16 --input " + npy, 2, "both bring images"},
		{"inspect excite --arch cifar_resnet8 --at conv1 --data synthetic:16 --mode train --batch 3", 2, "no whole number"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, strings.Fields(c.args)...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != c.code {
				t.Fatalf("%v, want exit %d: %s", err, c.code, errs.String())
			}
			line := errs.String()
			if !strings.HasPrefix(line, "resnet-tui: ") || strings.Count(line, "\n") != 1 || !strings.Contains(line, c.want) {
				t.Errorf("stderr is not one line with %q:\n%s", c.want, line)
			}
			if out.Len() > 0 {
				t.Errorf("stdout has %q", out.String())
			}
		})
	}
}

// TestOneLine: what several parts of a program say alike is said once, and then what can
// be done about it.
func TestOneLine(t *testing.T) {
	lost := fmt.Errorf("vulkan:0: %w", tensor.ErrLost)
	const want = "vulkan:0: the device is lost; start again, or run without it: --device cpu"
	if got := oneLine(errors.Join(lost, lost)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
