package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
)

// roofs gives a screen ceilings, and its kernels work that differs.
func roofs(t *testing.T, w, h int) *Model {
	t.Helper()
	m := screen(t, "resnet18", w, h)
	run(t, m, true, 20)
	m.state.Ceilings = profile.Ceilings{GFLOPS: 400, GBPS: 20}
	for _, n := range m.list.tree.order {
		k := &m.program.Kernels[n.Kernel]
		k.FLOPs, k.Bytes = 2*n.Cost.MACs, n.Cost.ReadBytes+n.Cost.WriteBytes
	}
	m.view = viewOf[*rooflineView](m)
	return m
}

func TestRoofline(t *testing.T) {
	for _, size := range [][2]int{{120, 30}, {60, 15}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			golden.RequireEqual(t, plain(roofs(t, size[0], size[1])))
		})
	}
}

// TestRooflineAxesMeet: the vertical axis stands on the corner of the
// horizontal one, left of everything that is drawn under the roofs.
func TestRooflineAxesMeet(t *testing.T) {
	corner, lines := -1, strings.Split(plain(roofs(t, 120, 30)), "\n")
	for _, l := range lines {
		if before, _, ok := strings.Cut(l, "└"); ok {
			corner = len([]rune(before))
		}
	}
	axis := 0
	for _, l := range lines {
		before, _, ok := strings.Cut(l, "┤")
		if !ok {
			continue
		}
		axis++
		if at := len([]rune(before)); at != corner {
			t.Errorf("the axis is at %d, the corner at %d: %s", at, corner, l)
		}
		if strings.ContainsFunc(before, func(r rune) bool { return r >= '⠀' && r <= '⣿' }) {
			t.Errorf("something is drawn left of the axis: %s", l)
		}
	}
	if corner < 0 || axis < 10 {
		t.Errorf("a corner at %d, %d cells of axis", corner, axis)
	}
}

// TestRooflineOfARecording: an opened profile has the chart, or the reason why
// not.
func TestRooflineOfARecording(t *testing.T) {
	m := roofs(t, 120, 30)
	m.about.Recorded = true
	if s := plain(m); !strings.Contains(s, "400 GFLOP/s") || !strings.Contains(s, "20.0 GB/s") {
		t.Errorf("no roofs:\n%s", s)
	}
	m.state.Ceilings = profile.Ceilings{}
	if s := plain(m); !strings.Contains(s, "recorded without the machine's ceilings") {
		t.Errorf("no reason:\n%s", s)
	}
	m.about.Recorded = false
	m.state.Ceilings = profile.Ceilings{}
	if s := plain(m); !strings.Contains(s, "M does it, once") {
		t.Errorf("not said how to measure:\n%s", s)
	}
}

// TestRooflinePlaces holds a kernel's place against its figures, and that what
// computes nothing has none.
func TestRooflinePlaces(t *testing.T) {
	m := roofs(t, 120, 30)
	n := m.list.tree.order[0]
	k := m.kernel(n)
	v := viewOf[*rooflineView](m)
	k.FLOPs, k.Bytes = 4e6, 1e5
	n.time = 40 * time.Microsecond
	d := v.roofDots()[0]
	if d.row != n || d.intensity != 40 || d.gflops != 100 || d.reached != 0.25 {
		t.Errorf("%+v; want 40 FLOP/byte, 100 GFLOP/s, a quarter of the roof", d)
	}
	m.list.reveal(n)
	if s := plain(m); !strings.Contains(s, "25 % of 400 GFLOP/s, 4.0× below it") {
		t.Errorf("the words are wrong:\n%s", s)
	}
	k.FLOPs = 0
	if s := plain(m); !strings.Contains(s, "no place under the roofs") {
		t.Errorf("what computes nothing has a place:\n%s", s)
	}
}

// TestRooflineClick selects each kernel by a click on its dot.
func TestRooflineClick(t *testing.T) {
	m := roofs(t, 120, 30)
	v := viewOf[*rooflineView](m)
	c := v.newRoofline(v.body)
	hits := 0
	for i := range c.dots {
		x, y := c.dotOf(&c.dots[i])
		v.click(c.at.x+x/2, c.at.y+y/4)
		if m.list.selected() == c.dots[i].row {
			hits++
		}
	}
	if hits < len(c.dots)/3 {
		t.Errorf("of %d dots, %d are where a click finds them", len(c.dots), hits)
	}
}

// TestRooflineAboveTheRoof: nothing computes faster than the processor can, so that a dot
// above the roof of arithmetic says that this was measured too low. Only above the roof
// of memory a cache explains it.
func TestRooflineAboveTheRoof(t *testing.T) {
	m := roofs(t, 160, 30)
	n := m.list.tree.order[0]
	k := m.kernel(n)
	m.list.reveal(n)
	n.time = 40 * time.Microsecond
	k.FLOPs, k.Bytes = 20e6, 1e5 // 500 GFLOP/s
	s := plain(m)
	if !strings.Contains(s, "125 % of 400 GFLOP/s, 1.25× above it: the ceiling was measured too low, M measures it") {
		t.Errorf("above the roof of arithmetic:\n%s", s)
	}
	if strings.Contains(s, "cache") {
		t.Errorf("a cache is said to lift arithmetic:\n%s", s)
	}
	k.FLOPs, k.Bytes = 1e6, 1e6 // 25 GB/s
	if s := plain(m); !strings.Contains(s, "1.25× above it: its bytes come from cache") {
		t.Errorf("above the roof of memory:\n%s", s)
	}
	m.press(tea.KeyPressMsg{Code: 'M', Text: "M"}, m.actions())
	asked := m.engine.(*still).asked
	if len(asked) != 1 || asked[0] != live.Request(live.MeasureCeilings{}) {
		t.Errorf("M asks for %v", asked)
	}
	m.about.Recorded = true
	k.FLOPs, k.Bytes = 20e6, 1e5
	if s := plain(m); strings.Contains(s, "M measures") {
		t.Errorf("a recording's machine can't be measured:\n%s", s)
	}
}

// TestRooflineDotsAreVisible: a kernel of no time to speak of has more than one dot, and
// those of the backward pass are hollow.
func TestRooflineDotsAreVisible(t *testing.T) {
	if r := discRadius(1, time.Second); r <= 1 {
		t.Errorf("a radius of %v is a single dot", r)
	}
	m := roofs(t, 120, 30)
	v := viewOf[*rooflineView](m)
	chart := v.newRoofline(v.body)
	d := roofDot{intensity: 10, gflops: 300}
	chart.disc(&d, 0, discRadius(0, 1), d.look())
	set := 0
	for _, bits := range chart.plot.dots {
		for ; bits != 0; bits &= bits - 1 {
			set++
		}
	}
	if set < 5 {
		t.Errorf("%d dots for a kernel", set)
	}
}
