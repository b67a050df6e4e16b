package tui

import (
	"fmt"
	"slices"
	"strings"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// memoryView shows which buffers live when, over one pass.
type memoryView struct {
	treeView
	w     int              // of the body
	of    *live.Program    // that the rest is of, worked out once per program
	life  profile.Liveness // by operation
	names []string         // of the kernel that runs each operation
}

func (v *memoryView) title() string { return "Memory" }

// update works the bytes out anew when another program runs.
func (v *memoryView) update(w, _ int) {
	v.w = w
	if v.program != nil && v.program != v.of {
		v.of, v.names = v.program, kernelNames(v.program)
		v.life = profile.NewLiveness(v.program.Lowered.Plan, v.program.Memory)
	}
}

// kernelNames are the paths of the kernels by the operations that they run.
func kernelNames(p *live.Program) []string {
	names := make([]string, len(p.Lowered.Plan.Ops))
	for _, k := range p.Kernels {
		head := &p.Lowered.Plan.Ops[k.Op]
		name := head.Path
		if head.Pass != tensor.Forward {
			name += " " + head.Pass.String()
		}
		names[k.Op] = name
		for _, op := range k.Absorbed {
			names[op] = name
		}
	}
	return names
}

// columnsOf are the largest values in each of w equal stretches: the peak must show,
// however short it is.
func columnsOf(values []int64, w int) []int64 {
	tops := make([]int64, w)
	for x := range tops {
		from := x * len(values) / w
		to := max((x+1)*len(values)/w, from+1)
		tops[x] = slices.Max(values[from:min(to, len(values))])
	}
	return tops
}

const axisCells = 8 // left of the area, for its scale

// draw draws the bytes that live over the pass, and who holds them.
func (v *memoryView) draw(c *canvas, r rect) {
	if v.program == nil || !v.life.Known() {
		c.text(r.x+1, r.y, r.x+r.w, "the memory plan comes with the compiled net", muted)
		return
	}
	list := min(max(r.h/3, 2), 8)
	chart := rect{r.x + axisCells + 1, r.y + 1, r.w - axisCells - 2, r.h - list - 4}
	c.text(r.x+1, r.y, r.x+r.w, memoryTotals(v.program), muted)
	if chart.h >= 2 && chart.w >= 8 {
		v.drawArea(c, chart)
	}
	v.drawHolders(c, rect{r.x + 1, r.y + r.h - list, r.w - 2, list})
}

// memoryTotals says what a program takes, and for what.
func memoryTotals(program *live.Program) string {
	p := program.Memory
	return fmt.Sprintf("program %s = activations %s + weights %s + workers %s", profile.FormatBytes(p.Total()),
		profile.FormatBytes(p.ArenaBytes), profile.FormatBytes(p.WeightBytes), profile.FormatBytes(p.ScratchBytes))
}

func (v *memoryView) drawArea(c *canvas, r rect) {
	live, skip := columnsOf(v.life.Live, r.w), columnsOf(v.life.Skip, r.w)
	top := max(slices.Max(live), 1)
	c.right(r.x-1, r.y, profile.FormatBytes(top), muted)
	c.right(r.x-1, r.y+r.h-1, "0", muted)
	mark := v.cell(v.selectedOp(), r.w)
	for x := range r.w {
		v.drawStack(c, r, x, float64(live[x])/float64(top), float64(skip[x])/float64(top))
	}
	c.fill(rect{r.x, r.y + r.h, r.w, 1}, '─', faint)
	c.set(r.x+mark, r.y+r.h, '┴', strong)
	v.drawPeak(c, r)
}

// drawStack draws one column: the skips' bytes below, shaded, the rest above. The top
// is drawn to an eighth of a cell; the border between the two only to a whole one, as a
// cell has one glyph.
func (v *memoryView) drawStack(c *canvas, r rect, x int, live, skip float64) {
	eighth := int(live*float64(r.h)*8 + 0.5)
	held := int(skip*float64(r.h) + 0.5)
	for i := 0; i < r.h && eighth > 0; i++ {
		y := r.y + r.h - 1 - i
		switch {
		case i < held:
			c.set(r.x+x, y, '▒', skipLook)
		default:
			c.set(r.x+x, y, levels[min(eighth, 8)-1], branchLook)
		}
		eighth -= 8
	}
}

// drawPeak names the peak under the axis, to the right of its mark or, without room
// there, to the left. The legend takes what is left of the line.
func (v *memoryView) drawPeak(c *canvas, r rect) {
	x, y := r.x+v.cell(v.life.Peak, r.w), r.y+r.h+1
	text := fmt.Sprintf("peak %s at %s", profile.FormatBytes(v.life.Live[v.life.Peak]), v.names[v.life.Peak])
	c.set(x, y, '▲', warningLook)
	if x+2+width(text) < r.x+r.w {
		c.text(x+2, y, r.x+r.w, text, strong)
	} else {
		c.right(x-1, y, text, strong)
	}
	legend := "▒ held for a skip  █ other activations"
	if at := r.x + r.w - width(legend); at > x+4+width(text) {
		c.text(at, y, r.x+r.w, legend, muted)
	}
}

// cell is the column of an operation, of w.
func (v *memoryView) cell(op, w int) int {
	return min(op*w/max(len(v.life.Live), 1), w-1)
}

// selectedOp is the last operation of the selected row's kernel, which runs when that
// is due: what lives then is what the kernel needs.
func (v *memoryView) selectedOp() int {
	n := firstKernel(v.list.selected())
	if n == nil || n.Kernel >= len(v.program.Kernels) {
		return 0
	}
	return v.program.Kernels[n.Kernel].Last()
}

// drawHolders lists what lives while the selected row runs, the largest first.
func (v *memoryView) drawHolders(c *canvas, r rect) {
	op := v.selectedOp()
	plan := v.program.Lowered.Plan
	blocks := v.life.Holders(op)
	head := fmt.Sprintf("%s: %s live", v.names[op], profile.FormatBytes(v.life.Live[op]))
	c.text(r.x, r.y, r.x+r.w, head, strong)
	for i, b := range blocks[:min(len(blocks), r.h-1)] {
		buffer := plan.Buffers[b.Buffer]
		y := r.y + 1 + i
		c.figure(r.x, r.x+9, y, profile.Bytes.Figure(float64(b.Bytes)), 2, plainText)
		x := c.text(r.x+11, y, r.x+r.w, buffer.Name, plainText)
		life := fmt.Sprintf("%s   from %s to %s", buffer.Shape, v.names[b.First], v.names[b.Last])
		c.text(max(x+2, r.x+36), y, r.x+r.w, strings.TrimSpace(life), muted)
	}
}

// click selects what runs at a column of the area.
func (v *memoryView) click(x, _ int) {
	w := v.w - axisCells - 2
	x -= axisCells + 1
	if v.program == nil || x < 0 || x >= w {
		return
	}
	layer := v.program.Lowered.OpLayer[x*len(v.life.Live)/w]
	if layer >= 0 && v.list.tree.byLayer[layer] != nil {
		v.list.reveal(v.list.tree.byLayer[layer])
	}
}
