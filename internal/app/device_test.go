package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
	"resnet-tui/tensor/device"
	"resnet-tui/tensor/tensortest"
)

// fakeGPU computes nothing, on a machine of its own.
func fakeGPU() *tensortest.Fake {
	return &tensortest.Fake{
		About: tensor.Info{
			ID: "vulkan:0", Name: "Abacus RTX", Kind: tensor.KindDiscrete, Driver: "Abacus 550.1", Cores: 84,
			Kernels: "spir-v", Memory: 8e9, Free: 6e9, Precisions: []tensor.Precision{tensor.FP32, tensor.BF16},
		},
		Peak: tensor.Ceilings{
			FLOPS: 40e12, BytesPerSecond: 900e9, Matrix: map[tensor.Precision]float64{tensor.BF16: 160e12},
		},
		Kernel: func(_ *tensor.Plan, k tensor.KernelInfo) tensor.KernelInfo {
			return tensor.KernelInfo{Name: "conv 128×128", FLOPs: 1e6, Bytes: 1e5}
		},
		Time: func(*tensor.Plan, tensor.KernelInfo, int) time.Duration { return 10 * time.Microsecond },
	}
}

// withGPU has the program find a GPU beside the CPU, of which auto takes one.
func withGPU(t *testing.T, gpu *tensortest.Fake, auto device.Choice) {
	t.Helper()
	all := devices
	t.Cleanup(func() { devices = all })
	devices.open = func(ctx context.Context, name string, known device.Checks) (tensor.Device, error) {
		switch name {
		case gpu.About.ID:
			return gpu, nil
		case "cpu":
			return all.open(ctx, name, known)
		}
		return nil, &device.NameError{Name: name, Reason: "it is not here", Available: []string{"auto", "cpu", "vulkan:0"}}
	}
	devices.list = func() ([]tensor.Info, error) {
		list, err := all.list()
		return append(list[:1], gpu.About), err
	}
	devices.choose = func(ctx context.Context, known device.Checks) (tensor.Device, device.Choice, error) {
		dev, err := devices.open(ctx, auto.ID, known)
		return dev, auto, err
	}
}

var (
	autoGPU = device.Choice{ID: "vulkan:0", Why: "it is right"}
	autoCPU = device.Choice{ID: "cpu", Why: "the GPU is wrong", Skipped: true}
)

// onGPU is a tiny net on the GPU.
func onGPU() Spec {
	s := tiny("cifar_resnet8")
	s.Run = Run{Device: "vulkan:0"}
	return s
}

// TestReportsNameTheDevice: whatever ran on a GPU says which one, by what driver and in
// what precision, and no threads.
func TestReportsNameTheDevice(t *testing.T) {
	withGPU(t, fakeGPU(), autoGPU)
	v, spec := service(t), onGPU()
	spec.Run.Precision = "bf16"
	data := spec
	data.Net, data.Input.Data = resnet.Config{Arch: "cifar_resnet8", Batch: 4}, Data{Name: "synthetic:16"}
	measured := ProfileOptions{Runs: new(2)}
	for name, f := range map[string]func() (any, error){
		"run":     func() (any, error) { return v.Run(t.Context(), spec, RunOptions{}, Listener{}) },
		"profile": func() (any, error) { return v.Profile(t.Context(), spec, measured, Listener{}) },
		"eval":    func() (any, error) { return v.Evaluate(t.Context(), data, Listener{}) },
		"check": func() (any, error) {
			return v.Check(t.Context(), spec, CheckOptions{MaxMemory: new(1e9)}, Listener{})
		},
		"compare": func() (any, error) { return v.Compare(t.Context(), spec, CompareOptions{}, Listener{}) },
		"sweep": func() (any, error) {
			return v.Sweep(t.Context(), spec, SweepOptions{Batches: []int{1, 2}}, measured, Listener{})
		},
		"train": func() (any, error) {
			o := DefaultTrainOptions()
			o.Epochs = 1
			return v.Train(t.Context(), data, o, Listener{})
		},
	} {
		rep, err := f()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		want := `"device":{"id":"vulkan:0","name":"Abacus RTX","kind":"discrete","driver":"Abacus 550.1",` +
			`"kernels":"spir-v","precision":"bf16"}`
		if !strings.Contains(string(data), want) || strings.Contains(string(data), `"threads"`) {
			t.Errorf("%s: %.600s", name, data)
		}
	}
}

