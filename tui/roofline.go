package tui

import (
	"fmt"
	"math"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// roofDot is a kernel under the roofs.
type roofDot struct {
	row       *node
	back      bool          // it runs in the backward pass
	intensity float64       // FLOPs per byte
	gflops    float64       // executed, 10⁹ per second
	time      time.Duration // typical, per pass
	bound     profile.Bound
	reached   float64 // part of its roof
}

// measureKey is the view's own.
var measureKey = bind("M", "measure the ceilings", "M")

// rooflineView shows what the kernels reach of what the machine allows.
type rooflineView struct {
	treeView
	body rect // at 0, 0
}

func (v *rooflineView) title() string { return "Roofline" }

func (v *rooflineView) update(w, h int) { v.body = rect{w: w, h: h} }

func (v *rooflineView) footer() []key.Binding {
	return append([]key.Binding{measureKey}, v.treeView.footer()...)
}

func (v *rooflineView) actions() []action {
	why := when(v.about.Recorded, "a recording keeps the ceilings of the machine that made it")
	ask := does(aboutView, measureKey, func() { v.screen.request(live.MeasureCeilings{}) }).offForGood(why)
	return append(v.treeView.actions(), ask)
}

// roofline is the chart of Williams, Waterman and Patterson (2009): what the
// kernels reach of what arithmetic and memory allow at their intensity.
type roofline struct {
	plot *plot
	at   rect // of the plot
	dots []roofDot
}

// roofDots are the kernels that can be shown: those that compute, and were
// timed.
func (v *rooflineView) roofDots() (dots []roofDot) {
	for _, n := range v.list.tree.order {
		if d, ok := v.roofDot(n, n.Kernel, n.time); ok {
			dots = append(dots, d)
		}
		for _, g := range n.Flat.After() {
			if g >= len(v.snap.Kernels) {
				continue
			}
			if d, ok := v.roofDot(n, g, v.snap.TimeOf(&v.snap.Kernels[g])); ok {
				d.back = true
				dots = append(dots, d)
			}
		}
	}
	return dots
}

// roofDot places the kernel of an index, which runs for row n and took some time; false
// if it does no arithmetic or wasn't timed.
func (v *rooflineView) roofDot(n *node, group int, taken time.Duration) (roofDot, bool) {
	if v.program == nil || group < 0 || group >= len(v.program.Kernels) {
		return roofDot{}, false
	}
	k := &v.program.Kernels[group]
	if k.FLOPs <= 0 || k.Bytes <= 0 || taken <= 0 {
		return roofDot{}, false
	}
	bound, reached := v.state.Ceilings.Place(k.FLOPs, k.Bytes, taken)
	return roofDot{
		row:       n,
		intensity: float64(k.FLOPs) / float64(k.Bytes),
		gflops:    float64(k.FLOPs) / float64(taken),
		time:      taken,
		bound:     bound,
		reached:   reached,
	}, true
}

// Lines of the view that are not the plot's, beside its words: the title and the
// horizontal axis.
const (
	roofLines     = 2
	narrowestRoof = 12
)

// wordLines are the lines of words below the chart; all of them where there is no room
// for a chart. They don't depend on the words, so that the chart doesn't move with the
// cursor.
func (v *rooflineView) wordLines(r rect) int {
	switch {
	case r.h < roofLines+4:
		return r.h
	case r.w < 110:
		return 2
	}
	return 1
}

// newRoofline makes the chart for r: whole decades around the dots and the ridge, so
// that it stays put while times vary. Its plot is nil where r is too small for one. It
// is made for each picture and each click: both must agree on where the dots are.
func (v *rooflineView) newRoofline(r rect) roofline {
	h := r.h - roofLines - v.wordLines(r)
	chart := roofline{at: rect{r.x + axisLabel, r.y + 1, r.w - axisLabel - 1, h}, dots: v.roofDots()}
	if chart.at.w < narrowestRoof || chart.at.h < 2 {
		return chart
	}
	roofs := v.state.Ceilings
	x, y := []float64{roofs.Ridge()}, []float64{roofs.GFLOPS}
	for _, d := range chart.dots {
		x, y = append(x, d.intensity), append(y, d.gflops)
	}
	across, up := logScale([]curve{{y: x}}), logScale([]curve{{y: y}})
	chart.plot = newPlot(chart.at.w, chart.at.h, across.low, across.high, up)
	return chart
}

// draw draws the view, or says what it waits for.
func (v *rooflineView) draw(c *canvas, r rect) {
	if missing := v.roofsMissing(); missing != "" {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, missing, muted)
		return
	}
	chart := v.newRoofline(r)
	selected := firstKernel(v.list.selected())
	if chart.plot != nil {
		chart.drawTitle(c, r)
		v.drawRoofs(c, &chart, selected)
	}
	words := rect{r.x + 1, r.y + r.h - v.wordLines(r), r.w - 2, v.wordLines(r)}
	c.wrap(words, v.roofWords(&chart, selected), plainText)
}

