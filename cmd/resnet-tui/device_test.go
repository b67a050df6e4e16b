package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// runProgram runs the built program with some more environment.
func runProgram(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// vulkanZero is the first Vulkan device. The test is skipped where there is none.
func vulkanZero(t *testing.T) report.InfoDevice {
	t.Helper()
	i := mustDecode[report.Info](t, "info")
	at := slices.IndexFunc(i.Devices, func(d report.InfoDevice) bool { return d.ID == "vulkan:0" })
	if at < 0 {
		t.Skip("there is no Vulkan device: ", i.Vulkan.Reason)
	}
	return i.Devices[at]
}

// TestVulkan: a net gives the same on a Vulkan device as on the CPU, and its JSON says
// where it ran.
func TestVulkan(t *testing.T) {
	gpu := vulkanZero(t)
	net := []string{"--arch", "cifar_resnet8", "--size", "8", "--batch", "2"}
	on := func(device string, args ...string) []string {
		return slices.Concat(args[:1], net, args[1:], []string{"--device", device})
	}
	here := mustDecode[run](t, on("cpu", "run")...)
	there := mustDecode[run](t, on("vulkan:0", "run")...)
	if d := there.Device; d.ID != "vulkan:0" || d.Name != gpu.Name || d.Driver == "" || d.Precision != "fp32" || d.Threads != 0 {
		t.Errorf("it ran on %+v", d)
	}
	for n, logits := range here.Output.Logits {
		for i, v := range logits {
			if d := there.Output.Logits[n][i] - v; d > 1e-4 || d < -1e-4 {
				t.Errorf("logit %d of image %d is %g on the CPU and %g there", i, n, v, there.Output.Logits[n][i])
			}
		}
	}
	c := mustDecode[report.Compare](t, on("cpu", "compare", "--with", "--device vulkan:0")...)
	if c.A.Device.ID != "cpu" || c.B.Device.ID != "vulkan:0" || c.Outputs == nil || c.Outputs.Agree != 2 || c.Outputs.MaxDifference > 1e-4 {
		t.Errorf("compared %+v with %+v: %+v", c.A.Device, c.B.Device, c.Outputs)
	}
	if s := mustDecode[report.Summary](t, on("vulkan:0", "summary")...); s.Device.ID != "vulkan:0" || s.Total.PeakBytesTrain <= s.Total.PeakBytesEval {
		t.Errorf("peaks of %+v: %+v", s.Device, s.Total)
	}
}

// TestDiffOfDevices: recordings of two devices are compared as such.
func TestDiffOfDevices(t *testing.T) {
	vulkanZero(t)
	dir := t.TempDir()
	record := func(device string) string {
		file := filepath.Join(dir, strings.ReplaceAll(device, ":", "")+".json")
		mustRun(t, "profile", "--arch", "cifar_resnet8", "--size", "8", "--runs", "3", "--warmup", "1", "--no-history",
			"--device", device, "--format", "json", "-o", file)
		return file
	}
	a, b := record("cpu"), record("vulkan:0")
	d := mustDecode[profile.Diff](t, "diff", a, b)
	if !d.OtherDevice || d.AboutB.Device.ID != "vulkan:0" || len(d.OnlyA)+len(d.OnlyB) > 0 {
		t.Errorf("of other devices: %v, %+v, rows %d and %d", d.OtherDevice, d.AboutB.Device, len(d.OnlyA), len(d.OnlyB))
	}
	if out := mustRun(t, "diff", a, b); !strings.Contains(out, "One process a side, on different devices") {
		t.Errorf("%s", out)
	}
}

// TestDeviceMistakes: a device or a precision that isn't there is one line that says what
// is, with exit code 2 and nothing on stdout.
func TestDeviceMistakes(t *testing.T) {
	nowhere := []string{"RESNET_TUI_LIBVULKAN=/nowhere/libvulkan.so.1"}
	for _, c := range []struct {
		env  []string
		args string
		want []string
	}{
		{nowhere, "run --arch cifar_resnet8 --device vulkan:0", []string{`--device: no device "vulkan:0"`, "/nowhere/libvulkan.so.1", "available: auto, cpu"}},
		{nowhere, "summary --arch cifar_resnet8 --device vulkan", []string{`no device "vulkan"`}},
		{nowhere, "run --arch cifar_resnet8 --device tpu", []string{`no device "tpu": unknown name; available: auto, cpu`}},
		{nowhere, "profile --arch cifar_resnet8 --device vulkan:99999", []string{`no device "vulkan:99999"`}},
		{nowhere, "compare --arch cifar_resnet8 --with=--device=vulkan:0", []string{`no device "vulkan:0"`}},
		{nowhere, "train --data synthetic:16 --device vulkan:0", []string{`no device "vulkan:0"`}},
		{nil, "run --arch cifar_resnet8 --device cpu --precision fp16", []string{"--precision fp16: the CPU computes in fp32, bf16 only"}},
		{nil, "run --arch cifar_resnet8 --device cpu --precision fp8", []string{"--precision", "fp32, tf32, bf16, fp16"}},
	} {
		code, out, errs := runProgram(t, c.env, strings.Fields(c.args)...)
		if code != exitUsage || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, %q", c.args, code, out, errs)
		}
		for _, want := range c.want {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: %q, want %q in it", c.args, errs, want)
			}
		}
	}
}

// TestWithoutVulkan: info says what was tried, and auto takes the CPU.
func TestWithoutVulkan(t *testing.T) {
	code, out, errs := runProgram(t, []string{"RESNET_TUI_LIBVULKAN=/nowhere/libvulkan.so.1"}, "info", "--format", "json")
	var i report.Info
	if err := json.Unmarshal([]byte(out), &i); err != nil || code != exitDone {
		t.Fatalf("exit %d: %s (%v)", code, errs, err)
	}
	if i.Vulkan.Found || i.Vulkan.Reason == "" || !slices.Contains(i.Vulkan.Tried, "/nowhere/libvulkan.so.1") {
		t.Errorf("Vulkan: %+v", i.Vulkan)
	}
	if len(i.Devices) != 1 || i.Auto.Device != "cpu" || i.Auto.Why == "" {
		t.Errorf("devices %+v, auto %+v", i.Devices, i.Auto)
	}
}
