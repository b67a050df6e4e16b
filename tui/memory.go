package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// memoryView shows which buffers live when, over one pass.
type memoryView struct {
	treeView
	w    int       // of the body
	of   *program  // that life is of
	life liveBytes // worked out once per program
}

func (v *memoryView) title() string { return "Memory" }

// update works the bytes out anew when another program runs.
func (v *memoryView) update(w, _ int) {
	v.w = w
	if v.program != nil && v.program != v.of {
		v.of, v.life = v.program, newLiveBytes(v.program)
	}
}

// liveBytes are the bytes that live at each operation of a pass.
type liveBytes struct {
	all  []int64
	skip []int64  // of all, those that wait to be added by a skip
	peak int      // the operation at which most live
	name []string // of the kernel that runs each operation
}

// newLiveBytes adds up the buffers of a program over its operations.
func newLiveBytes(p *program) liveBytes {
	n := len(p.lowered.Plan.Ops)
	if len(p.memory.Blocks) == 0 {
		return liveBytes{} // a recording without them
	}
	v := liveBytes{all: make([]int64, n+1), skip: make([]int64, n+1), name: kernelNames(p.lowered)}
	residual := skipBuffers(p.lowered.Plan)
	for _, b := range apart(p.memory.Blocks) {
		first, last := max(b.First, 0), min(b.Last, n-1)
		if first > last {
			continue
		}
		v.all[first] += b.Bytes
		v.all[last+1] -= b.Bytes
		if residual[b.Buffer] {
			v.skip[first] += b.Bytes
			v.skip[last+1] -= b.Bytes
		}
	}
	for i := 1; i <= n; i++ {
		v.all[i] += v.all[i-1]
		v.skip[i] += v.skip[i-1]
	}
	v.all, v.skip = v.all[:n], v.skip[:n]
	for i, bytes := range v.all {
		if bytes > v.all[v.peak] {
			v.peak = i
		}
	}
	return v
}

// apart lists the blocks such that no two of them hold the same bytes at once:
// what is computed in place begins after what it overwrites.
func apart(blocks []tensor.Block) []tensor.Block {
	blocks = slices.Clone(blocks)
	slices.SortStableFunc(blocks, func(a, b tensor.Block) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.First, b.First))
	})
	for i := 1; i < len(blocks); i++ {
		if before := blocks[i-1]; before.Offset == blocks[i].Offset {
			blocks[i].First = max(blocks[i].First, before.Last+1)
		}
	}
	return blocks
}

// kernelNames are the paths of the kernels by the operations that they run.
func kernelNames(l *resnet.Lowered) []string {
	names := make([]string, len(l.Plan.Ops))
	for _, g := range l.Groups {
		names[g.Head] = l.Plan.Ops[g.Head].Path
		if pass := l.Plan.Ops[g.Head].Pass; pass != tensor.Forward {
			names[g.Head] += " " + pass.String()
		}
		for _, op := range g.Absorbed {
			names[op] = names[g.Head]
		}
	}
	return names
}

// skipBuffers are the buffers that an addition takes from a skip.
func skipBuffers(p *tensor.Plan) map[tensor.BufferID]bool {
	skips := map[tensor.BufferID]bool{}
	for _, op := range p.Ops {
		if op.Kind == tensor.Add && op.Pass == tensor.Forward && len(op.In) > 1 {
			skips[op.In[1]] = true
		}
	}
	return skips
}

// columnsOf are the largest values in each of w equal stretches.
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
	if v.program == nil || len(v.life.all) == 0 {
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
func memoryTotals(program *program) string {
	p := program.memory
	return fmt.Sprintf("program %s = activations %s + weights %s + workers %s", profile.FormatBytes(p.Total()),
		profile.FormatBytes(p.ArenaBytes), profile.FormatBytes(p.WeightBytes), profile.FormatBytes(p.ScratchBytes))
}

func (v *memoryView) drawArea(c *canvas, r rect) {
	live, skip := columnsOf(v.life.all, r.w), columnsOf(v.life.skip, r.w)
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

// drawStack draws one column: the skips' bytes below, shaded, the rest above.
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

// drawPeak names the peak under the axis.
func (v *memoryView) drawPeak(c *canvas, r rect) {
	x, y := r.x+v.cell(v.life.peak, r.w), r.y+r.h+1
	text := fmt.Sprintf("peak %s at %s", profile.FormatBytes(v.life.all[v.life.peak]), v.life.name[v.life.peak])
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
	return min(op*w/max(len(v.life.all), 1), w-1)
}

// selectedOp is the operation at whose end the selected row's kernel runs.
func (v *memoryView) selectedOp() int {
	n := firstKernel(v.list.selected())
	if n == nil || n.group >= len(v.program.lowered.Groups) {
		return 0
	}
	return v.program.lowered.Groups[n.group].Last()
}

// drawHolders lists what lives while the selected row runs, the largest first.
func (v *memoryView) drawHolders(c *canvas, r rect) {
	op := v.selectedOp()
	plan := v.program.lowered.Plan
	blocks := slices.DeleteFunc(slices.Clone(v.program.memory.Blocks), func(b tensor.Block) bool { return op < b.First || op > b.Last })
	slices.SortStableFunc(blocks, func(a, b tensor.Block) int { return cmp.Compare(b.Bytes, a.Bytes) })
	head := fmt.Sprintf("%s: %s live", v.life.name[op], profile.FormatBytes(v.life.all[op]))
	c.text(r.x, r.y, r.x+r.w, head, strong)
	for i, b := range blocks[:min(len(blocks), r.h-1)] {
		buffer := plan.Buffers[b.Buffer]
		y := r.y + 1 + i
		c.figure(r.x, r.x+9, y, profile.Bytes.Figure(float64(b.Bytes)), 2, plainText)
		x := c.text(r.x+11, y, r.x+r.w, buffer.Name, plainText)
		life := fmt.Sprintf("%s   from %s to %s", buffer.Shape, v.life.name[b.First], v.life.name[b.Last])
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
	layer := v.program.lowered.OpLayer[x*len(v.life.all)/w]
	if layer >= 0 && v.list.tree.byLayer[layer] != nil {
		v.list.reveal(v.list.tree.byLayer[layer])
	}
}
