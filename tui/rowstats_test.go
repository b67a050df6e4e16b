package tui

import (
	"math"
	"strings"
	"testing"
	"time"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// TestColumnsAgreeWithThePane: p95 and ± of every kind of row are the same in the
// columns and in the pane, forward alone and with a backward pass.
func TestColumnsAgreeWithThePane(t *testing.T) {
	m := screen(t, "cifar_resnet20", 200, 50)
	p := stepProgram(t, m.about.Model.Model, 12)
	m.state = &live.State{Phase: live.Running, Results: live.Results{Program: p}}
	m.adopt(p)
	m.refresh()
	m.sample(true)
	m.list.setOpen(true)
	for i, n := range m.list.rows {
		m.list.moveTo(i)
		m.refresh()
		p95, half := m.layers.cellFigure(colP95, n).String(), m.layers.cellFigure(colSpread, n).String()
		if took := m.list.tree.took(n); took <= 0 {
			continue
		}
		if p95 == profile.Dash {
			t.Errorf("%s has no p95", n.ID)
		}
		for _, line := range m.detail.timing(n) {
			if strings.TrimSpace(line.label) == "p95" && line.text != p95 {
				t.Errorf("%s: p95 is %s in the column, %s in the pane", n.ID, p95, line.text)
			}
			if line.label == "time" && half != profile.Dash && !strings.HasSuffix(line.text, " ±"+half) {
				t.Errorf("%s: ±%s in the column, %q in the pane", n.ID, half, line.text)
			}
		}
	}
}

// TestHeaderAndPaneMeanTheSameInterval: the net has one ±, wherever it stands.
func TestHeaderAndPaneMeanTheSameInterval(t *testing.T) {
	m := screen(t, "resnet18", 160, 40)
	run(t, m, true, 40)
	m.list.moveTo(0)
	m.refresh()
	half := " ±" + percent(m.snap.ErrorOf(&m.snap.Wall)).String()
	if rate, pane := m.rateText(), m.detail.timing(m.list.tree.root)[0].text; !strings.HasSuffix(rate, half) || !strings.HasSuffix(pane, half) {
		t.Errorf("the header says %q, the pane %q, want%s", rate, pane, half)
	}
}

// TestStepsKnowNoWhole: before every kernel has run there is no time of the net or of a
// module that is not through, no share and no rate; then rows add up to the whole.
func TestStepsKnowNoWhole(t *testing.T) {
	m := screen(t, "cifar_resnet20", 160, 50)
	p := stepProgram(t, m.about.Model.Model, 0)
	m.state = &live.State{Phase: live.Stepping, Results: live.Results{Program: p, Step: &live.Step{Layer: 0, Ordinal: 1, Count: 9}}}
	m.adopt(p)
	m.refresh()
	step := func(kernels []tensor.KernelInfo) {
		for _, k := range kernels {
			p.Recorder.BeginStep(p.Lowered)
			p.Recorder.Span(tensor.Span{Op: k.Op, End: 10 * time.Microsecond})
			p.Recorder.End(20 * time.Microsecond)
		}
		m.sample(true)
		m.refresh()
	}
	last := len(m.list.tree.order) - 1 // the classifier's, of the forward pass
	step(p.Kernels[:last])
	step(p.Kernels[last+1:])
	root, first := m.list.tree.root, m.list.tree.order[0]
	if first.time != 10*time.Microsecond {
		t.Errorf("a kernel that has run takes %v", first.time)
	}
	for _, n := range append(m.list.tree.nodes, m.list.tree.tail...) {
		if share := m.share(n); share != 0 {
			t.Errorf("%s has %v of a pass that has not run", n.ID, share)
		}
	}
	if rate := m.layers.cellFigure(colRate, root).String(); m.list.tree.took(root) != 0 || rate != profile.Dash {
		t.Errorf("the net takes %v at %s GFLOP/s", m.list.tree.took(root), rate)
	}
	if text := m.rateText(); text != "" {
		t.Errorf("the header says %q", text)
	}
	step(p.Kernels[last : last+1])
	sum := 0.0
	for _, n := range append(m.list.tree.order, m.list.tree.tail...) {
		sum += m.share(n)
	}
	if math.Abs(sum-1) > 1e-9 || m.share(root) != 1 {
		t.Errorf("shares add up to %v, the net has %v", sum, m.share(root))
	}
}

// TestBoxesAreShares: a box of the timeline takes the part of its width that the text
// below says.
func TestBoxesAreShares(t *testing.T) {
	m := screen(t, "resnet18", 200, 40)
	run(t, m, true, 12)
	v := viewOf[*timelineView](m)
	p := v.icicle(1000)
	for _, path := range []string{"layer1", "layer3", "layer4.1"} {
		m.list.selectPath(path)
		n, cells := m.list.selected(), 0
		for x := range p.w {
			if kernel, _ := p.at(x); kernel != nil && kernel.within(n) {
				cells++
			}
		}
		if drawn, said := float64(cells)/float64(p.w), m.share(n); math.Abs(drawn-said) > 0.002 {
			t.Errorf("%s is drawn as %.4f of a pass, and has %.4f", path, drawn, said)
		}
	}
}

// TestBusyMachineIsNamed: while others take processors, the header and the device say
// that times are too long.
func TestBusyMachineIsNamed(t *testing.T) {
	m := screen(t, "resnet18", 120, 40)
	run(t, m, true, 5)
	if text := plain(m); strings.Contains(text, "busy") {
		t.Errorf("busy without being told:\n%s", text)
	}
	s := *m.state
	s.Machine = &profile.Machine{Processors: 2, OthersCores: 1.4}
	m.state = &s
	if text := plain(m); !strings.Contains(text, "the machine is busy") {
		t.Errorf("no word of a busy machine:\n%s", text)
	}
	m.view = viewOf[*deviceView](m)
	if text := plain(m); !strings.Contains(text, "other programs used 1.40 of 2 cores, times are too long") {
		t.Errorf("no word of a busy machine:\n%s", text)
	}
}

// TestPrecisionIsNamed: whatever else the header says, it says that numbers are bf16's.
func TestPrecisionIsNamed(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 30}, {160, 50}} {
		m := screen(t, "resnet18", size[0], size[1])
		run(t, m, true, 5)
		s := *m.state
		s.Machine = &profile.Machine{Processors: 2, OthersCores: 1.4}
		m.state = &s
		m.about.Precision = tensor.BF16
		if header, _, _ := strings.Cut(plain(m), "\n"); !strings.Contains(header, "bf16") {
			t.Errorf("%v: the header is %q", size, header)
		}
	}
}

// TestThroughputHasThreeDigits: images per second like any other figure.
func TestThroughputHasThreeDigits(t *testing.T) {
	for rate, want := range map[float64]string{0.123: "0.123", 21.44: "21.4", 334: "334", 2334: "2.33 k", 45678: "45.7 k"} {
		if got := perSecond(rate); got != want {
			t.Errorf("%v images a second: %q, want %q", rate, got, want)
		}
	}
}
