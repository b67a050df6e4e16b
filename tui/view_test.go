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
