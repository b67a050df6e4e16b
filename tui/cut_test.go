package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// roomBeside are the blank cells after a cut text that would have held more of it: those
// between a column of names and one of figures, which stand on the right, are fewer.
const roomBeside = 6

// cuts are the texts of a picture that are cut though there is room: blank cells beside
// them, or, at the right edge of their pane, a blank line below.
func cuts(m *Model) (found []string) {
	var c canvas
	c.reset(m.w, m.h)
	m.draw(&c)
	at := func(x, y int) rune { return c.cells[y*c.w+x].r }
	line := func(r rect, y int) string {
		text := ""
		for x := r.x; x < r.x+r.w; x++ {
			text += string(at(x, y))
		}
		return text
	}
	l := m.layout
	for _, r := range []rect{l.header, l.tabs, l.body, l.detail, l.third, l.footer} {
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				if at(x, y) != '…' {
					continue
				}
				gap := 0
				for x+1+gap < r.x+r.w && at(x+1+gap, y) == ' ' {
					gap++
				}
				atEdge := x+1+gap >= r.x+r.w || at(x+1+gap, y) == '│'
				if x+1 < r.x+r.w && gap == 0 && !atEdge {
					continue // a text of its own, "1…9"
				}
				below := ""
				if y+1 < r.y+r.h {
					below = strings.Trim(line(r, y+1), " │")
				}
				if !atEdge && gap >= roomBeside || atEdge && y+1 < r.y+r.h && below == "" {
					found = append(found, strings.TrimSpace(line(r, y)))
				}
			}
		}
	}
	return found
}

// cutNets are nets whose names, classes and rows differ in length.
var cutNets = []string{"resnet101", "resnet50v2", "cifar_resnet1202", "vgg19_bn"}

// samples are a row of each kind and look, from the top of the tree.
func samples(m *Model) []*node {
	var rows []*node
	seen := map[string]bool{}
	for _, n := range slices.Concat(m.list.tree.nodes, m.list.tree.tail) {
		what := fmt.Sprint(n.Kind, n.Note != "", len(n.Layers))
		if len(n.Layers) > 0 {
			what += n.Layers[0].Kind.String()
		}
		if !seen[what] {
			seen[what], rows = true, append(rows, n)
		}
	}
	return rows
}

// TestNothingIsCutBesideRoom draws all views of several nets, forward and backward,
// with a twin and with lesions, about rows of each kind.
func TestNothingIsCutBesideRoom(t *testing.T) {
	for _, arch := range cutNets {
		for _, size := range [][2]int{{80, 24}, {120, 30}, {160, 50}} {
			m := working(t, arch, size[0], size[1])
			m.state.Ceilings = profile.Ceilings{GFLOPS: 400, GBPS: 20}
			if noTwinOf(m.about.Model) == "" {
				beside(t, m)
			}
			reported := map[string]bool{}
			check := func(what string) {
				m.refresh()
				for _, cut := range cuts(m) {
					if !reported[cut] {
						t.Errorf("%s %d×%d, %s: %q", arch, m.w, m.h, what, cut)
					}
					reported[cut] = true
				}
			}
			for _, n := range samples(m) {
				m.show(m.layers)
				m.list.reveal(n)
				for _, v := range m.available() {
					if m.w < 100 && v.title() == "Memory" {
						continue // its table has more to say of each buffer than fits
					}
					m.show(v)
					check(v.title() + " at " + n.Label)
				}
			}
			m.show(m.layers)
			press(m, "E")
			for top := 0; top < min(len(m.list.rows), 400); top += m.list.height {
				m.list.moveTo(top)
				check("unfolded")
			}
			press(m, "C", "o")
			for top := 0; top < min(len(m.list.rows), 400); top += m.list.height {
				m.list.moveTo(top)
				check("ordered")
			}
			press(m, "esc")
			lesioned(m)
			check("lesions")
		}
	}
}

// TestNamesAreWhole: on a screen of 120 columns no row's name is cut, in the tree and
// where rows are ordered, nor in Compare, where the net's names leave room for a figure.
func TestNamesAreWhole(t *testing.T) {
	for _, arch := range cutNets {
		m := working(t, arch, 120, 60)
		if noTwinOf(m.about.Model) == "" {
			beside(t, m)
		}
		press(m, "E")
		for _, keys := range []string{"1", "o", "esc Compare"} {
			press(m, strings.Fields(keys)...)
			m.refresh()
			if keys != "1" && strings.Contains(arch, "v2") {
				continue // "conv3 layer3.1.bn1 layer3.1.relu"
			}
			for _, line := range strings.Split(plain(m), "\n") {
				if i := strings.Index(line, "… "); i >= 0 && !strings.Contains(line[:i], "│ ") {
					t.Errorf("%s, %s: %q", arch, keys, line)
				}
			}
		}
	}
}