// roofsMissing says what must be known first; "" if nothing.
func (v *rooflineView) roofsMissing() string {
	switch {
	case !v.state.Ceilings.Known() && v.about.Recorded:
		return "the profile was recorded without the machine's ceilings"
	case !v.state.Ceilings.Known():
		return v.measured() + " ceilings are not measured: " + measureKey.Help().Key + " does it, once"
	case v.program == nil || v.snap.Wall.N == 0 && v.list.tree.root.time == 0:
		return "no pass has been timed yet"
	}
	return ""
}

// measured is whose ceilings count.
func (s *shared) measured() string {
	if s.about.Device.Kind.IsCPU() {
		return "this machine's"
	}
	return "this GPU's"
}

// drawTitle says what the marks mean; what is filled and what is hollow only where there
// is both.
func (chart *roofline) drawTitle(c *canvas, r rect) {
	end := r.x + r.w - 1
	x := r.x + 1
	if slices.ContainsFunc(chart.dots, func(d roofDot) bool { return d.back }) {
		x = c.text(x, r.y, end, "●", forwardLook)
		x = c.text(x, r.y, end, " forward ", muted)
		x = c.text(x, r.y, end, "○", backwardLook)
		x = c.text(x, r.y, end, " backward · ", muted)
	}
	c.text(x, r.y, end, "area: time · ring: selected · GFLOP/s executed", muted)
}

// drawRoofs draws the roofs with what they were measured at, the dots and the axes. The
// roofs are curves of the plot, which the dots cover; their names cover both.
func (v *rooflineView) drawRoofs(c *canvas, chart *roofline, selected *node) {
	roofs := v.state.Ceilings
	p, at := chart.plot, chart.at
	ridge := math.Log10(roofs.Ridge())
	slope := []float64{math.Pow(10, p.from) * roofs.GBPS, roofs.GFLOPS}
	p.draw(&curve{look: strong, x: []float64{p.from, ridge}, y: slope})
	p.draw(&curve{look: strong, x: []float64{ridge, p.to}, y: []float64{roofs.GFLOPS, roofs.GFLOPS}})
	chart.drawDots(selected)
	c.axis(at.x, at.y, at.h, p.scale)
	c.plot(at.x, at.y, p)
	v.drawDecades(c, chart)
	level, _ := p.row(roofs.GFLOPS)
	name := profile.Significant(roofs.GFLOPS) + " GFLOP/s" + v.ofPrecision()
	c.right(at.x+at.w, at.y+max(level/4-1, 0), name, strong)
	v.drawSlopeName(c, chart, p.column(ridge)/2, profile.Significant(roofs.GBPS)+" GB/s")
}

// ofPrecision names the arithmetic that the roof is of, unless it is the usual.
func (s *shared) ofPrecision() string {
	if p := s.about.Precision; p != tensor.FP32 {
		return " " + p.String()
	}
	return ""
}

// drawSlopeName writes memory's ceiling beside its roof, half way up: above it
// where there is room, else below.
func (v *rooflineView) drawSlopeName(c *canvas, chart *roofline, ridge int, name string) {
	p := chart.plot
	middle := ridge / 2
	intensity := math.Pow(10, p.from+(p.to-p.from)*float64(middle)/float64(max(p.w-1, 1)))
	y, _ := p.row(intensity * v.state.Ceilings.GBPS)
	line := chart.at.y + max(min(y/4, chart.at.h-1), 0)
	if end := chart.at.x + middle - 1; end-width(name) >= chart.at.x {
		c.right(end, max(line-1, chart.at.y), name, strong)
		return
	}
	c.text(chart.at.x+middle+3, min(line+1, chart.at.y+chart.at.h-1), chart.at.x+chart.at.w, name, strong)
}

