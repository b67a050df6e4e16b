package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
)

// alikeBlocks are nets whose blocks are the more alike the closer they are, the twin's less.
func alikeBlocks(m *Model) *live.Similarity {
	paths := []string{"maxpool"}
	for _, b := range m.about.Model.Blocks() {
		paths = append(paths, b.Path)
	}
	paths = append(paths, "avgpool")
	side := func(name string, far float64) live.Alike {
		a := live.Alike{Name: name, Paths: paths}
		for i := range paths {
			var row []float64
			for j := range paths {
				row = append(row, math.Exp(-far*math.Abs(float64(i-j))))
			}
			a.CKA = append(a.CKA, row)
		}
		return a
	}
	twin := side("plain50", 0.6)
	return &live.Similarity{Net: side("resnet50", 0.1), Twin: &twin, Images: 32, Noise: true}
}

// alike is a screen of a net whose similarity is known.
func alike(t testing.TB, w, h int) *Model {
	m := screen(t, "resnet50", w, h)
	run(t, m, true, 5)
	m.state.Similarity = alikeBlocks(m)
	press(m, "Similarity")
	m.refresh()
	return m
}

func TestSimilarity(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {120, 30}, {80, 24}, {20, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := alike(t, size[0], size[1])
			m.ascii = size[0] == 120 // whose characters say how bright a cell is
			press(m, "down", "down", "down", "right")
			golden.RequireEqual(t, plain(m))
		})
	}
}

// TestSimilarityCursor: keys and clicks move it, and what it is on is said: the twin's below
// the diagonal, the net's above.
func TestSimilarityCursor(t *testing.T) {
	m := alike(t, 120, 40)
	v := viewOf[*similarityView](m)
	says := func(want string) {
		t.Helper()
		if s := plain(m); !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
	press(m, "down", "down", "right")
	says(fmt.Sprintf("layer1.1 and layer1.0: %.3f (plain50)", math.Exp(-0.6)))
	press(m, "g", "right", "right", "right")
	says(fmt.Sprintf("maxpool and layer2.0: %.3f (resnet50)", math.Exp(-0.4)))
	at := arrangeSimilarity(v.body, len(v.places())).matrix
	click(m, m.layout.body.x+at.x+at.w-1, m.layout.body.y+at.y)
	says("maxpool and avgpool:")
	press(m, "G", "enter")
	if m.view != m.layers || m.list.selected().Path != "avgpool" {
		t.Errorf("enter leads to %s", titleOf(m.list.selected()))
	}
	m.state.Similarity.Net.CKA[0][1] = math.NaN()
	press(m, "Similarity", "g", "left", "left", "left", "left", "left", "left", "left", "left", "left", "left", "left", "left",
		"left", "left", "left", "left", "left", "right")
	says("unknown: not finite")
}

// TestSimilarityIsAskedFor by keys, and its progress is shown.
func TestSimilarityIsAskedFor(t *testing.T) {
	m := screen(t, "resnet50", 120, 30)
	run(t, m, true, 5)
	press(m, "Similarity", "r", "enter")
	want := []live.Request{live.MeasureSimilarity{}, live.MeasureSimilarity{}}
	if got := m.engine.(*still).asked; !slices.Equal(got, want) {
		t.Errorf("asked %v", got)
	}
	if s := plain(m); !strings.Contains(s, "not measured yet: r runs the net") {
		t.Errorf("%s", s)
	}
	m.state.Phase, m.state.Progress = live.Resembling, live.Progress{Done: 8, Total: 32}
	if s := plain(m); !strings.Contains(s, "25 %") {
		t.Errorf("no progress in\n%s", s)
	}
}
