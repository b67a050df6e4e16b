package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// memoryView shows which buffers live when, over one pass.
type memoryView struct {
	treeView
	body  rect             // at 0, 0
	of    *live.Program    // that the rest is of, worked out once per program
	life  profile.Liveness // by operation
	names []string         // of the kernel that runs each operation
	rows  []*node          // of that kernel; nil where it has none
	parts []memoryPart     // of the horizontal axis

	clicked int   // the operation of a click, while its row is selected
	row     *node // that a click selected
}

// memoryPart is a stretch of operations that stand under one name on the axis.
type memoryPart struct {
	name string
	back bool // of the backward pass
	from int  // its first operation
}

func (v *memoryView) title() string { return "Memory" }

// update works the bytes out anew when another program runs.
func (v *memoryView) update(w, h int) {
	v.body = rect{w: w, h: h}
	if v.program != nil && v.program != v.of {
		v.of, v.names, v.row = v.program, kernelNames(v.program), nil
		v.rows, v.parts = v.kernelRows(), memoryParts(v.program.Lowered.Plan)
		v.life = profile.NewLiveness(v.program.Lowered.Plan, v.program.Memory)
	}
}

// kernelRows are the rows of the kernels by the operations that they run.
func (v *memoryView) kernelRows() []*node {
	rows := make([]*node, len(v.program.Lowered.Plan.Ops))
	for _, k := range v.program.Kernels {
		for _, op := range append([]int{k.Op}, k.Absorbed...) {
			if layer := v.program.Lowered.OpLayer[op]; layer >= 0 && layer < len(v.list.tree.byLayer) {
				rows[op] = v.list.tree.byLayer[layer]
			}
		}
	}
	return rows
}

// memoryParts are the stages of the forward pass and of what comes after it. What is in
// none, such as the stem's layers, is one part, under the name of its first.
func memoryParts(p *tensor.Plan) (parts []memoryPart) {
	staged := false // the part before
	for i := range p.Ops {
		name, _, stage := strings.Cut(p.Ops[i].Path, ".")
		part := memoryPart{name, p.Ops[i].Pass != tensor.Forward, i}
		last := len(parts) - 1
		if last >= 0 && parts[last].back == part.back && (!stage && !staged || parts[last].name == name) {
			continue
		}
		parts, staged = append(parts, part), stage
	}
	return parts
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
		from, to := stretch(x, w, len(values))
		tops[x] = slices.Max(values[from:to])
	}
	return tops
}

// stretch is the part of n values that column x of w shows: one at least.
func stretch(x, w, n int) (from, to int) {
	from = x * n / w
	return from, min(max((x+1)*n/w, from+1), n)
}

// memoryPanes divides the view: what the program takes, the legend, the area with its axis
// below, the peak, and who holds what lives. Without room for an area, said has words
// for it.
type memoryPanes struct{ totals, legend, area, peak, said, holders rect }

// The least size of an area, which would show no more than words below it.
const (
	lowestArea    = 3
	narrowestArea = 20
	memoryLines   = 4 // beside the area and the holders: totals, legend, axis, peak
)

func arrangeMemory(r rect) memoryPanes {
	list := min(max(r.h/3, 2), 8)
	if r.h-memoryLines-list < lowestArea {
		list = 2
	}
	h, w := r.h-memoryLines-list, r.w-axisLabel-1
	if h < lowestArea || w < narrowestArea {
		return memoryPanes{said: rect{r.x + 1, r.y, r.w - 2, r.h}}
	}
	line := func(y int) rect { return rect{r.x, y, r.w, 1} }
	return memoryPanes{
		totals: line(r.y), legend: line(r.y + 1), area: rect{r.x + axisLabel, r.y + 2, w, h},
		peak: line(r.y + h + 3), holders: rect{r.x + 1, r.y + h + 4, r.w - 2, list},
	}
}

// draw draws the bytes that live over the pass, and who holds them.
func (v *memoryView) draw(c *canvas, r rect) {
	if v.program == nil || !v.life.Known() {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, "the memory plan comes with the compiled net", muted)
		return
	}
	p := arrangeMemory(r)
	if p.area.empty() {
		v.drawWords(c, p.said)
		return
	}
	c.text(r.x+1, r.y, r.x+r.w, memoryTotals(v.program), muted)
	v.drawLegend(c, p.legend)
	v.drawArea(c, p.area)
	v.drawPeak(c, p.peak, p.area)
	v.drawHolders(c, p.holders)
}

