package tui

import (
	"fmt"
	"strings"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// detailPane says what is known about the row that the shown view is about.
type detailPane struct {
	*shared
	row     *node
	series  profile.Series // of the row, pass by pass
	samples int            // of the shared snapshots that series is of
}

// update turns to row n, and takes its newest times. They are worked out here and not
// while drawing, because a module's are the sums of its kernels' for every recorded
// pass: they are out of date only when the row or the snapshot is another.
func (d *detailPane) update(n *node) {
	if n == d.row && d.samples == d.shared.samples {
		return
	}
	d.row, d.samples = n, d.shared.samples
	d.series = d.shared.series(n)
}

// draw draws the pane: beside the view with one line per fact, or below it in
// columns.
func (d *detailPane) draw(c *canvas, r rect) {
	n := d.row
	if r.empty() || n == nil {
		return
	}
	if r.x > 0 {
		c.rule(r)
		lines := append(d.detailLines(n, r.w-2, true), d.detailNotes(n, r.w-2)...)
		d.drawColumn(c, rect{r.x + 2, r.y, r.w - 2, r.h}, fitted(lines, r.w-2, r.h))
		return
	}
	c.fill(rect{r.x, r.y, r.w, 1}, '─', faint)
	d.drawBelow(c, rect{r.x + 1, r.y + 1, r.w - 2, r.h - 1}, n)
}

// drawBelow flows the facts into columns, without blank lines between groups. Columns
// are at least 38 cells wide, which most facts fit into.
func (d *detailPane) drawBelow(c *canvas, r rect, n *node) {
	columns := max(r.w/38, 1)
	w := r.w / columns
	lines := d.detailLines(n, w-2, false)
	lines = fitted(append(lines, d.detailNotes(n, w-2)...), w-2, columns*r.h)
	for i := range columns {
		from := min(i*r.h, len(lines))
		d.drawColumn(c, rect{r.x + i*w, r.y, w - 2, r.h}, lines[from:min(from+r.h, len(lines))])
	}
}

// drawColumn draws as many of the lines as fit.
func (d *detailPane) drawColumn(c *canvas, r rect, lines []detailLine) {
	for i, line := range lines[:min(len(lines), r.h)] {
		y, x := r.y+i, r.x
		if line.label != "" {
			x = c.text(x, y, r.x+r.w, line.label, muted) + 1
		}
		if line.spark {
			c.sparkline(x, y, r.x+r.w-x, d.series.Recent, false, forwardLook)
			continue
		}
		c.text(x, y, r.x+r.w, line.text, line.look)
	}
}

// titleOf names a row where it stands alone.
func titleOf(n *node) string {
	if p := n.Path; p != "" {
		return p
	}
	return n.Label
}

// detailLines are the facts about n in groups: what it is, what it takes, what it
// holds. The most asked for come first, as a low pane cuts the others off. With blanks
// there is a blank line between groups.
func (d *detailPane) detailLines(n *node, w int, blanks bool) []detailLine {
	groups := [][]detailLine{
		d.identity(n, w), d.effectLines(), d.shapes(n), d.timing(n), d.gradientLines(n),
		d.roof(n), d.kernelLines(n, w), d.outputs(n), d.contents(n),
	}
	var lines []detailLine
	for _, g := range groups {
		if blanks && len(g) > 0 && len(lines) > 0 {
			lines = append(lines, detailLine{})
		}
		lines = append(lines, g...)
	}
	return lines
}

// identity says what the row is. A layer's options go on a line of their own
// where the pane is too narrow for both.
func (d *detailPane) identity(n *node, w int) []detailLine {
	lines := []detailLine{{text: titleOf(n), look: strong}}
	switch {
	case len(n.Layers) > 0:
		l := n.Layers[0]
		kind, desc := l.Kind.String(), l.Desc
		if head, rest, ok := strings.Cut(desc, ", "); ok && width(kind)+1+width(desc) > w {
			lines = append(lines, detailLine{text: kind + " " + head})
			return append(lines, detailLine{text: strings.ReplaceAll(rest, ", ", " ")})
		}
		return append(lines, detailLine{text: strings.TrimSpace(kind + " " + desc)})
	case n.Kind == profile.JoinRow:
		sum := detailLine{text: "branch + " + n.Skip.String()}
		return append(lines, sum, detailLine{text: "added in the last kernel", look: muted})
	case n.Kind == profile.OverheadRow, n.Kind == profile.LossRow, n.Kind == profile.ProbesRow:
		return append(lines, wrapped(tailText(n.Kind), w, muted)...)
	case n.Kind == profile.RunRow:
		return append(lines, detailLine{text: plural(len(n.children), "alike blocks")})
	}
	return append(lines, d.moduleKind(n)...)
}

// tailText explains a row after the net.
func tailText(kind profile.RowKind) string {
	switch kind {
	case profile.OverheadRow:
		return "what the pass takes beyond its kernels: dispatch, and the clocks of this profile"
	case profile.LossRow:
		return "softmax and cross-entropy of the logits, and their gradient"
	}
	return "the measuring of outputs' moments and of gradients' norms"
}

// moduleKind is a module's class and, of a block, its skip.
func (d *detailPane) moduleKind(n *node) []detailLine {
	lines := []detailLine{{text: n.Module.Kind}}
	if b := n.Module.Block; b != nil {
		skip := b.Skip.String() + " skip"
		if b.Skip == nn.NoSkip {
			skip = "no skip"
		}
		if b.PreAct {
			skip += ", pre-activation"
		}
		lines = append(lines, detailLine{text: skip, look: skipLook})
		for _, text := range strings.Split(n.lesion.text, "  ") {
			if text != "" {
				lines = append(lines, detailLine{text: text, look: warningLook})
			}
		}
	}
	return lines
}

// shapes are what goes in and comes out per image, and of a layer how much of the
// image an output sees.
func (d *detailPane) shapes(n *node) []detailLine {
	var lines []detailLine
	if in := inputOf(n); in != nil {
		lines = append(lines, detailLine{label: "in ", text: shapeOf(in)})
	}
	if n == d.list.tree.root && d.givenInput() {
		lines = append(lines, detailLine{label: "  of", text: d.about.Input})
	}
	if n.Out != nil {
		lines = append(lines, detailLine{label: "out", text: shapeOf(n.Out)})
	}
	if f := field(n); f > 0 && len(n.Layers) > 0 {
		jump := n.Layers[len(n.Layers)-1].Jump
		lines = append(lines, detailLine{label: "sees", text: fmt.Sprintf("%d px, every %d", f, jump)})
	}
	return lines
}

// inputOf is the shape that goes into a row; nil for rows after the net, such as the
// loss.
func inputOf(n *node) tensor.Shape {
	switch {
	case len(n.Layers) > 0:
		return n.Layers[0].In
	case n.Module != nil:
		return n.Module.In
	case n.Folds():
		return inputOf(n.children[0])
	}
	return nil
}

// timing is the row's time with how well it is known, and what single passes took.
// Means of a file without passes are called so, and leave the rest unknown.
func (d *detailPane) timing(n *node) []detailLine {
	took := d.list.tree.took(n)
	if took <= 0 {
		return nil
	}
	label, s := "time", &d.series
	text := d.units.duration(took).String()
	switch d.snap.Statistic() {
	case profile.Newest:
		return append([]detailLine{{label: label, text: text}}, d.passTimes(n)...)
	case profile.Mean:
		label = "mean"
	case profile.Typical:
		if half := d.snap.ErrorOf(s); half > 0 {
			text += " ±" + percent(half).String()
		}
	}
	lines := append([]detailLine{{label: label, text: text}}, d.passTimes(n)...)
	lines = append(lines,
		detailLine{label: "  p50", text: d.units.duration(s.P50).String()},
		detailLine{label: "  p95", text: d.units.duration(s.P95).String()},
		detailLine{label: "  min", text: d.units.duration(s.Min).String()})
	if s.N > 1 {
		lines = append(lines, detailLine{label: "     ", spark: true})
	}
	return lines
}

// roof says what bounds the kernel, and which part of that ceiling it reaches.
func (d *detailPane) roof(n *node) []detailLine {
	k := d.kernel(n)
	if k == nil {
		return nil
	}
	bound, part := d.state.Ceilings.Place(k.FLOPs, k.Bytes, n.time)
	if bound == profile.BoundUnknown {
		return nil
	}
	lines := []detailLine{
		{label: "roof", text: string(bound)},
		{text: fmt.Sprintf("  %.0f %% of %s", 100*part, roofName(d.state.Ceilings, k))},
	}
	if profile.TooLow(bound, part) {
		lines = append(lines, detailLine{text: "  measured too low", look: warningLook})
	}
	return lines
}

// kernelLines name the kernel and what it absorbed.
func (d *detailPane) kernelLines(n *node, w int) []detailLine {
	name := d.kernelName(n)
	if name == "" {
		return nil
	}
	lines := wrapped("kernel "+name, w, plainText)
	lines[0] = detailLine{label: "kernel", text: strings.TrimPrefix(lines[0].text, "kernel ")}
	tail := ""
	for _, l := range n.Layers[1:] {
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
func (d *detailPane) outputs(n *node) []detailLine {
	if d.state.Step == nil || len(n.Layers) == 0 {
		return nil
	}
	mo, ok := d.state.Step.Moments[n.Layers[len(n.Layers)-1].Index]
	if !ok {
		return nil
	}
	return []detailLine{{label: "output"}, {text: " " + momentsText(mo)}}
}

// momentsText is both, "μ 0.012 σ 0.983".
func momentsText(mo live.Moments) string {
	return fmt.Sprintf("μ %s σ %s", signed(mo.Mean), profile.Significant(mo.Std))
}

// thinSpace stands between the thousands of exact counts.
const thinSpace = "\u202f"

// contents are the row's exact counts: the columns of the tree round them.
func (d *detailPane) contents(n *node) []detailLine {
	var lines []detailLine
	if n.Cost.Params > 0 {
		lines = append(lines, detailLine{label: "params", text: profile.Grouped(n.Cost.Params, thinSpace)})
	}
	if w := weightOf(d.list.tree.model, n); w != nil {
		if s, known := d.state.Params[w.Name]; known {
			text := " " + momentsText(live.Moments{Mean: s.Mean, Std: s.Std})
			lines = append(lines, detailLine{label: "weights"}, detailLine{text: text})
		}
	}
	if n.Cost.MACs > 0 {
		lines = append(lines, detailLine{label: "MACs", text: profile.Grouped(n.Cost.MACs, thinSpace)})
	}
	if f := n.Cost.FLOPs(); f > 0 {
		lines = append(lines, detailLine{label: "FLOPs", text: profile.Grouped(f, thinSpace)})
	}
	if n.Cost.ActivationBytes > 0 {
		lines = append(lines, detailLine{label: "activations", text: profile.FormatBytes(n.Cost.ActivationBytes)})
	}
	return lines
}

// detailNotes are what must be known about the whole: the classes that the first
// image is taken for, at the net and at its last row, and how the numbers came
// about.
func (d *detailPane) detailNotes(n *node, w int) []detailLine {
	var lines []detailLine
	if n == d.list.tree.root || n == d.list.tree.order[len(d.list.tree.order)-1] {
		for i, g := range d.state.Top {
			if i == 0 {
				lines = append(lines, detailLine{}, detailLine{text: "first image", look: muted})
			}
			lines = append(lines, detailLine{label: fmt.Sprintf("%5.1f %%", 100*g.Probability), text: d.className(g.Class)})
		}
	}
	if note := d.calibrationNote(); note != "" {
		lines = append(lines, detailLine{})
		lines = append(lines, wrapped(note, w, muted)...)
	}
	return lines
}

// className is a class's name, or its number where names are not known.
func (d *detailPane) className(class int) string {
	if labels := d.opts.Labels; len(labels) == d.about.Model.Classes() {
		return labels[class]
	}
	return fmt.Sprintf("class %d", class)
}

// calibrationNote says what the activations of a net without weights mean.
func (d *detailPane) calibrationNote() string {
	switch {
	case d.program == nil || !d.about.Initialised:
		return ""
	case d.program.Calibrated:
		return "calibrated on random input: without weights, its batch norms know only the scale of noise"
	}
	return "not calibrated: running statistics are 0 and 1, so activations may explode"
}