// TestAuto takes what is best, and says where a discrete GPU is not.
func TestAuto(t *testing.T) {
	spec := tiny("cifar_resnet8")
	spec.Run = Run{}
	for _, c := range []struct {
		choice device.Choice
		notice []string
	}{
		{autoGPU, nil},
		{autoCPU, []string{"running on cpu: the GPU is wrong"}},
	} {
		withGPU(t, fakeGPU(), c.choice)
		var h heard
		r, err := service(t).Run(t.Context(), spec, RunOptions{}, h.listener())
		if err != nil {
			t.Fatal(err)
		}
		if r.Device.ID != c.choice.ID || !slices.Equal(h.notices, c.notice) {
			t.Errorf("%+v: ran on %s, said %q", c.choice, r.Device.ID, h.notices)
		}
	}
	// Peaks are those of the CPU's plan, whatever auto takes.
	rep, err := Service{}.Summary(Spec{Net: resnet.Config{Arch: "cifar_resnet8"}}, SummaryOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if s := rep.(*report.Summary); s.Device.ID != "cpu" || s.Device.Threads < 1 {
		t.Errorf("peaks of %+v", s.Device)
	}
}

// TestDeviceMistakes: what the user got wrong says what there is.
func TestDeviceMistakes(t *testing.T) {
	withGPU(t, fakeGPU(), autoGPU)
	for _, c := range []struct {
		run  Run
		want string
	}{
		{Run{Device: "vulkan:7"}, `device: no device "vulkan:7": it is not here; available: auto, cpu, vulkan:0`},
		{Run{Device: "vulkan:0", Precision: "tf32"}, "precision tf32: vulkan:0 (Abacus RTX) computes in fp32, bf16 only"},
		{Run{Device: "cpu", Precision: "fp16"}, "precision fp16: the CPU computes in fp32, bf16 only"},
		{Run{Device: "cpu", Precision: "fp8"}, "precision fp8: it must be one of fp32, tf32, bf16, fp16"},
	} {
		spec := tiny("cifar_resnet8")
		spec.Run = c.run
		_, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{})
		refusedFor(t, err, c.want)
	}
	var h heard
	spec := onGPU()
	spec.Run.Threads = 2
	if _, err := service(t).Run(t.Context(), spec, RunOptions{}, h.listener()); err != nil || len(h.notices) != 1 {
		t.Errorf("threads of a GPU: %q (%v)", h.notices, err)
	}
}

// TestSweepOfAGPU takes no list of threads.
func TestSweepOfAGPU(t *testing.T) {
	withGPU(t, fakeGPU(), autoGPU)
	_, err := service(t).Sweep(t.Context(), onGPU(), SweepOptions{Threads: []int{1, 2}}, ProfileOptions{}, Listener{})
	refusedFor(t, err, "threads has 2 values")
}