// memoryTotals says what a program takes, and for what.
func memoryTotals(program *live.Program) string {
	p := program.Memory
	text := fmt.Sprintf("program %s = activations %s + weights %s", profile.FormatBytes(p.Total()),
		profile.FormatBytes(p.ArenaBytes), profile.FormatBytes(p.WeightBytes))
	if p.ScratchBytes > 0 {
		text += " + workers " + profile.FormatBytes(p.ScratchBytes)
	}
	return text
}

// drawWords says the most important figures, and who holds the most where there are lines
// left.
func (v *memoryView) drawWords(c *canvas, r rect) {
	op := v.selectedOp()
	total := "of " + profile.FormatBytes(v.program.Memory.Total())
	if r.w >= 2*narrowestArea {
		total = "· " + memoryTotals(v.program)
	}
	text := fmt.Sprintf("%s, %s at %s %s", v.peakText(), profile.FormatBytes(v.life.Live[op]), v.names[op], total)
	y := c.wrap(r, text, plainText)
	if rest := (rect{r.x, y + 1, r.w, r.y + r.h - y - 1}); rest.h >= 2 {
		v.drawHolders(c, rest)
	}
}

func (v *memoryView) peakText() string {
	return fmt.Sprintf("peak %s at %s", profile.FormatBytes(v.life.Live[v.life.Peak]), v.names[v.life.Peak])
}

// The looks and the glyphs of the area, which the legend shows too.
const (
	heldLook, otherLook = skipLook, plainLook
	heldGlyph           = '▒'
)

// drawLegend says what the area is made of.
func (v *memoryView) drawLegend(c *canvas, r rect) {
	unit, _ := v.unit()
	for _, form := range [][2]string{{" held for a skip", " other activations"}, {" skip", " other"}} {
		need := 4 + width(form[0]) + width(form[1])
		if x := r.x + r.w - 1 - need; x >= r.x+axisLabel {
			c.text(r.x+1, r.y, x-1, unit+" live", muted)
			c.set(x, r.y, heldGlyph, heldLook)
			x = c.text(x+1, r.y, r.x+r.w, form[0], muted) + 2
			c.set(x, r.y, levels[len(levels)-1], otherLook)
			c.text(x+1, r.y, r.x+r.w, form[1], muted)
			return
		}
	}
}

// unit is the unit of the vertical axis, and how many bytes it has.
func (v *memoryView) unit() (name string, bytes float64) {
	top := float64(max(slices.Max(v.life.Live), 1))
	bytes = math.Pow(1000, math.Floor(math.Log10(top)/3))
	return profile.Bytes.Figure(bytes).Unit, bytes
}

func (v *memoryView) drawArea(c *canvas, r rect) {
	live, skip := columnsOf(v.life.Live, r.w), columnsOf(v.life.Skip, r.w)
	_, unit := v.unit()
	s := linearScale([]curve{{y: []float64{float64(v.life.Live[v.life.Peak]) / unit}}})
	c.axis(r.x, r.y, r.h, s)
	top := max(s.high*unit, 1)
	for x := range r.w {
		v.drawStack(c, r, x, float64(live[x])/top, float64(skip[x])/top)
	}
	v.drawParts(c, r)
	c.set(r.x+v.cell(v.selectedOp(), r.w), r.y+r.h, '▲', strong)
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
			c.set(r.x+x, y, heldGlyph, heldLook)
		default:
			c.set(r.x+x, y, levels[min(eighth, 8)-1], otherLook)
		}
		eighth -= 8
	}
}

// drawParts draws the horizontal axis: the stages as they run, of the backward pass in
// its colour. A name without room is shortened, or left out.
func (v *memoryView) drawParts(c *canvas, r rect) {
	y := r.y + r.h
	c.set(r.x-1, y, '└', faint)
	c.fill(rect{r.x, y, r.w, 1}, '─', faint)
	for i, part := range v.parts {
		start, end, l := r.x+v.cell(part.from, r.w), r.x+r.w, muted
		if i+1 < len(v.parts) {
			end = r.x + v.cell(v.parts[i+1].from, r.w)
		}
		if i > 0 && end > start {
			c.set(start, y, '┴', faint)
			start++
		}
		names := []string{part.name, strings.Replace(part.name, "layer", "l", 1)}
		if part.back {
			l = backwardLook
			names = slices.Insert(names, 0, part.name+" backward")
		}
		for _, name := range names {
			if w := width(name); w <= end-start {
				c.text(start+(end-start-w)/2, y, end, name, l)
				break
			}
		}
	}
}

