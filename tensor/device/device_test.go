package device

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

var (
	gpu      = tensor.Info{ID: "vulkan:1", Name: "Abacus RTX", Kind: tensor.KindDiscrete}
	mobile   = tensor.Info{ID: "vulkan:2", Name: "Abacus Mini", Kind: tensor.KindIntegrated}
	software = tensor.Info{ID: "vulkan:0", Name: "softpipe", Kind: tensor.KindSoftware}
)

// machineWith is a machine with these GPUs, whose kernels are right.
func machineWith(gpus ...tensor.Info) *machine {
	return &machine{
		cpu: func() (tensor.Device, error) {
			return &tensortest.Fake{About: tensor.Info{ID: "cpu", Kind: tensor.KindCPU}}, nil
		},
		gpuNode: func() bool { return true },
		vulkan: &api{
			list:  func() ([]tensor.Info, error) { return gpus, nil },
			open:  func(n int) (tensor.Device, error) { return newChecked(gpus[n]), nil },
			tried: func() []string { return []string{"libvulkan.so.1"} },

			problems: func() []string { return nil },
		},
	}
}

// checked is a device with a self-check.
type checked struct {
	*tensortest.Fake
	wrong   []tensor.WrongKernel
	fails   error
	checks  int
	trusted []string // wrong kernels that it was told of
}

func newChecked(i tensor.Info) *checked {
	i.CheckKey = i.Name + " on driver 1"
	return &checked{Fake: &tensortest.Fake{About: i}}
}

func (d *checked) Check(context.Context) (tensor.SelfCheck, error) {
	d.checks++
	return tensor.SelfCheck{Key: d.About.CheckKey, Kernels: 9, Wrong: d.wrong}, d.fails
}

func (d *checked) Trust(c tensor.SelfCheck) {
	for _, w := range c.Wrong {
		d.trusted = append(d.trusted, w.Name)
	}
}

// memory keeps checks.
type memory map[string]tensor.SelfCheck

func (m *memory) Known(key string) (tensor.SelfCheck, bool) {
	c, ok := (*m)[key]
	return c, ok
}

func (m *memory) Keep(c tensor.SelfCheck) {
	if *m == nil {
		*m = memory{}
	}
	(*m)[c.Key] = c
}

// TestSelfCheck: a device is checked the first time on a driver, and told what was found
// every other time. A check without an answer leaves it closed.
func TestSelfCheck(t *testing.T) {
	m, known := machineWith(software), &memory{}
	first := newChecked(software)
	first.wrong = []tensor.WrongKernel{{Name: "conv"}}
	m.vulkan.open = func(int) (tensor.Device, error) { return first, nil }
	if _, err := m.open(t.Context(), "vulkan:0", known); err != nil || first.checks != 1 {
		t.Errorf("%d checks (%v)", first.checks, err)
	}
	again := newChecked(software)
	m.vulkan.open = func(int) (tensor.Device, error) { return again, nil }
	if _, err := m.open(t.Context(), "vulkan:0", known); err != nil || again.checks != 0 || !slices.Equal(again.trusted, []string{"conv"}) {
		t.Errorf("%d checks, told of %v (%v)", again.checks, again.trusted, err)
	}
	updated := newChecked(software)
	updated.About.CheckKey = "softpipe on driver 2"
	updated.fails = errors.New("the device is lost")
	m.vulkan.open = func(int) (tensor.Device, error) { return updated, nil }
	if _, err := m.open(t.Context(), "vulkan:0", known); err == nil || !strings.Contains(err.Error(), "vulkan:0 (softpipe) can't be opened: the device is lost") {
		t.Errorf("%v", err)
	}
	if _, kept := known.Known(updated.About.CheckKey); kept || updated.checks != 1 {
		t.Errorf("a check without an answer is kept: %v after %d", kept, updated.checks)
	}
}

// without is a machine where Vulkan can't be had.
func without() *machine {
	m := machineWith()
	m.vulkan.list = func() ([]tensor.Info, error) { return nil, errors.New("no library libvulkan.so.1") }
	return m
}

