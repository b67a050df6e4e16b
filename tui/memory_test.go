package tui

import (
	"strings"
	"testing"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestMemoryView: what is computed in place is not counted beside what it
// overwrites, the skip's bytes are known, and operations bear their kernels' names.
func TestMemoryView(t *testing.T) {
	plan := &tensor.Plan{
		Ops: []tensor.Op{
			{Kind: tensor.Conv2d, Path: "a", In: []tensor.BufferID{0}, Out: []tensor.BufferID{1}},
			{Kind: tensor.ReLU, Path: "b", In: []tensor.BufferID{1}, Out: []tensor.BufferID{2}},
			{Kind: tensor.Add, Path: "c", In: []tensor.BufferID{2, 0}, Out: []tensor.BufferID{3}},
		},
		Buffers: make([]tensor.Buffer, 4),
	}
	p := &live.Program{
		Lowered: &nn.Lowered{Plan: plan, OpLayer: []int{-1, -1, -1}},
		Kernels: []tensor.KernelInfo{{Op: 0, Absorbed: []int{1}}, {Op: 2}},
	}
	p.Memory.Blocks = []tensor.Block{
		{Buffer: 0, Offset: 0, Bytes: 10, First: 0, Last: 2},
		{Buffer: 1, Offset: 64, Bytes: 7, First: 0, Last: 1},
		{Buffer: 2, Offset: 64, Bytes: 7, First: 1, Last: 2},
		{Buffer: 3, Offset: 128, Bytes: 5, First: 2, Last: 2},
	}
	v := memoryView{treeView: treeView{shared: &shared{program: p, list: list{tree: &tree{}}}}}
	v.update(80, 24)
	for i, want := range []int64{17, 17, 22} {
		if v.life.Live[i] != want || v.life.Skip[i] != 10 {
			t.Errorf("operation %d: %d bytes live, %d for the skip; want %d and 10", i, v.life.Live[i], v.life.Skip[i], want)
		}
	}
	if v.life.Peak != 2 || v.names[v.life.Peak] != "c" || v.names[1] != "a" {
		t.Errorf("the peak is at %d, names %v", v.life.Peak, v.names)
	}
}

// TestMemoryLegendAndAxes: at every size with an area, legend and area have the same
// looks, there are three labels or more where there is room, and stages on the axis. Where
// there is no room for an area, words stand for it.
func TestMemoryLegendAndAxes(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {120, 30}, {80, 24}, {60, 15}, {20, 5}, {20, 20}} {
		m := backward(t, size[0], size[1])
		v := viewOf[*memoryView](m)
		var c canvas
		c.reset(v.body.w, v.body.h)
		v.draw(&c, v.body)
		p := arrangeMemory(v.body)
		text := canvasText(&c)
		if p.area.empty() {
			if !strings.Contains(text, "peak") || strings.Count(text, "\n\n") > 1 {
				t.Errorf("%v: no words:\n%s", size, text)
			}
			continue
		}
		looks := map[look]bool{}
		for x := range p.legend.w {
			if cell := c.cells[p.legend.y*c.w+x]; cell.r == heldGlyph || cell.r == '█' {
				looks[cell.look] = true
			}
		}
		for y := p.area.y; y < p.area.y+p.area.h; y++ {
			for x := p.area.x; x < p.area.x+p.area.w; x++ {
				if cell := c.cells[y*c.w+x]; cell.r != ' ' && !looks[cell.look] {
					t.Fatalf("%v: look %d is drawn, the legend has %v:\n%s", size, cell.look, looks, text)
				}
			}
		}
		labels := 0
		for _, line := range strings.Split(text, "\n") {
			if before, _, ok := strings.Cut(line, "┤"); ok && strings.TrimSpace(before) != "" {
				labels++
			}
		}
		if p.area.h >= 7 && labels < 3 {
			t.Errorf("%v: %d labels on the axis:\n%s", size, labels, text)
		}
		if !strings.Contains(text, "layer1") {
			t.Errorf("%v: no stages on the axis:\n%s", size, text)
		}
	}
}

// backward is a screen of a net whose passes go backward, at its memory.
func backward(t *testing.T, w, h int) *Model {
	t.Helper()
	m := screen(t, "resnet18", w, h)
	d := fake(nil)
	l := lower(t, m.about.Model.Model, nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}})
	f := d.Program(l.Plan, true)
	p := &live.Program{
		Model: m.about.Model.Model, Lowered: l, Kernels: f.Kernels(), Memory: f.Memory(),
		Recorder: profile.NewRecorder(l, f.Kernels(), 8), Layer: func() int { return -1 },
	}
	m.state = &live.State{Results: live.Results{Program: p}}
	m.adopt(p)
	m.show(viewOf[*memoryView](m))
	m.refresh()
	return m
}

// canvasText is what a canvas shows.
func canvasText(c *canvas) string {
	var b strings.Builder
	for y := range c.h {
		line := ""
		for _, cell := range c.cells[y*c.w : (y+1)*c.w] {
			line += string(cell.r)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// TestMemoryClick: a click selects what runs there, in the backward pass too, and one on
// a buffer what wrote it.
func TestMemoryClick(t *testing.T) {
	m := backward(t, 120, 30)
	v := viewOf[*memoryView](m)
	p := arrangeMemory(v.body)
	for _, c := range []struct {
		x    int
		want string
	}{
		{p.area.x, "conv1"}, {p.area.x + p.area.w/4, "layer"}, {p.area.x + p.area.w*3/4, "backward"},
	} {
		v.click(c.x, p.area.y+1)
		op := v.selectedOp()
		if !strings.Contains(v.names[op], c.want) || v.cell(op, p.area.w) != c.x-p.area.x {
			t.Errorf("a click at %d selects %s at column %d", c.x, v.names[op], v.cell(op, p.area.w))
		}
	}
	press(m, "g")
	if v.selectedOp() == v.clicked {
		t.Error("the click still holds when another row is selected")
	}
	v.choose(v.life.Peak)
	first := v.life.Holders(v.life.Peak)[0].First
	if v.click(p.holders.x+3, p.holders.y+1); v.selectedOp() != first {
		t.Errorf("a click on a buffer selects %s, not %s", v.names[v.selectedOp()], v.names[first])
	}
}

// TestMemoryColumnsAreAligned: a wide shape moves the column for all.
func TestMemoryColumnsAreAligned(t *testing.T) {
	m := backward(t, 160, 50)
	v := viewOf[*memoryView](m)
	v.choose(v.life.Peak)
	var c canvas
	c.reset(v.body.w, v.body.h)
	v.draw(&c, v.body)
	at := -1
	for _, line := range strings.Split(canvasText(&c), "\n") {
		before, _, ok := strings.Cut(line, "from ")
		if !ok {
			continue
		}
		if x := width(before); at >= 0 && x != at {
			t.Errorf("%q: from stands at %d, not at %d", line, x, at)
		} else {
			at = x
		}
	}
	if at < 0 {
		t.Error("nothing lives at the peak")
	}
}