// drawDecades draws the horizontal axis. The unit stands at its end, and a label that
// would touch it is left out.
func (v *rooflineView) drawDecades(c *canvas, chart *roofline) {
	y := chart.at.y + chart.at.h
	c.set(chart.at.x-1, y, '└', faint)
	c.fill(rect{chart.at.x, y, chart.at.w, 1}, '─', faint)
	const unit = " FLOP/byte"
	unitAt := chart.at.x + chart.at.w - width(unit)
	c.text(unitAt, y, chart.at.x+chart.at.w, unit, muted)
	for d := chart.plot.from; d < chart.plot.to; d++ {
		label := fmt.Sprintf("1e%+d", int(d))
		if x := chart.at.x + chart.plot.column(d)/2; x+width(label) < unitAt {
			c.text(x, y, unitAt, label, muted)
		}
	}
}

// drawDots draws the kernels, the selected one with a ring.
func (chart *roofline) drawDots(selected *node) {
	var all time.Duration
	for _, d := range chart.dots {
		all += d.time
	}
	for _, d := range chart.dots {
		r, from := discRadius(d.time, all), 0.0
		if d.back {
			r, from = max(r, smallestRing), max(r, smallestRing)-1
		}
		chart.disc(&d, from, r, d.look())
	}
	for _, d := range chart.dots {
		if r := discRadius(d.time, all); d.row == selected && !d.back {
			chart.disc(&d, r+1.5, r+2.5, strong)
		}
	}
}

// Radii in dots: of a kernel that takes all of the time, and the least of a disc and of
// a ring. A kernel of no time to speak of is still there to see: a single dot would be
// lost beside the roofs.
const (
	largestDisc  = 8
	smallestDisc = 1.2
	smallestRing = 1.5
)

// discRadius makes the area of a disc its kernel's part of the time.
func discRadius(part, all time.Duration) float64 {
	return max(largestDisc*math.Sqrt(float64(part)/float64(max(all, 1))), smallestDisc)
}

func (d *roofDot) look() look {
	if d.back {
		return backwardLook
	}
	return forwardLook
}

// disc sets the dots between two distances around a kernel: a disc from 0, else a ring.
func (chart *roofline) disc(d *roofDot, from, to float64, l look) {
	x, y := chart.dotOf(d)
	reach := int(math.Ceil(to))
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			if at := math.Hypot(float64(dx), float64(dy)); at >= from && at < to {
				chart.plot.dot(x+dx, y+dy, l)
			}
		}
	}
}

// dotOf is where a kernel stands, in dots of the plot.
func (chart *roofline) dotOf(d *roofDot) (x, y int) {
	y, _ = chart.plot.row(d.gflops)
	return chart.plot.column(math.Log10(d.intensity)), y
}

// roofWords say how far below its roof the selected kernel stays.
func (v *rooflineView) roofWords(chart *roofline, selected *node) string {
	if selected == nil {
		return ""
	}
	for _, d := range chart.dots {
		if d.row != selected || d.back {
			continue
		}
		distance := profile.Distance(d.bound, d.reached)
		if profile.TooLow(d.bound, d.reached) && !v.about.Recorded {
			distance += ", " + measureKey.Help().Key + " measures it again"
		}
		return fmt.Sprintf("%s: %s-bound, %.0f %% of %s, %s · %s GFLOP/s at %s FLOP/byte",
			selected.Path, d.bound, 100*d.reached, roofName(v.state.Ceilings, v.kernel(selected)), distance,
			profile.Significant(d.gflops), profile.Significant(d.intensity))
	}
	return selected.Path + " computes nothing that counts as arithmetic: it has no place under the roofs"
}

// click selects the kernel that is nearest to a cell of the view.
func (v *rooflineView) click(x, y int) {
	if v.roofsMissing() != "" {
		return
	}
	chart := v.newRoofline(v.body)
	if chart.plot == nil || !chart.at.contains(x, y) {
		return
	}
	var nearest *node
	least := math.Inf(1)
	for i := range chart.dots {
		dx, dy := chart.dotOf(&chart.dots[i])
		if far := math.Hypot(float64(dx-2*(x-chart.at.x)), float64(dy-4*(y-chart.at.y)-2)); far < least {
			nearest, least = chart.dots[i].row, far
		}
	}
	if nearest != nil {
		v.list.reveal(nearest)
	}
}

// roofName is the ceiling that a kernel runs against.
func roofName(c profile.Ceilings, k *tensor.KernelInfo) string {
	if float64(k.FLOPs) < c.Ridge()*float64(k.Bytes) {
		return profile.Significant(c.GBPS) + " GB/s"
	}
	return profile.Significant(c.GFLOPS) + " GFLOP/s"
}
