package tui

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// plain is what a screen shows, without colours and blanks at line ends.
func plain(m *Model) string {
	m.refresh()
	m.stale = true
	lines := strings.Split(ansi.Strip(m.View().Content), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// viewOf is a screen's view of a type.
func viewOf[V view](m *Model) V {
	for _, v := range m.views {
		if v, ok := v.(V); ok {
			return v
		}
	}
	panic("no such view")
}

// tabOf is the tab of a view.
func tabOf(m *Model, title string) string { return tabKey(m.views, titled(m, title)) + " " + title }

// titled is a screen's view of a title.
func titled(m *Model, title string) view {
	return m.views[slices.IndexFunc(m.views, func(v view) bool { return v.title() == title })]
}

func TestLayers(t *testing.T) {
	for _, size := range [][2]int{{120, 24}, {80, 24}, {60, 15}, {20, 5}, {200, 50}, {19, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "resnet101", size[0], size[1])
			run(t, m, true, 20)
			golden.RequireEqual(t, plain(m))
		})
	}
}

// TestGutters shows each way in which a skip is drawn, fused and not.
func TestGutters(t *testing.T) {
	for _, c := range []struct {
		arch, filter string
		fused        bool
	}{
		{"resnet50", "layer2", true},
		{"resnet50", "layer2", false},
		{"cifar_resnet20", "layer2", true},
		{"cifar_plain20", "layer2", true},
		{"resnet50v2", "layer2", true},
		{"vgg19_bn", "features", true},
		{"keras_resnet50", "layer2", true},
	} {
		t.Run(fmt.Sprintf("%s fused %v", c.arch, c.fused), func(t *testing.T) {
			m := screen(t, c.arch, 100, 45)
			run(t, m, c.fused, 3)
			m.list.setOpen(true)
			m.list.setFilter(c.filter)
			m.state.Phase, m.state.Desired.Running = live.Paused, false
			m.sample(true)
			golden.RequireEqual(t, plain(m))
		})
	}
}

func TestViews(t *testing.T) {
	for _, v := range []string{"Timeline", "Memory", "Device"} {
		for _, size := range [][2]int{{120, 24}, {60, 15}, {20, 5}} {
			t.Run(fmt.Sprintf("%s %dx%d", v, size[0], size[1]), func(t *testing.T) {
				m := screen(t, "resnet18", size[0], size[1])
				run(t, m, true, 20)
				m.state.Ceilings = profile.Ceilings{GFLOPS: 400, GBPS: 20}
				m.view = titled(m, v)
				out := plain(m)
				out = regexp.MustCompile(`go1\S+ \S+/\S+`).ReplaceAllString(out, "GOVERSION OS/ARCH")
				golden.RequireEqual(t, out)
			})
		}
	}
}

// someGPU is a GPU with two memories, of which the system tells some sensors.
var someGPU = tensor.Info{
	ID: "vulkan:0", Name: "Abacus RTX", Kind: tensor.KindDiscrete, Driver: "Abacus 550.1", API: "Vulkan 1.3.277",
	Kernels: "spir-v", Memory: 8e9, Free: 6e9, Cores: 84,
	Heaps:      []tensor.Heap{{Size: 8e9, Free: 6e9, Local: true}, {Size: 16e9}},
	Precisions: []tensor.Precision{tensor.FP32, tensor.BF16},
	Features:   []string{"timestamps of steps"},
	Sensors:    tensor.Sensors{ClockMHz: 1980, Celsius: 41},
}

// TestGPU: the header names a GPU and no threads, and the Device view shows what is known
// of it now.
func TestGPU(t *testing.T) {
	for _, size := range [][2]int{{120, 24}, {60, 15}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := screen(t, "resnet18", size[0], size[1])
			m.about.Device, m.about.Precision = someGPU, tensor.BF16
			run(t, m, true, 20)
			now := someGPU
			now.Heaps = []tensor.Heap{{Size: 8e9, Free: 5e9, Local: true}, {Size: 16e9}}
			m.state.Device, m.state.Ceilings = &now, profile.Ceilings{GFLOPS: 160e3, GBPS: 900}
			m.view = titled(m, "Device")
			out := plain(m)
			out = regexp.MustCompile(`go1\S+ \S+/\S+`).ReplaceAllString(out, "GOVERSION OS/ARCH")
			golden.RequireEqual(t, out)
		})
	}
}

// TestSoftwareRenderer: what computes on the processor has no memory of its own, and no
// sensors that a line could wait for.
func TestSoftwareRenderer(t *testing.T) {
	m := screen(t, "resnet18", 80, 24)
	m.about.Device = tensor.Info{
		ID: "vulkan:0", Name: "soft", Kind: tensor.KindSoftware, Driver: "soft 1", Memory: 2e9,
		Heaps: []tensor.Heap{{Size: 2e9, Local: true}},
	}
	run(t, m, true, 5)
	m.view = titled(m, "Device")
	s := plain(m)
	if !strings.Contains(s, "2.00 GB of the host") {
		t.Errorf("whose memory is it?\n%s", s)
	}
	for _, wrong := range []string{"of its own", "clock", "temperature", "power"} {
		if strings.Contains(s, wrong) {
			t.Errorf("%q stands in\n%s", wrong, s)
		}
	}
}

// TestLostGPU: the header says in one line what happened, and the Device view all of it.
func TestLostGPU(t *testing.T) {
	m := screen(t, "resnet18", 120, 24)
	m.about.Device = someGPU
	run(t, m, true, 5)
	m.state.Phase = live.Failed
	m.state.Err = fmt.Errorf("vulkan:0 (Abacus RTX): %w: its driver has reset it, or it was taken away; "+
		"start again, or run without it: --device cpu", tensor.ErrLost)
	if s := plain(m); !strings.HasPrefix(s, " resnet18  ✗ vulkan:0 (Abacus RTX): the device is lost: its driver") {
		t.Errorf("%s", s)
	}
	m.view = titled(m, "Device")
	if s := strings.Join(strings.Fields(plain(m)), " "); !strings.Contains(s, "--device cpu") {
		t.Errorf("%s", s)
	}
}

// TestDeviceOfARecording says nothing of this machine.
func TestDeviceOfARecording(t *testing.T) {
	m := recording(t, "resnet18", 160, 40)
	m.state.Ceilings = profile.Ceilings{GFLOPS: 400, GBPS: 20}
	m.view = titled(m, "Device")
	m.stale = true
	s := plain(m)
	for _, wrong := range []string{"this machine", "may use", runtime.Version()} {
		if strings.Contains(s, wrong) {
			t.Errorf("a recording says %q:\n%s", wrong, s)
		}
	}
	if !strings.Contains(s, "400 GFLOP/s") || !strings.Contains(s, "the machine of the recording") {
		t.Errorf("no ceilings:\n%s", s)
	}
}