func TestOpen(t *testing.T) {
	dev, err := Open(t.Context(), "cpu", nil)
	if err != nil {
		t.Fatal(err)
	}
	if info := dev.Info(); info.ID != "cpu" || info.Cores < 1 || info.Kind != tensor.KindCPU {
		t.Errorf("it is %+v", info)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenByName(t *testing.T) {
	m := machineWith(software, gpu, mobile)
	for name, id := range map[string]string{
		"cpu": "cpu", "auto": "vulkan:1", "vulkan": "vulkan:1", "vulkan:0": "vulkan:0", "vulkan:2": "vulkan:2",
	} {
		dev, err := m.open(t.Context(), name, &memory{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := dev.Info().ID; got != id {
			t.Errorf("%s is %s, want %s", name, got, id)
		}
	}
}

// TestOpenNothing: an error names the device, why it can't be had, and what can.
func TestOpenNothing(t *testing.T) {
	t.Setenv(libcudaVariable, "")
	full, bare, nogpu := machineWith(software, gpu), without(), &machine{cpu: machineWith().cpu}
	for _, c := range []struct {
		on         *machine
		name, says string
		available  string
	}{
		{full, "cuda", "no CUDA device", "auto, cpu, vulkan:0 (softpipe, software), vulkan:1 (Abacus RTX, discrete)"},
		{full, "cuda:1", "no CUDA device", "vulkan:1"},
		{full, "vulkan:2", "the last Vulkan device here is number 1", "vulkan:1"},
		{full, "vulkan:", "a device's number is 0, 1, 2", "vulkan:1"},
		{full, "vulkan:x", "a device's number is 0, 1, 2", "vulkan:1"},
		{full, "vulkan:-1", "a device's number is 0, 1, 2", "vulkan:1"},
		{full, "vulkan:99999999999", "a device's number is", "vulkan:1"},
		{machineWith(software), "vulkan", "are software renderers, which must be asked for by number", "vulkan:0"},
		{machineWith(), "vulkan:0", "no Vulkan device here", "auto, cpu"},
		{bare, "vulkan", "no library libvulkan.so.1", "auto, cpu"},
		{nogpu, "vulkan:0", "this build has no Vulkan device", "auto, cpu"},
		{full, "tpu", "unknown name", "auto, cpu"},
		{full, "cpu:0", "unknown name", "auto, cpu"},
		{full, "", "unknown name", "auto, cpu"},
	} {
		dev, err := c.on.open(t.Context(), c.name, &memory{})
		var unknown *NameError
		if dev != nil || !errors.As(err, &unknown) || unknown.Name != c.name {
			t.Errorf("%q: %v, %v", c.name, dev, err)
			continue
		}
		for _, part := range []string{`"` + c.name + `"`, c.says, "available: auto, cpu", c.available} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v, want %q in it", c.name, err, part)
			}
		}
	}
}

// TestOpenFails: a device that is here and can't be opened is no mistake in its name.
func TestOpenFails(t *testing.T) {
	m := machineWith(software, gpu)
	m.vulkan.open = func(int) (tensor.Device, error) { return nil, errors.New("the driver has no memory") }
	_, err := m.open(t.Context(), "vulkan:1", &memory{})
	var unknown *NameError
	if err == nil || errors.As(err, &unknown) || err.Error() != "vulkan:1 (Abacus RTX) can't be opened: the driver has no memory" {
		t.Errorf("%v (%T)", err, err)
	}
}

// TestChoose: "auto" is the first discrete GPU that has passed its self-check, else the
// CPU, and says why.
func TestChoose(t *testing.T) {
	wrong := func(m *machine) *machine {
		open := m.vulkan.open
		m.vulkan.open = func(n int) (tensor.Device, error) {
			dev, err := open(n)
			if n == 1 {
				dev.(*checked).wrong = []tensor.WrongKernel{{Name: "conv", What: "off by 0.5"}}
			}
			return dev, err
		}
		return m
	}
	closed := machineWith(software, gpu)
	closed.vulkan.open = func(int) (tensor.Device, error) { return nil, errors.New("the driver has no memory") }
	hidden := machineWith(gpu)
	hidden.gpuNode = func() bool { return false }
	second := gpu
	second.ID, second.Name = "vulkan:3", "Abacus II"
	for name, c := range map[string]struct {
		on      *machine
		id, why string
		skipped bool
	}{
		"a discrete GPU":        {machineWith(software, gpu), "vulkan:1", "passed their self-check", false},
		"software alone":        {machineWith(software), "cpu", "no discrete GPU", false},
		"integrated":            {machineWith(software, mobile), "cpu", "no discrete GPU", false},
		"wrong kernels":         {wrong(machineWith(software, gpu)), "cpu", "vulkan:1 (Abacus RTX) is a discrete GPU, but its self-check failed: wrong kernels: conv (off by 0.5)", true},
		"wrong, then right":     {wrong(machineWith(software, gpu, mobile, second)), "vulkan:3", "Abacus II", false},
		"it can't be opened":    {closed, "cpu", "the driver has no memory", true},
		"no Vulkan":             {without(), "cpu", "no library libvulkan.so.1", false},
		"no GPU in the system":  {hidden, "cpu", "the system shows no discrete GPU", false},
		"a build without GPUs":  {&machine{cpu: machineWith().cpu}, "cpu", "this build has no Vulkan device", false},
		"no device of Vulkan's": {machineWith(), "cpu", "no discrete GPU", false},
	} {
		dev, choice, err := c.on.choose(t.Context(), &memory{})
		if err != nil || dev.Info().ID != c.id || choice.ID != c.id || choice.Skipped != c.skipped {
			t.Errorf("%s: %+v, %v", name, choice, err)
		}
		if !strings.Contains(choice.Why, c.why) {
			t.Errorf("%s: %q, want %q in it", name, choice.Why, c.why)
		}
	}
}

func TestList(t *testing.T) {
	ids := func(m *machine) (ids []string) {
		list, err := m.list()
		if err != nil {
			t.Error(err)
		}
		for _, i := range list {
			ids = append(ids, i.ID)
		}
		return ids
	}
	if got := ids(machineWith(software, gpu)); !slices.Equal(got, []string{"cpu", "vulkan:0", "vulkan:1"}) {
		t.Errorf("devices %v", got)
	}
	if got := ids(without()); !slices.Equal(got, []string{"cpu"}) {
		t.Errorf("without Vulkan: %v", got)
	}
}

func TestFindVulkan(t *testing.T) {
	for name, c := range map[string]struct {
		on     *machine
		found  bool
		reason string
	}{
		"devices":    {machineWith(software), true, ""},
		"no devices": {machineWith(), false, "no driver has a device"},
		"no loader":  {without(), false, "no library libvulkan.so.1"},
	} {
		s := c.on.findVulkan()
		if s.Found != c.found || !strings.Contains(s.Reason, c.reason) || (s.Reason == "") != c.found || len(s.Tried) != 1 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if s := (&machine{}).findVulkan(); s.Found || s.Reason != noVulkan {
		t.Errorf("a build without Vulkan: %+v", s)
	}
}

// TestLeftOut: who asks for a device that isn't there learns of the drivers that failed.
func TestLeftOut(t *testing.T) {
	m := machineWith()
	m.vulkan.problems = func() []string { return []string{"libabacus.so: no such file", "Abacus II is left out"} }
	const want = " (left out: libabacus.so: no such file; Abacus II is left out)"
	if _, err := m.open(t.Context(), "vulkan:0", &memory{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
	if s := m.findVulkan(); !strings.HasSuffix(s.Reason, want) {
		t.Errorf("%+v", s)
	}
}

func TestFindCUDA(t *testing.T) {
	driver := filepath.Join(t.TempDir(), "libcuda.so.1")
	t.Setenv(libcudaVariable, driver)
	if c := FindCUDA(); c.Tried[0] != driver || len(c.Tried) != 1+len(cudaLibraries) || c.Driver == driver {
		t.Errorf("without a file: %+v", c)
	}
	if err := os.WriteFile(driver, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := FindCUDA(); c.Driver != driver || !strings.Contains(c.Reason(), driver) {
		t.Errorf("with a file: %+v, %s", c, c.Reason())
	}
}
