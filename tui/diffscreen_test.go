package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// someDiff has a row of each verdict.
func someDiff() *profile.Diff {
	ms := func(v float64) *float64 { return &v }
	side := func(threads int) profile.DiffSide {
		return profile.DiffSide{
			Model:  "resnet50",
			Input:  profile.Input{Shape: tensor.Shape{1, 3, 224, 224}},
			Device: profile.Device{Name: "Abacus", Threads: threads}, Processes: 8,
		}
	}
	test := func(p, low, high float64) profile.DiffTest {
		return profile.DiffTest{
			PValue: ms(p / 4), PAdjusted: ms(p), Interval: &[2]float64{low, high}, Significant: low > 1 || high < 1,
		}
	}
	return &profile.Diff{
		TurnAbout: true, A: "before.json", B: "after.json", AboutA: side(1), AboutB: side(2),
		Total: profile.DiffTotal{AMS: 30, BMS: 27.5, DeltaMS: -2.5, DiffTest: test(0.0001, 0.88, 0.95)},
		Layers: []profile.DiffRow{
			{
				Path: "layer1.0.conv2", Pass: "forward", AMS: ms(6), BMS: ms(3), DeltaMS: ms(-3),
				DiffTest: test(4e-5, 0.48, 0.52), AKernel: "direct 3x3", BKernel: "winograd 4x4",
			},
			{
				Path: "layer2.0.conv1", Pass: "forward", AMS: ms(1), BMS: ms(1.6), DeltaMS: ms(0.6),
				DiffTest: test(2e-3, 1.5, 1.75), AKernel: "direct 3x3", BKernel: "direct 3x3",
			},
			{Path: "fc", Pass: "forward", AMS: ms(4), BMS: ms(3.9), DeltaMS: ms(-0.1), DiffTest: test(0.6, 0.9, 1.1)},
			{Path: "conv1", Pass: "backward", AMS: ms(2), BMS: ms(2), DeltaMS: ms(0)},
		},
		OnlyA: []profile.DiffRow{{Path: "maxpool", Pass: "forward", AMS: ms(0.5)}},
		OnlyB: []profile.DiffRow{{Path: "bn1", Pass: "forward", BMS: ms(0.25)}},
	}
}

func diffText(s *diffScreen) string {
	lines := strings.Split(ansi.Strip(s.View().Content), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestDiffScreen(t *testing.T) {
	for _, size := range [][2]int{{120, 14}, {80, 24}, {60, 10}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := newDiffScreen(&DiffOptions{Diff: someDiff()})
			s.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			golden.RequireEqual(t, diffText(s))
		})
	}
}

// TestDiffScreenGreysNoise: what is within noise recedes, what is beyond it
// does not.
func TestDiffScreenGreysNoise(t *testing.T) {
	d := someDiff()
	for i, want := range []look{forwardLook, warningLook, faint, plainText} {
		if got := diffLook(&d.Layers[i]); got != want {
			t.Errorf("row %s has look %v, want %v", d.Layers[i].Path, got, want)
		}
	}
}

func TestDiffScreenSortsAndMoves(t *testing.T) {
	s := newDiffScreen(&DiffOptions{Diff: someDiff()})
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 8})
	for _, first := range []string{"layer2.0.conv1", "layer2.0.conv1", "layer1.0.conv2", "layer1.0.conv2"} {
		s.Update(tea.KeyPressMsg{Code: 'o', Text: "o"})
		if s.rows[0].Path != first {
			t.Errorf("by %s, %s comes first, not %s", diffOrders[s.order].name, s.rows[0].Path, first)
		}
	}
	s.Update(tea.KeyPressMsg{Code: 'G', Text: "G"})
	if s.rows[s.cursor].Path != "bn1" || !strings.Contains(diffText(s), "only in B") {
		t.Errorf("the last row is not shown:\n%s", diffText(s))
	}
	if _, cmd := s.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); cmd == nil {
		t.Error("q does not quit")
	}
}

// TestDiffScreenFilters: words of the filter look for paths, verdicts and kernels; esc
// brings all rows back before it quits.
func TestDiffScreenFilters(t *testing.T) {
	s := newDiffScreen(&DiffOptions{Diff: someDiff()})
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	enter := func(keys string) {
		for _, r := range keys {
			s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	for filter, want := range map[string]int{
		"layer": 2, "faster": 1, "winograd": 1, "only in": 2, "conv1 back": 1, "q": 0,
	} {
		s.clearFilter()
		enter("/" + filter)
		if len(s.rows) != want || !strings.Contains(diffText(s), "/"+filter) {
			t.Errorf("%q keeps %d rows, not %d:\n%s", filter, len(s.rows), want, diffText(s))
		}
		s.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	}
	if _, cmd := s.Update(tea.KeyPressMsg{Code: tea.KeyEscape}); cmd != nil || len(s.rows) != 6 {
		t.Errorf("esc leaves %d rows", len(s.rows))
	}
	if _, cmd := s.Update(tea.KeyPressMsg{Code: tea.KeyEscape}); cmd == nil {
		t.Error("esc without a filter does not quit")
	}
}

// TestDiffScreenHelps: the help names the keys; the mouse selects a row.
func TestDiffScreenHelps(t *testing.T) {
	s := newDiffScreen(&DiffOptions{Diff: someDiff()})
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.Update(tea.KeyPressMsg{Code: '?', Text: "?"})
	if text := diffText(s); !strings.Contains(text, "filter by path, verdict or kernel") {
		t.Errorf("help:\n%s", text)
	}
	s.Update(tea.KeyPressMsg{Code: '?', Text: "?"})
	s.Update(tea.MouseClickMsg{X: 3, Y: s.head() + 2, Button: tea.MouseLeft})
	if s.rows[s.cursor].Path != "fc" {
		t.Errorf("a click selects %s", s.rows[s.cursor].Path)
	}
}

// TestDiffScreenOfSingleProcesses: rows that differ are of this pair only, and the
// screen says why.
func TestDiffScreenOfSingleProcesses(t *testing.T) {
	d := someDiff()
	d.Reason, d.TurnAbout = "one process a side", false
	d.AboutA.Processes, d.AboutB.Processes = 1, 1
	r := &d.Layers[0]
	r.DiffTest = profile.DiffTest{PValue: r.PValue, InPair: true}
	s := newDiffScreen(&DiffOptions{Diff: d})
	s.Update(tea.WindowSizeMsg{Width: 100, Height: 24})
	for _, want := range []string{"differs in this pair", "one process a side"} {
		if text := diffText(s); !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}
