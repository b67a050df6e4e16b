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
			Device: profile.Device{Name: "Abacus", Threads: threads},
		}
	}
	return &profile.Diff{
		A: "before.json", B: "after.json", AboutA: side(1), AboutB: side(2),
		Total: profile.DiffTotal{AMS: 30, BMS: 27.5, DeltaMS: -2.5, PValue: ms(0.0001), Significant: true},
		Layers: []profile.DiffRow{
			{
				Path: "layer1.0.conv2", Pass: "forward", AMS: ms(6), BMS: ms(3), DeltaMS: ms(-3),
				PValue: ms(1e-5), QValue: ms(4e-5), Significant: true,
			},
			{
				Path: "layer2.0.conv1", Pass: "forward", AMS: ms(1), BMS: ms(1.6), DeltaMS: ms(0.6),
				PValue: ms(1e-3), QValue: ms(2e-3), Significant: true,
			},
			{Path: "fc", Pass: "forward", AMS: ms(4), BMS: ms(3.9), DeltaMS: ms(-0.1), PValue: ms(0.6), QValue: ms(0.6)},
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
	for _, size := range [][2]int{{120, 14}, {60, 10}, {20, 5}} {
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