// drawPeak names the peak under the axis, to the right of its mark or, without room
// there, to the left.
func (v *memoryView) drawPeak(c *canvas, r, area rect) {
	x, end, text := area.x+v.cell(v.life.Peak, area.w), r.x+r.w-1, v.peakText()
	c.set(x, r.y, '▴', warningLook)
	if at := x - 1 - width(text); x+2+width(text) > end && at > r.x {
		c.text(at, r.y, x, text, strong)
		return
	}
	c.text(x+2, r.y, end, text, strong)
}

// cell is the column of an operation, of w: the one of columnsOf that it is in, the
// first of several.
func (v *memoryView) cell(op, w int) int {
	n := max(len(v.life.Live), 1)
	if n < w {
		return (op*w + n - 1) / n
	}
	return ((op+1)*w - 1) / n
}

// selectedOp is the last operation of the selected row's kernel, which runs when that
// is due: what lives then is what the kernel needs. It is the one that was clicked while
// the click's row is still selected: a row has several, forward and backward.
func (v *memoryView) selectedOp() int {
	if v.row != nil && v.row == v.list.selected() {
		return v.clicked
	}
	n := firstKernel(v.list.selected())
	if n == nil || n.Kernel >= len(v.program.Kernels) {
		return 0
	}
	return v.program.Kernels[n.Kernel].Last()
}

// drawHolders lists what lives while the selected row runs, the largest first. Its
// columns are as wide as what is shown in them.
func (v *memoryView) drawHolders(c *canvas, r rect) {
	op := v.selectedOp()
	head := fmt.Sprintf("%s: %s live", v.names[op], profile.FormatBytes(v.life.Live[op]))
	c.text(r.x, r.y, r.x+r.w, head, strong)
	blocks := v.life.Holders(op)
	blocks = blocks[:min(len(blocks), r.h-1)]
	name, shape := 0, 0
	for _, b := range blocks {
		buffer := v.program.Lowered.Plan.Buffers[b.Buffer]
		name, shape = max(name, width(buffer.Name)), max(shape, width(buffer.Shape.String()))
	}
	for i, b := range blocks {
		buffer, y, end := v.program.Lowered.Plan.Buffers[b.Buffer], r.y+1+i, r.x+r.w
		c.figure(r.x, r.x+9, y, profile.Bytes.Figure(float64(b.Bytes)), 2, plainText)
		c.text(r.x+11, y, end, buffer.Name, plainText)
		at := r.x + 11 + name + 2
		if at+shape > end {
			continue
		}
		c.text(at, y, end, buffer.Shape.String(), muted)
		if life := at + shape + 2; end-life > 16 {
			c.text(life, y, end, fmt.Sprintf("from %s to %s", v.names[b.First], v.names[b.Last]), muted)
		}
	}
}

// click selects what runs at a column of the area, or what wrote a buffer of the list.
func (v *memoryView) click(x, y int) {
	if v.program == nil || !v.life.Known() {
		return
	}
	p := arrangeMemory(v.body)
	switch {
	case p.area.empty():
	case y >= p.area.y && y <= p.area.y+p.area.h && x >= p.area.x && x < p.area.x+p.area.w:
		v.choose(v.highest(x-p.area.x, p.area.w))
	case p.holders.contains(x, y) && y > p.holders.y:
		if blocks, i := v.life.Holders(v.selectedOp()), y-p.holders.y-1; i < len(blocks) {
			v.choose(blocks[i].First)
		}
	}
}

// highest is the operation of a column, of w, with the most bytes: that is what the column
// shows.
func (v *memoryView) highest(x, w int) int {
	from, to := stretch(x, w, len(v.life.Live))
	most := from
	for op := from; op < to; op++ {
		if v.life.Live[op] > v.life.Live[most] {
			most = op
		}
	}
	return most
}

// choose selects the row that an operation belongs to, and shows that operation. One of
// no row, such as the loss, is shown all the same.
func (v *memoryView) choose(op int) {
	if n := v.rows[op]; n != nil {
		v.list.reveal(n)
	}
	v.clicked, v.row = op, v.list.selected()
}
