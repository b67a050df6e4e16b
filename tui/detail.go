package tui

import (
	"fmt"
	"slices"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// detailLine is a line about the selected row: a dim label and a text, a
// sparkline in its place, or nothing.
type detailLine struct {
	label, text string
	look        look
	spark       bool
}

// drawDetail draws what is known about the selected row: beside the view, one
// line a fact, or below it in columns.
func (m *Model) drawDetail(r rect) {
	n := m.focus()
	if r.empty() || n == nil {
		return
	}
	if r.x > 0 {
		m.rule(r)
		lines := append(m.detailLines(n, r.w-2, true), m.detailNotes(n, r.w-2)...)
		if len(lines) > r.h {
			lines = slices.DeleteFunc(lines, func(d detailLine) bool { return d == detailLine{} })
		}
		m.drawDetailColumn(rect{r.x + 2, r.y, r.w - 2, r.h}, lines)
		return
	}
	m.canvas.fill(rect{r.x, r.y, r.w, 1}, '─', faint)
	m.drawDetailBelow(rect{r.x + 1, r.y + 1, r.w - 2, r.h - 1}, n)
}

// drawDetailBelow flows the facts into columns.
func (m *Model) drawDetailBelow(r rect, n *node) {
	columns := max(r.w/38, 1)
	w := r.w / columns
	lines := m.detailLines(n, w-2, false)
	lines = append(lines, m.detailNotes(n, w-2)...)
	for i := range columns {
		from := min(i*r.h, len(lines))
		m.drawDetailColumn(rect{r.x + i*w, r.y, w - 2, r.h}, lines[from:min(from+r.h, len(lines))])
	}
}

func (m *Model) drawDetailColumn(r rect, lines []detailLine) {
	for i, d := range lines[:min(len(lines), r.h)] {
		y, x := r.y+i, r.x
		if d.label != "" {
			x = m.canvas.text(x, y, r.x+r.w, d.label, muted) + 1
		}
		if d.spark {
			m.canvas.sparkline(x, y, r.x+r.w-x, m.selectedSeries().Recent, false, forwardLook)
			continue
		}
		m.canvas.text(x, y, r.x+r.w, d.text, d.look)
	}
}

// titleOf names a row where it stands alone.
func titleOf(n *node) string {
	if p := n.path(); p != "" {
		return p
	}
	return n.label
}

// detailLines are the facts about n in groups, between which there is a blank
// line where there is room for it.
func (m *Model) detailLines(n *node, w int, blanks bool) []detailLine {
	groups := [][]detailLine{m.identity(n, w), m.effectLines(), m.shapes(n), m.timing(n), m.gradientLines(n), m.roof(n), m.kernelLines(n, w), m.outputs(n), m.contents(n)}
	var lines []detailLine
	for _, g := range groups {
		if blanks && len(g) > 0 && len(lines) > 0 {
			lines = append(lines, detailLine{})
		}
		lines = append(lines, g...)
	}
	return lines
}

// identity says what the row is.
func (m *Model) identity(n *node, w int) []detailLine {
	lines := []detailLine{{text: titleOf(n), look: strong}}
	switch {
	case len(n.layers) > 0:
		l := n.layers[0]
		kind, desc := l.Kind.String(), l.Desc
		if head, rest, ok := strings.Cut(desc, ", "); ok && width(kind)+1+width(desc) > w {
			lines = append(lines, detailLine{text: kind + " " + head})
			return append(lines, detailLine{text: strings.ReplaceAll(rest, ", ", " ")})
		}
		return append(lines, detailLine{text: strings.TrimSpace(kind + " " + desc)})
	case n.kind == joinNode:
		return append(lines, detailLine{text: "branch + " + n.skip.String()}, detailLine{text: "added in the last kernel", look: muted})
	case n.kind == overheadNode && n.label == overheadLabel:
		return append(lines, wrapped("what the pass takes beyond its kernels: dispatch, and the clocks of this profile", w, muted)...)
	case n.kind == overheadNode && n.label == lossLabel:
		return append(lines, wrapped("softmax and cross-entropy of the logits, and their gradient", w, muted)...)
	case n.kind == overheadNode:
		return append(lines, wrapped("the measuring of outputs' moments and of gradients' norms", w, muted)...)
	case n.kind == runNode:
		return append(lines, detailLine{text: plural(len(n.children), "alike blocks")})
	}
	return append(lines, m.moduleKind(n)...)
}

// moduleKind is a module's class and, of a block, its skip.
func (m *Model) moduleKind(n *node) []detailLine {
	lines := []detailLine{{text: n.module.Kind}}
	if b := n.module.Block; b != nil {
		skip := b.Skip.String() + " skip"
		if b.Skip == resnet.NoSkip {
			skip = "no skip"
		}
		if b.PreAct {
			skip += ", pre-activation"
		}
		lines = append(lines, detailLine{text: skip, look: skipLook})
	}
	return lines
}

func (m *Model) shapes(n *node) []detailLine {
	var lines []detailLine
	if in := inputOf(n); in != nil {
		lines = append(lines, detailLine{label: "in ", text: shapeOf(in)})
	}
	if n.out != nil {
		lines = append(lines, detailLine{label: "out", text: shapeOf(n.out)})
	}
	if f := field(n); f > 0 && len(n.layers) > 0 {
		lines = append(lines, detailLine{label: "sees", text: fmt.Sprintf("%d px, every %d", f, n.layers[len(n.layers)-1].Jump)})
	}
	return lines
}

func inputOf(n *node) tensor.Shape {
	switch {
	case len(n.layers) > 0:
		return n.layers[0].In
	case n.module != nil:
		return n.module.In
	case n.folds():
		return inputOf(n.children[0])
	}
	return nil
}

// timing is the row's time with its spread, and the last passes.
func (m *Model) timing(n *node) []detailLine {
	took, s := m.list.tree.took(n), m.selectedSeries()
	if s.N > 0 {
		took = s.P50
	}
	if took <= 0 {
		return nil
	}
	text := m.units.duration(took).String()
	if s.N == 0 {
		return append([]detailLine{{label: "time", text: text}}, m.passTimes(n)...)
	}
	if s.N > 1 {
		text += fmt.Sprintf(" ±%.1f %%", 100*s.CV)
	}
	lines := append([]detailLine{{label: "time", text: text}}, m.passTimes(n)...)
	return append(lines, []detailLine{
		{label: "  p95", text: m.units.duration(s.P95).String()},
		{label: "  min", text: m.units.duration(s.Min).String()},
		{label: "     ", spark: true},
	}...)
}

// roof says what bounds the kernel, and how near it comes.
func (m *Model) roof(n *node) []detailLine {
	k := m.kernel(n)
	if k == nil {
		return nil
	}
	bound, part := m.opts.Ceilings.Place(k.FLOPs, k.Bytes, n.time)
	if bound == profile.BoundUnknown {
		return nil
	}
	return []detailLine{
		{label: "roof", text: string(bound)},
		{text: fmt.Sprintf("  %.0f %% of %s", 100*part, m.roofName(k))},
	}
}

// roofName is the ceiling that a kernel runs against.
func (m *Model) roofName(k *tensor.KernelInfo) string {
	c := m.opts.Ceilings
	if float64(k.FLOPs) < c.Ridge()*float64(k.Bytes) {
		return profile.Significant(c.GBPS) + " GB/s"
	}
	return profile.Significant(c.GFLOPS) + " GFLOP/s"
}

// kernelLines name the kernel and what it absorbed.
func (m *Model) kernelLines(n *node, w int) []detailLine {
	name := m.kernelName(n)
	if name == "" {
		return nil
	}
	lines := wrapped("kernel "+name, w, plainText)
	lines[0] = detailLine{label: "kernel", text: strings.TrimPrefix(lines[0].text, "kernel ")}
	tail := ""
	for _, l := range n.layers[1:] {
		name := l.Path[strings.LastIndexByte(l.Path, '.')+1:]
		if l.Kind == tensor.Add {
			name = "skip"
		}
		tail += " + " + name
	}
	if tail != "" {
		lines = append(lines, detailLine{text: " " + tail})
	}
	return lines
}

// outputs are the moments that single steps left.
func (m *Model) outputs(n *node) []detailLine {
	if m.state.step == nil || len(n.layers) == 0 {
		return nil
	}
	mo, ok := m.state.step.moments[n.layers[len(n.layers)-1].Index]
	if !ok {
		return nil
	}
	return []detailLine{{label: "output"}, {text: " " + mo.String()}}
}

// String is both, "μ 0.012 σ 0.983".
func (mo moments) String() string {
	return fmt.Sprintf("μ %s σ %s", signed(mo.mean), profile.Significant(mo.std))
}

// contents are the row's exact counts.
func (m *Model) contents(n *node) []detailLine {
	var lines []detailLine
	if n.cost.Params > 0 {
		lines = append(lines, detailLine{label: "params", text: grouped(n.cost.Params)})
	}
	if w := weightOf(m.list.tree.model, n); w != nil {
		if mo, known := m.state.weights[w.Name]; known {
			lines = append(lines, detailLine{label: "weights"}, detailLine{text: " " + mo.String()})
		}
	}
	if n.cost.MACs > 0 {
		lines = append(lines, detailLine{label: "MACs", text: grouped(n.cost.MACs)})
	}
	if n.cost.FLOPs > 0 {
		lines = append(lines, detailLine{label: "FLOPs", text: grouped(n.cost.FLOPs)})
	}
	if n.cost.ActivationBytes > 0 {
		lines = append(lines, detailLine{label: "activations", text: profile.FormatBytes(n.cost.ActivationBytes)})
	}
	return lines
}

// grouped writes a count with thin gaps between thousands.
func grouped(v int64) string {
	s := fmt.Sprint(v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// detailNotes are what must be known about the whole: how its numbers came
// about, and what it takes the image for.
func (m *Model) detailNotes(n *node, w int) []detailLine {
	var lines []detailLine
	if n == m.list.tree.root || n == m.list.tree.order[len(m.list.tree.order)-1] {
		for i, g := range m.state.top {
			if i == 0 {
				lines = append(lines, detailLine{}, detailLine{text: "first image", look: muted})
			}
			lines = append(lines, detailLine{label: fmt.Sprintf("%5.1f %%", 100*g.p), text: g.label})
		}
	}
	if note := m.calibrationNote(); note != "" {
		lines = append(lines, detailLine{})
		lines = append(lines, wrapped(note, w, muted)...)
	}
	return lines
}

// calibrationNote says what the activations of a net without weights mean.
func (m *Model) calibrationNote() string {
	switch {
	case m.program == nil || m.opts.Session.Source != nil:
		return ""
	case m.program.calibrated:
		return "calibrated on random input: without weights, its batch norms know only the scale of noise"
	}
	return "not calibrated: running statistics are 0 and 1, so activations may explode"
}

// wrapped breaks a text into lines of w cells.
func wrapped(text string, w int, l look) []detailLine {
	var lines []detailLine
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && width(line)+1+width(word) > w {
			lines = append(lines, detailLine{text: line, look: l})
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, detailLine{text: line, look: l})
}
