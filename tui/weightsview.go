package tui

import (
	"fmt"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// weightsView shows what the net holds: histograms of the selected row's output, weight and
// gradient, histograms of all layers as a carpet, and the row's channels.
type weightsView struct {
	treeView
	body   rect // at 0, 0
	of     *tree
	params int          // how many are in kinds
	values *live.Values // that kinds are of
	kind   valueKind    // of the carpet and the channels
	kinds  [valueKinds]values
}

// valueKind is what values are of.
type valueKind uint8

const (
	outputValues valueKind = iota
	weightValues
	gradientValues
	valueKinds // how many there are
)

func (k valueKind) String() string { return [...]string{"output", "weight", "gradient"}[k] }

// look is that of a histogram.
func (k valueKind) look() look { return [...]look{forwardLook, plainLook, backwardLook}[k] }

// values are all tensors of a kind, and the axis that all of them fit on.
type values struct {
	lines []valueLine
	axis  valueAxis
}

// valueLine is a tensor of the net: a line of the carpet.
type valueLine struct {
	row   *node
	name  string
	stats *nn.Statistics // nil while they aren't known
}

// kindKey is the view's own.
var kindKey = bind("v", "output, weight or gradient", "v")

func (v *weightsView) title() string { return "Weights" }

func (v *weightsView) missing() string {
	return when(v.about.Recorded, "a recorded profile has no values: open the net itself to see them")
}

// opened has passes count values, and asks for the weights.
func (v *weightsView) opened() {
	if v.noEngine() == "" {
		v.screen.request(live.InspectParams{})
		v.screen.request(live.SetHistograms{On: true})
	}
}

// closed has passes count nothing: it takes time.
func (v *weightsView) closed() {
	if v.noEngine() == "" {
		v.screen.request(live.SetHistograms{On: false})
	}
}

// update gathers what is known.
func (v *weightsView) update(w, h int) {
	v.body = rect{w: w, h: h}
	if v.of == v.list.tree && v.params == len(v.state.Params) && v.values == v.state.Values {
		return
	}
	if v.of != v.list.tree {
		v.kinds[outputValues].axis, v.kinds[gradientValues].axis = valueAxis{}, valueAxis{}
	}
	v.of, v.params, v.values = v.list.tree, len(v.state.Params), v.state.Values
	v.kinds[outputValues].lines = v.outputs()
	v.kinds[weightValues].lines = v.weights(v.state.Params)
	v.kinds[gradientValues].lines = nil
	if v.values != nil && len(v.values.Gradients) > 0 {
		v.kinds[gradientValues].lines = v.weights(v.values.Gradients)
	}
	for k := range v.kinds {
		for _, line := range v.kinds[k].lines {
			if line.stats != nil {
				v.kinds[k].axis.take(line.stats)
			}
		}
	}
}

// outputs are those of kernels, as they run.
func (v *weightsView) outputs() (lines []valueLine) {
	if v.values == nil {
		return nil
	}
	for i, l := range v.of.model.Layers {
		if s := v.values.Outputs[i]; s != nil {
			lines = append(lines, valueLine{v.of.byLayer[i], l.Path, s})
		}
	}
	return lines
}

// weights are those of convolutions and of linear layers, as they run; stats are of them,
// or of their gradients.
func (v *weightsView) weights(stats map[string]*nn.Statistics) (lines []valueLine) {
	seen := map[tensor.ParamID]bool{}
	for i, l := range v.of.model.Layers {
		for _, id := range l.Params {
			p := &v.of.model.Params[id]
			if p.Role == tensor.Weight && !seen[id] {
				seen[id] = true
				lines = append(lines, valueLine{v.of.byLayer[i], l.Path, stats[p.Name]})
			}
		}
	}
	return lines
}

func (k *values) known() (n int) {
	for _, line := range k.lines {
		if line.stats != nil {
			n++
		}
	}
	return n
}

// find is the line of a row: the first one in it, or with last the last one, as what leaves
// a block last is the block's. A row without any has the line before it in the net. It is −1
// if there are no lines.
func (k *values) find(n *node, last bool) int {
	in, before := -1, -1
	for i, line := range k.lines {
		switch {
		case n == nil:
		case line.row.within(n):
			if in < 0 || last {
				in = i
			}
		case line.row.Index <= n.Index:
			before = i
		}
	}
	if in >= 0 {
		return in
	}
	return max(before, min(len(k.lines)-1, 0))
}

// selected is the selected row's line of a kind; false if nothing is known of it.
func (v *weightsView) selected(k valueKind) (valueLine, bool) {
	i := v.kinds[k].find(v.list.selected(), k == outputValues)
	if i < 0 || v.kinds[k].lines[i].stats == nil {
		return valueLine{}, false
	}
	return v.kinds[k].lines[i], true
}

func (v *weightsView) footer() []key.Binding {
	next := named(kindKey, ((v.kind + 1) % valueKinds).String())
	return append([]key.Binding{next, named(v.keymap.Toggle, "to the tree")}, v.treeView.footer()...)
}

func (v *weightsView) actions() []action {
	return append(v.treeView.actions(), does(aboutView, kindKey, func() { v.kind = (v.kind + 1) % valueKinds }))
}

// click selects the row of a line of the carpet.
func (v *weightsView) click(x, y int) {
	p := arrangeWeights(v.body)
	k := v.carpet()
	at := k.area(p.carpet)
	if len(k.lines) > 0 && at.contains(x, y) {
		v.list.reveal(k.lines[k.lineAt(2*(y-at.y), 2*at.h)].row)
	}
}

func (v *weightsView) carpet() *carpet {
	k := &v.kinds[v.kind]
	return &carpet{k.lines, k.axis, k.find(v.list.selected(), v.kind == outputValues)}
}

// weightPanes divide the view: the title, histograms on the left, the carpet on the right,
// and channels below.
type weightPanes struct{ title, histograms, carpet, strips rect }

// The least size at which there is a carpet beside the histograms, and channels below.
const (
	carpetWidth = 56
	stripHeight = 13
)

func arrangeWeights(r rect) weightPanes {
	r.x, r.w = r.x+1, r.w-2
	p := weightPanes{histograms: r}
	if r.h >= stripHeight {
		p.histograms.h -= stripLines + 1
		p.strips = rect{r.x, r.y + r.h - stripLines, r.w, stripLines}
	}
	if r.w < carpetWidth {
		return p
	}
	p.carpet = p.histograms
	p.histograms.w = r.w * 2 / 5
	left := p.histograms.w + 2
	p.title = rect{r.x + left, r.y, r.w - left, 1}
	p.carpet.x, p.carpet.w = r.x+left, r.w-left
	p.carpet.y, p.carpet.h = p.carpet.y+1, p.carpet.h-1
	return p
}

func (v *weightsView) draw(c *canvas, r rect) {
	p := arrangeWeights(r)
	v.drawHistograms(c, p.histograms)
	if line, ok := v.selected(v.kind); ok && !p.strips.empty() {
		v.drawStrips(c, p.strips, line.stats)
	}
	if p.carpet.empty() {
		return
	}
	k := v.carpet()
	if len(k.lines) == 0 {
		c.wrap(rect{p.title.x, p.title.y, p.title.w, p.carpet.h}, v.unknown(v.kind), muted)
		return
	}
	area := k.area(p.carpet)
	c.text(area.x, p.title.y, p.title.x+p.title.w, v.carpetTitle(), muted)
	k.draw(c, p.carpet, v.pictures)
}

// carpetTitle says what the carpet is of.
func (v *weightsView) carpetTitle() string {
	k := &v.kinds[v.kind]
	if known := k.known(); known < len(k.lines) {
		return fmt.Sprintf("%ss: %d of %d are read", v.kind, known, len(k.lines))
	}
	return fmt.Sprintf("%ss of %d layers", v.kind, len(k.lines))
}

// lowestHistogram is the lines that a histogram takes at least, with its axis and the two
// lines that say what it is of.
const lowestHistogram = 6

// drawHistograms draws the selected row's histograms below each other, as many as have
// room; the carpet's kind is always among them.
func (v *weightsView) drawHistograms(c *canvas, r rect) {
	kinds := []valueKind{v.kind}
	if n := int(valueKinds); r.h >= n*lowestHistogram {
		kinds = []valueKind{outputValues, weightValues, gradientValues}
	}
	for i, k := range kinds {
		from, to := i*r.h/len(kinds), (i+1)*r.h/len(kinds)
		v.drawHistogramOf(c, rect{r.x, r.y + from, r.w, to - from}, k)
	}
}

// drawHistogramOf draws a histogram of the selected row: what it is of, what is no number
// or else the figures, the bars and their axis.
func (v *weightsView) drawHistogramOf(c *canvas, r rect, k valueKind) {
	line, ok := v.selected(k)
	if !ok {
		x := c.text(r.x, r.y, r.x+r.w, k.String()+" ", k.look()) + 1
		c.wrap(rect{x, r.y, r.x + r.w - x, r.h}, v.unknown(k), muted)
		return
	}
	x := c.text(r.x, r.y, r.x+r.w, k.String(), k.look())
	c.text(x+1, r.y, r.x+r.w, line.name, strong)
	below := 1
	if r.h >= lowestHistogram-1 {
		below = 2
		x := r.x
		if text := strangeText(line.stats); text != "" {
			x = c.text(x, r.y+1, r.x+r.w, text, warningLook) + 2
		}
		c.text(x, r.y+1, r.x+r.w, fitting(valuesTexts(line.stats), r.x+r.w-x), muted)
	}
	c.drawHistogram(rect{r.x, r.y + below, 2*sideOf(r.w) + 1, r.h - below}, line.stats, v.kinds[k].axis, k.look())
}

// unknown says why there is nothing of a kind, and how to get it.
func (v *weightsView) unknown(k valueKind) string {
	running := v.state.Desired.Running || v.state.Phase != live.Stepping
	switch why := v.noEngine(); {
	case why != "":
		return why
	case k == weightValues:
		return "is being read"
	case !running:
		return "single steps count no values: " + v.keymap.Run.Help().Key + " runs passes, which do"
	case k == gradientValues && !v.state.Actual.Backward:
		return "comes with a backward pass: " + v.keymap.Backward.Help().Key + " runs one behind every forward pass"
	}
	return "comes with the next pass, while this view is open"
}