// TestLinesGoOn: what is too long for a pane goes on below, further in, as long as there
// are lines; blank ones give way, and a fact is cut before one is lost.
func TestLinesGoOn(t *testing.T) {
	lines := []detailLine{
		{text: "AdaptiveAvgPool2d to 1×1"}, {}, {label: "sees", text: "627 px, every 32"}, {label: "end", text: "."},
	}
	text := func(h int) (all []string) {
		for _, l := range fitted(slices.Clone(lines), 12, h) {
			all = append(all, strings.TrimRight(l.label+"|"+l.text, " "))
		}
		return all
	}
	for h, want := range map[int][]string{
		8: {"|AdaptiveAvgP", "|ool2d to 1×1", "|", "sees|627 px,", "| every 32", "end|."},
		5: {"|AdaptiveAvgP", "|ool2d to 1×1", "sees|627 px,", "| every 32", "end|."},
		4: {"|AdaptiveAvgP", "|ool2d to 1×1", "sees|627 px, every 32", "end|."},
		3: {"|AdaptiveAvgPool2d to 1×1", "sees|627 px, every 32", "end|."},
		1: {"|AdaptiveAvgPool2d to 1×1", "sees|627 px, every 32", "end|."},
	} {
		if got := text(h); !slices.Equal(got, want) {
			t.Errorf("in %d lines: %q, want %q", h, got, want)
		}
	}
}

// TestLesionsAreNamedInFull: where a row is too narrow for what was done to its block, the
// pane says it.
func TestLesionsAreNamedInFull(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 30}} {
		m := working(t, "cifar_resnet20", size[0], size[1])
		m.list.tree.markLesions([]nn.Lesion{
			{Path: "layer1.0", Kind: nn.CutSkip}, {Path: "layer1.0", Kind: nn.ScaleBranch, Alpha: 0.5},
		})
		m.list.selectPath("layer1.0")
		if s := regexp.MustCompile(`(?m)(^|│) branch × 0.5\b`).FindString(plain(m)); s == "" {
			t.Errorf("%v: the pane doesn't name the lesions:\n%s", size, plain(m))
		}
	}
	m := working(t, "cifar_resnet20", 120, 30)
	m.list.tree.markLesions([]nn.Lesion{
		{Path: "layer1.0", Kind: nn.CutSkip}, {Path: "layer1.0", Kind: nn.ScaleBranch, Alpha: 0.5},
	})
	if s := plain(m); !strings.Contains(s, "╳ skip cut  branch × 0.5 ") {
		t.Errorf("the row is cut:\n%s", s)
	}
}

// lesioned puts lesions on the first two blocks, as many as they can have.
func lesioned(m *Model) {
	blocks := m.about.Model.Blocks()
	if len(blocks) == 0 {
		return
	}
	var lesions []nn.Lesion
	for _, l := range []nn.Lesion{
		{Path: blocks[0].Path, Kind: nn.CutSkip}, {Path: blocks[0].Path, Kind: nn.DropBranch},
		{Path: blocks[1].Path, Kind: nn.ScaleBranch, Alpha: 0.5}, {Path: blocks[1].Path, Kind: nn.Freeze},
	} {
		if _, err := resnet.Build(m.about.Model.Config, append(slices.Clone(lesions), l)...); err == nil {
			lesions = append(lesions, l)
		}
	}
	m.state.Actual = live.Settings{Lesions: lesions}
	m.list.tree.markLesions(lesions)
	m.list.reveal(m.list.tree.byBlock[blocks[1].Path])
}

// TestInputIsNamed: images that the user chose are named in the header, by their file,
// and in the pane about the net, in full.
func TestInputIsNamed(t *testing.T) {
	for _, size := range [][2]int{{120, 30}, {100, 24}, {160, 50}} {
		m := working(t, "cifar_resnet20", size[0], size[1])
		m.about.Input = "photos/of a trip/red cat.png"
		m.list.moveTo(0)
		lines := strings.Split(plain(m), "\n")
		if m.w >= 120 && !strings.Contains(lines[0], " red cat.png ") || strings.Contains(lines[0], "trip") {
			t.Errorf("%v: the header is %q", size, lines[0])
		}
		text := strings.Join(lines, "\n")
		if !strings.Contains(text, "  of photos/of a") || !strings.Contains(text, "cat.png\n") {
			t.Errorf("%v: no name in the pane:\n%s", size, text)
		}
	}
}
