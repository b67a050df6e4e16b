package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"resnet-tui/tensor"
)

// TestPassesWithoutTimesAreANotice: when a device times other kernels than the
// program has, the screen says so, once.
func TestPassesWithoutTimesAreANotice(t *testing.T) {
	m := screen(t, "cifar_resnet20", 120, 30)
	run(t, m, true, 3)
	if m.notice != "" {
		t.Fatalf("before: %q", m.notice)
	}
	wrong := func() {
		m.program.Recorder.Begin(m.program.Lowered)
		m.program.Recorder.Span(tensor.Span{Op: 1, End: 10})
		m.program.Recorder.End(20)
		m.sample(true)
	}
	wrong()
	const want = "passes without times: the device timed operation 1 (bn1), which heads no kernel"
	if !strings.HasPrefix(m.notice, want) {
		t.Fatalf("the notice is %q", m.notice)
	}
	if text := ansi.Strip(m.View().Content); !strings.Contains(text, "passes without times") {
		t.Errorf("the screen lacks the notice:\n%s", text)
	}
	m.notice = "" // a key
	wrong()
	if m.notice != "" {
		t.Errorf("the notice comes again: %q", m.notice)
	}
}
