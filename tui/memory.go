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

// memoryView is what lives when, by operation: worked out once a program.
type memoryView struct {
	live []int64  // bytes
	skip []int64  // of these, held to be added later
	peak int      // the operation at which most live
	name []string // of the kernel that runs each operation
}

// newMemoryView adds up the buffers of a program over its operations.
func newMemoryView(p *program) memoryView {
	n := len(p.lowered.Plan.Ops)
	if len(p.memory.Blocks) == 0 {
		return memoryView{} // a recording without them
	}
	v := memoryView{live: make([]int64, n+1), skip: make([]int64, n+1), name: kernelNames(p.lowered)}
	residual := skipBuffers(p.lowered.Plan)
	for _, b := range apart(p.memory.Blocks) {
		first, last := max(b.First, 0), min(b.Last, n-1)
		if first > last {
			continue
		}
		v.live[first] += b.Bytes
		v.live[last+1] -= b.Bytes
		if residual[b.Buffer] {
			v.skip[first] += b.Bytes
			v.skip[last+1] -= b.Bytes
		}
	}
	for i := 1; i <= n; i++ {
		v.live[i] += v.live[i-1]
		v.skip[i] += v.skip[i-1]
	}
	v.live, v.skip = v.live[:n], v.skip[:n]
	for i, bytes := range v.live {
		if bytes > v.live[v.peak] {
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

// drawMemory draws the bytes that live over the pass, and who holds them.
func (m *Model) drawMemory(r rect) {
	if m.program == nil || len(m.memory.live) == 0 {
		m.canvas.text(r.x+1, r.y, r.x+r.w, "the memory plan comes with the compiled net", muted)
		return
	}
	list := min(max(r.h/3, 2), 8)
	chart := rect{r.x + axisCells + 1, r.y + 1, r.w - axisCells - 2, r.h - list - 4}
	m.canvas.text(r.x+1, r.y, r.x+r.w, m.memoryTotals(), muted)
	if chart.h >= 2 && chart.w >= 8 {
		m.drawArea(chart)
	}
	m.drawHolders(rect{r.x + 1, r.y + r.h - list, r.w - 2, list})
}

func (m *Model) memoryTotals() string {
	p := m.program.memory
	return fmt.Sprintf("program %s = activations %s + weights %s + workers %s", profile.FormatBytes(p.Total()),
		profile.FormatBytes(p.ArenaBytes), profile.FormatBytes(p.WeightBytes), profile.FormatBytes(p.ScratchBytes))
}

func (m *Model) drawArea(r rect) {
	live, skip := columnsOf(m.memory.live, r.w), columnsOf(m.memory.skip, r.w)
	top := max(slices.Max(live), 1)
	m.canvas.right(r.x-1, r.y, profile.FormatBytes(top), muted)
	m.canvas.right(r.x-1, r.y+r.h-1, "0", muted)
	mark := m.memoryCell(m.selectedOp(), r.w)
	for x := range r.w {
		m.drawStack(r, x, float64(live[x])/float64(top), float64(skip[x])/float64(top))
	}
	m.canvas.fill(rect{r.x, r.y + r.h, r.w, 1}, '─', faint)
	m.canvas.set(r.x+mark, r.y+r.h, '┴', strong)
	m.drawPeak(r)
}

// drawStack draws one column: the skips' bytes below, shaded, the rest above.
func (m *Model) drawStack(r rect, x int, live, skip float64) {
	eighth := int(live*float64(r.h)*8 + 0.5)
	held := int(skip*float64(r.h) + 0.5)
	for i := 0; i < r.h && eighth > 0; i++ {
		y := r.y + r.h - 1 - i
		switch {
		case i < held:
			m.canvas.set(r.x+x, y, '▒', skipLook)
		default:
			m.canvas.set(r.x+x, y, levels[min(eighth, 8)-1], branchLook)
		}
		eighth -= 8
	}
}

// drawPeak names the peak under the axis.
func (m *Model) drawPeak(r rect) {
	x, y := r.x+m.memoryCell(m.memory.peak, r.w), r.y+r.h+1
	text := fmt.Sprintf("peak %s at %s", profile.FormatBytes(m.memory.live[m.memory.peak]), m.memory.name[m.memory.peak])
	m.canvas.set(x, y, '▲', warningLook)
	if x+2+width(text) < r.x+r.w {
		m.canvas.text(x+2, y, r.x+r.w, text, strong)
	} else {
		m.canvas.right(x-1, y, text, strong)
	}
	legend := "▒ held for a skip  █ other activations"
	if at := r.x + r.w - width(legend); at > x+4+width(text) {
		m.canvas.text(at, y, r.x+r.w, legend, muted)
	}
}

func (m *Model) memoryCell(op, w int) int {
	return min(op*w/max(len(m.memory.live), 1), w-1)
}

// selectedOp is the operation at whose end the selected row's kernel runs.
func (m *Model) selectedOp() int {
	n := firstKernel(m.list.selected())
	if n == nil || n.group >= len(m.program.lowered.Groups) {
		return 0
	}
	return m.program.lowered.Groups[n.group].Last()
}

// drawHolders lists what lives while the selected row runs, the largest first.
func (m *Model) drawHolders(r rect) {
	op := m.selectedOp()
	plan := m.program.lowered.Plan
	blocks := slices.DeleteFunc(slices.Clone(m.program.memory.Blocks), func(b tensor.Block) bool { return op < b.First || op > b.Last })
	slices.SortStableFunc(blocks, func(a, b tensor.Block) int { return cmp.Compare(b.Bytes, a.Bytes) })
	head := fmt.Sprintf("%s: %s live", m.memory.name[op], profile.FormatBytes(m.memory.live[op]))
	m.canvas.text(r.x, r.y, r.x+r.w, head, strong)
	for i, b := range blocks[:min(len(blocks), r.h-1)] {
		buffer := plan.Buffers[b.Buffer]
		y := r.y + 1 + i
		m.canvas.figure(r.x, r.x+9, y, profile.Bytes.Figure(float64(b.Bytes)), 2, plainText)
		x := m.canvas.text(r.x+11, y, r.x+r.w, buffer.Name, plainText)
		life := fmt.Sprintf("%s   from %s to %s", buffer.Shape, m.memory.name[b.First], m.memory.name[b.Last])
		m.canvas.text(max(x+2, r.x+36), y, r.x+r.w, strings.TrimSpace(life), muted)
	}
}

// clickMemory selects what runs at a column of the area.
func (m *Model) clickMemory(x int) {
	w := m.layout.body.w - axisCells - 2
	x -= axisCells + 1
	if m.program == nil || x < 0 || x >= w {
		return
	}
	layer := m.program.lowered.OpLayer[x*len(m.memory.live)/w]
	if layer >= 0 && m.list.tree.byLayer[layer] != nil {
		m.list.reveal(m.list.tree.byLayer[layer])
	}
}
