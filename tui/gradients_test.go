package tui

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// someGradients are made up: they fall from block to block, and the branch has
// less and less of them.
func someGradients(m *nn.Model) *live.Gradients {
	var blocks []nn.BlockGradient
	for i, b := range m.Blocks() {
		f := math.Exp(-float64(i) / 3)
		v := nn.BlockGradient{
			Path: b.Path, Out: 0.9 * f, Branch: f * 0.8 / (1 + float64(i)/4), HasBranch: true, Cosine: math.NaN(),
		}
		if v.In = v.Branch; b.Block.Skip != nn.NoSkip {
			v.Skip, v.HasSkip = f, true
			v.Cosine = 0.08 - float64(i)/100
			v.In = math.Sqrt(v.Skip*v.Skip + v.Branch*v.Branch + 2*v.Cosine*v.Skip*v.Branch)
		}
		blocks = append(blocks, v)
	}
	g := live.NewGradients(7.01, 8, "seeded labels", blocks)
	g.Params["conv1.weight"] = 0.25
	return g
}

// went gives a screen a backward pass, and a twin's if one is named.
func went(t *testing.T, m *Model, twin string) {
	t.Helper()
	m.state.Actual.Backward, m.state.Gradients = true, someGradients(m.about.Model.Model)
	if twin != "" {
		g := someGradients(build(t, twin).Model)
		for i := range g.Blocks {
			g.Blocks[i].In *= math.Pow(2, float64(-i))
		}
		m.state.Twin = &live.Twin{Gradients: g}
	}
}

func TestGradients(t *testing.T) {
	for _, c := range []struct {
		arch, twin string
		w, h       int
	}{
		{"resnet101", "plain101", 120, 30}, {"resnet50", "", 100, 24}, {"cifar_plain20", "", 80, 24},
		{"resnet18", "plain18", 60, 15}, {"resnet18", "", 20, 5}, {"cifar_resnet20", "cifar_plain20", 200, 30},
	} {
		t.Run(fmt.Sprintf("%s %s %dx%d", c.arch, c.twin, c.w, c.h), func(t *testing.T) {
			m := screen(t, c.arch, c.w, c.h)
			run(t, m, true, 5)
			went(t, m, c.twin)
			m.show(viewOf[*gradientsView](m))
			golden.RequireEqual(t, plain(m))
		})
	}
}

func TestGradientsBeforeAPass(t *testing.T) {
	m := screen(t, "resnet18", 80, 24)
	m.show(viewOf[*gradientsView](m))
	golden.RequireEqual(t, plain(m))
}

func TestGradientCursor(t *testing.T) {
	m := screen(t, "resnet50", 120, 30)
	run(t, m, true, 5)
	went(t, m, "")
	v := viewOf[*gradientsView](m)
	at := func() string { return m.state.Gradients.Blocks[v.cursor].Path }
	m.list.selectPath("layer3")
	press(m, "down", "3")
	if at() != "layer3.0" {
		t.Errorf("the view opens at %s, not at the tree's block", at())
	}
	press(m, "down", "right", "up", "down")
	if at() != "layer3.2" || m.view.focus().Module.Path != "layer3.2" {
		t.Errorf("the cursor is at %s, the detail about %s", at(), m.view.focus().Path)
	}
	press(m, "enter")
	if m.view != m.layers || m.list.selected().Path != "layer3.2" {
		t.Errorf("enter goes to %s in %v", m.list.selected().Path, m.view.title())
	}
	press(m, "3", "G")
	if at() != "layer4.2" {
		t.Errorf("the last block is %s", at())
	}
	press(m, "g")
	p := arrangeGradients(rect{0, 0, m.layout.body.w, m.layout.body.h}, 0)
	v.click(p.chart.w-2, p.chart.y+1)
	if at() != "layer4.2" {
		t.Errorf("a click at the chart's end selects %s", at())
	}
	v.moveTo(0)
	plain(m)
	v.click(5, p.list.y+3)
	if at() != "layer1.2" {
		t.Errorf("a click on the third row selects %s", at())
	}
}