// TestRoofsByDevice: a GPU's ceilings are its own, those of its precision and driver.
func TestRoofsByDevice(t *testing.T) {
	gpu := fakeGPU()
	withGPU(t, gpu, autoGPU)
	v := cached(t)
	runs := 2
	for _, c := range []struct {
		precision string
		want      float64
	}{{"fp32", 40_000}, {"bf16", 160_000}} {
		spec := onGPU()
		spec.Run.Precision = c.precision
		p, err := v.Profile(t.Context(), spec, ProfileOptions{Runs: &runs}, Listener{})
		if err != nil || p.Ceilings == nil || p.Ceilings.GFLOPS != c.want || p.Ceilings.GBPS != 900 {
			t.Errorf("%s: %+v (%v)", c.precision, p.Ceilings, err)
		}
	}
	i, err := v.Info(t.Context(), InfoOptions{Device: "vulkan:0"}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if i.CeilingsDevice != "vulkan:0" || i.Ceilings.GFLOPS != 40_000 || i.Devices[1].Ceilings == nil || i.Devices[0].Ceilings != nil {
		t.Errorf("%+v of %s, devices %+v", i.Ceilings, i.CeilingsDevice, i.Devices)
	}
	if r := i.Lower["bf16"]; r == nil || r.GFLOPS != 160_000 || len(i.Lower) != 1 {
		t.Errorf("ceilings of lower precisions: %+v", i.Lower)
	}
	if by := i.Devices[0].Products["bf16"]; !strings.Contains(by, i.CPU.Kernels) {
		t.Errorf("bf16 on the CPU is multiplied by %q", by)
	}
	if d := i.Devices[1]; d.ID != "vulkan:0" || d.Kind != "discrete" || d.Free != 6e9 || !slices.Equal(d.Precisions, []string{"fp32", "bf16"}) {
		t.Errorf("%+v", d)
	}
	if i.Auto.Device != "vulkan:0" || i.Auto.Why != "it is right" {
		t.Errorf("auto is %+v", i.Auto)
	}
	gpu.Peak.Matrix = nil
	v.CacheDir = t.TempDir()
	spec := onGPU()
	spec.Run.Precision = "bf16"
	var h heard
	p, err := v.Profile(t.Context(), spec, ProfileOptions{Runs: &runs}, h.listener())
	if err != nil || p.Ceilings != nil || !slices.ContainsFunc(h.notices, func(n string) bool {
		return strings.HasPrefix(n, "no roofline: vulkan:0 (Abacus RTX) does not tell what it can do in bf16")
	}) {
		t.Errorf("without a ceiling of bf16: %+v, %q (%v)", p.Ceilings, h.notices, err)
	}
	gpu.About.Driver = "Abacus 560"
	if c := v.roofs(gpu, 0, tensor.FP32).Known(); c.Known() {
		t.Errorf("another driver's ceilings are taken: %+v", c)
	}
}

// TestMemoryOfAGPU: what does not fit is refused with the largest batch that does.
func TestMemoryOfAGPU(t *testing.T) {
	gpu := fakeGPU()
	gpu.About.Free = 1 << 20
	withGPU(t, gpu, autoGPU)
	spec := onGPU()
	spec.Net.Batch = 64
	_, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{})
	var memory *tensor.MemoryError
	if !errors.As(err, &memory) {
		t.Fatal(err)
	}
	for _, want := range []string{"at batch 64 does not fit on vulkan:0 (Abacus RTX)", "the largest batch that fits is "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestTooLargeForAGPU: a tensor that a device can't take, whatever its memory, is named, and
// it is said which batch fits: here, none.
func TestTooLargeForAGPU(t *testing.T) {
	gpu := fakeGPU()
	large := &tensor.TooLargeError{Device: "Abacus RTX", Tensor: "conv1", Bytes: 5e9, Limit: 4e9}
	gpu.CompileError = fmt.Errorf("Conv2d conv1: %w", large)
	withGPU(t, gpu, autoGPU)
	_, err := service(t).Run(t.Context(), onGPU(), RunOptions{}, Listener{})
	_, planned := service(t).Summary(onGPU(), SummaryOptions{}, Listener{})
	for _, err := range []error{err, planned} {
		if !errors.Is(err, error(large)) || !strings.Contains(err.Error(), "; not even a batch of 1 fits") ||
			!strings.Contains(err.Error(), "does not fit on vulkan:0 (Abacus RTX): conv1 takes 5.00 GB, ") {
			t.Errorf("%v", err)
		}
	}
}

// TestLostDevice: an error of a device that is gone comes with what to do.
func TestLostDevice(t *testing.T) {
	gpu := fakeGPU()
	gpu.RunError = fmt.Errorf("vulkan:0 (Abacus RTX): %w", tensor.ErrLost)
	withGPU(t, gpu, autoGPU)
	_, err := service(t).Run(t.Context(), onGPU(), RunOptions{}, Listener{})
	var input *InputError
	if !Lost(err) || errors.As(err, &input) {
		t.Fatalf("%v (%T)", err, err)
	}
	if advice, ok := Advice(err); !ok || !strings.Contains(advice.String(), "device cpu") {
		t.Errorf("advice %q", advice)
	}
	if advice, ok := Advice(errors.New("no space")); ok {
		t.Errorf("another error's advice: %q", advice)
	}
}

// TestCompareDevices: the same net, weights and all, runs on another device.
func TestCompareDevices(t *testing.T) {
	withGPU(t, fakeGPU(), autoGPU)
	a := tiny("cifar_resnet8")
	a.Lesions = []string{"layer1.0=drop-branch"}
	a.Run.Device = "cpu"
	b, err := Variation(a, Spec{Run: Run{Device: "vulkan:0"}})
	if err != nil {
		t.Fatal(err)
	}
	b.Run.Device = "vulkan:0"
	c, err := service(t).Compare(t.Context(), a, CompareOptions{With: &b}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if c.A.Device.ID != "cpu" || c.B.Device.ID != "vulkan:0" || !slices.Equal(c.A.Model.Lesions, c.B.Model.Lesions) || c.A.Mode != c.B.Mode {
		t.Errorf("%+v with %v, and %+v with %v", c.A.Device, c.A.Model.Lesions, c.B.Device, c.B.Model.Lesions)
	}
	b.Run.Device = "vulkan:7"
	var h heard
	_, err = service(t).Compare(t.Context(), a, CompareOptions{With: &b}, h.listener())
	if refusedFor(t, err, `no device "vulkan:7"`); h.stages["weights"] > 0 {
		t.Error("the first net ran before the other's device was looked for")
	}
}

// TestBaselineOfAnotherDevice is said to be one.
func TestBaselineOfAnotherDevice(t *testing.T) {
	withGPU(t, fakeGPU(), autoGPU)
	v, runs := service(t), 2
	recorded, err := v.Profile(t.Context(), onGPU(), ProfileOptions{Runs: &runs}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	file := profileFile(t, recorded.Profile.Profile)
	for device, want := range map[string]bool{"cpu": true, "vulkan:0": false} {
		spec := onGPU()
		spec.Run.Device = device
		var h heard
		_, err := v.Check(t.Context(), spec, CheckOptions{Baseline: file, Runs: &runs}, h.listener())
		var open *InconclusiveError
		var broken *BrokenError
		if err != nil && !errors.As(err, &open) && !errors.As(err, &broken) {
			t.Fatal(err)
		}
		said := slices.ContainsFunc(h.notices, func(n string) bool {
			return strings.HasPrefix(n, "the baseline comes from elsewhere: vulkan:0 Abacus RTX (spir-v, fp32, Abacus 550.1), here")
		})
		if said != want {
			t.Errorf("on %s: said %q", device, h.notices)
		}
	}
}

// profileFile writes a profile.
func profileFile(t *testing.T, p *profile.Profile) string {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/profile.json"
	if err := WriteFile(path, data); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWrongKernelsAreNamed: a device that does without some of its kernels says so, and
// info has what was found.
func TestWrongKernelsAreNamed(t *testing.T) {
	gpu := fakeGPU()
	gpu.About.CheckKey = "Abacus on driver 1"
	withGPU(t, gpu, autoCPU)
	v := service(t)
	v.CacheDir = t.TempDir()
	(checks{v}).Keep(tensor.SelfCheck{
		Key: gpu.About.CheckKey, Kernels: 9, Wrong: []tensor.WrongKernel{{Name: "conv", What: "off by 0.5"}},
	})
	var h heard
	if _, err := v.Run(t.Context(), onGPU(), RunOptions{}, h.listener()); err != nil {
		t.Fatal(err)
	}
	if len(h.notices) != 1 || !strings.Contains(h.notices[0], "wrong kernels: conv (off by 0.5)") {
		t.Errorf("said %q", h.notices)
	}
	i, err := v.Info(t.Context(), InfoOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if c := i.Devices[1].Check; c == nil || c.Passed || c.Kernels != 9 || len(c.Wrong) != 1 {
		t.Errorf("info has %+v", c)
	}
}