// TestSkipsShineByTheirShare holds the gutter's brightness to the gradient.
func TestSkipsShineByTheirShare(t *testing.T) {
	m := screen(t, "resnet18", 100, 40)
	run(t, m, true, 3)
	n := m.list.tree.byBlock["layer1.1"]
	if l := m.gutterLook(n); l != skipLook {
		t.Errorf("before a backward pass the look is %d", l)
	}
	went(t, m, "")
	for _, c := range []struct {
		skip, branch float64
		want         look
	}{{0, 1, skipDark}, {1, 3, skipDark}, {3, 4, skipDim}, {4, 3, skipLook}, {3, 1, skipBright}, {1, 0, skipBright}} {
		g := &m.state.Gradients.Blocks[1]
		g.Skip, g.Branch = c.skip, c.branch
		g.Cosine, g.In = 0, math.Hypot(c.skip, c.branch)
		if l := m.gutterLook(n); l != c.want {
			t.Errorf("skip %v and branch %v have the look %d, want %d", c.skip, c.branch, l, c.want)
		}
	}
}

// somePaths are made up: binomial, with what is beyond k together.
func somePaths(m *nn.Model, k int) []nn.PathSpectrum {
	spectrum := func(block string, n int) nn.PathSpectrum {
		s := nn.PathSpectrum{Block: block, Gradient: 1, SumError: 3.1e-7}
		v := math.Pow(0.7, float64(n))
		for i := range n + 1 {
			if i < k {
				s.Branches = append(s.Branches, v)
			} else {
				s.Rest, s.HasRest = s.Rest+v, true
			}
			v *= 0.3 / 0.7 * float64(n-i) / float64(i+1)
		}
		return s
	}
	blocks := m.Blocks()
	all := []nn.PathSpectrum{spectrum(nn.PathsInput, len(blocks))}
	for i, b := range blocks {
		all = append(all, spectrum(b.Path, len(blocks)-i))
	}
	return all
}

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		arch string
		w, h int
	}{{"resnet101", 120, 30}, {"resnet18", 80, 30}, {"resnet50", 60, 24}} {
		t.Run(fmt.Sprintf("%s %dx%d", c.arch, c.w, c.h), func(t *testing.T) {
			m := screen(t, c.arch, c.w, c.h)
			run(t, m, true, 5)
			went(t, m, "")
			m.state.Paths = somePaths(m.about.Model.Model, 16)
			m.show(viewOf[*gradientsView](m))
			golden.RequireEqual(t, plain(m))
		})
	}
}

func TestPathStretch(t *testing.T) {
	for want, s := range map[string]nn.PathSpectrum{
		"1…2 branches":                           {Branches: []float64{0.05, 0.5, 0.44, 0.01}},
		"1 branches":                             {Branches: []float64{0.01, 1}},
		"0…more branches":                        {Branches: []float64{1}, Rest: 1, HasRest: true},
		"none: the norms are zero or not finite": {Branches: []float64{0, 0}},
	} {
		if got := pathStretch(s); got != want {
			t.Errorf("%v: %q, want %q", s, got, want)
		}
	}
}

func TestCosine(t *testing.T) {
	for v, want := range map[float64]string{
		0.08: "+.08", -0.5: "-.50", 1: "+1.00", -1: "-1.00",
		0.004: ".00", -0.004: ".00", 0.006: "+.01", math.NaN(): profile.Dash,
	} {
		if got := cosine(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

// TestGradientLegendNamesWhatIsDrawn at every width that has a chart: the skip, the
// branch, their sum, and beside it that of the twin.
func TestGradientLegendNamesWhatIsDrawn(t *testing.T) {
	for _, c := range []struct {
		arch, twin string
		want       []pen
	}{
		{"resnet18", "plain18", []pen{thickPen, thinPen, dottedPen, dashedPen}},
		{"resnet18", "", []pen{thickPen, thinPen, dottedPen}},
		{"plain18", "", []pen{dashedPen}},
	} {
		for w := 40; w <= 200; w++ {
			m := screen(t, c.arch, w, 15)
			run(t, m, true, 2)
			went(t, m, c.twin)
			m.show(viewOf[*gradientsView](m))
			v := viewOf[*gradientsView](m)
			var can canvas
			can.reset(w, 12)
			v.draw(&can, rect{0, 0, w, 12})
			drawn := map[look]bool{}
			for _, cell := range can.cells {
				if cell.r >= '⠀' && cell.r <= '⣿' {
					drawn[cell.look] = true
				}
			}
			for _, p := range c.want {
				i := slices.IndexFunc(can.cells[:w], func(cell cell) bool { return string(cell.r) == p.sample() })
				if i < 3 {
					t.Fatalf("%s at %d columns: no %s in the legend", c.arch, w, p.sample())
				}
				delete(drawn, can.cells[i].look)
			}
			if len(drawn) > 0 {
				t.Fatalf("%s at %d columns: looks %v are drawn and not in the legend", c.arch, w, drawn)
			}
		}
	}
}
