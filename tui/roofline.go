package tui

import (
	"fmt"
	"math"
	"time"

	"resnet-tui/profile"
)

// roofDot is a kernel under the roofs.
type roofDot struct {
	row       *node
	back      bool
	intensity float64 // FLOPs a byte
	gflops    float64 // executed, 10⁹ a second
	time      time.Duration
	reached   float64 // part of its roof
}

// roofline is the chart of Williams, Waterman and Patterson (2009): what the
// kernels reach of what arithmetic and memory allow at their intensity.
type roofline struct {
	plot *plot
	at   rect // of the plot
	dots []roofDot
}

// roofDots are the kernels that have a place: those that compute, and were
// timed.
func (m *Model) roofDots() (dots []roofDot) {
	for _, n := range m.list.tree.order {
		if d, ok := m.roofDot(n, n.group, n.time); ok {
			dots = append(dots, d)
		}
		for _, g := range n.behind {
			if g >= len(m.snap.Groups) {
				continue
			}
			if d, ok := m.roofDot(n, g, typical(&m.snap.Groups[g])); ok {
				d.back = true
				dots = append(dots, d)
			}
		}
	}
	return dots
}

func (m *Model) roofDot(n *node, group int, taken time.Duration) (roofDot, bool) {
	if m.program == nil || group < 0 || group >= len(m.program.kernels) {
		return roofDot{}, false
	}
	k := &m.program.kernels[group]
	if k.FLOPs <= 0 || k.Bytes <= 0 || taken <= 0 {
		return roofDot{}, false
	}
	_, reached := m.opts.Ceilings.Place(k.FLOPs, k.Bytes, taken)
	return roofDot{
		row: n, intensity: float64(k.FLOPs) / float64(k.Bytes), gflops: float64(k.FLOPs) / float64(taken), time: taken, reached: reached,
	}, true
}

// Cells of the view that are not the plot's: a line of title, the horizontal
// axis, and a line of words.
const (
	roofLines     = 3
	narrowestRoof = 12
)

// newRoofline makes the chart for r: whole decades around the dots and the
// ridge. Its plot is nil where r is too small for one.
func (m *Model) newRoofline(r rect) roofline {
	c := roofline{at: rect{r.x + axisLabel, r.y + 1, r.w - axisLabel - 1, r.h - roofLines}, dots: m.roofDots()}
	if c.at.w < narrowestRoof || c.at.h < 2 {
		return c
	}
	roofs := m.opts.Ceilings
	x, y := []float64{roofs.Ridge()}, []float64{roofs.GFLOPS}
	for _, d := range c.dots {
		x, y = append(x, d.intensity), append(y, d.gflops)
	}
	across, up := logScale([]curve{{y: x}}), logScale([]curve{{y: y}})
	c.plot = newPlot(c.at.w, c.at.h, across.low, across.high, up)
	return c
}

// drawRoofline draws the view, or says what it waits for.
func (m *Model) drawRoofline(r rect) {
	if missing := m.roofsMissing(); missing != "" {
		m.canvas.text(r.x+1, r.y, r.x+r.w, missing, muted)
		return
	}
	c := m.newRoofline(r)
	selected := firstKernel(m.list.selected())
	if c.plot != nil {
		m.canvas.text(r.x+1, r.y, r.x+r.w-1, "GFLOP/s executed · area: time · ring: selected", muted)
		c.drawDots(selected)
		m.drawRoofs(&c)
	}
	m.canvas.text(r.x+1, r.y+r.h-1, r.x+r.w-1, m.roofWords(&c, selected), plainText)
}

// roofsMissing says what must be known first; "" if nothing.
func (m *Model) roofsMissing() string {
	switch {
	case !m.opts.Ceilings.Known() && m.opts.Recorded != nil:
		return "the profile was recorded without the machine's ceilings"
	case !m.opts.Ceilings.Known():
		return "this machine's ceilings are not measured: resnet-tui info does it, once"
	case m.program == nil || m.snap.Wall.N == 0 && m.list.tree.root.time == 0:
		return "no pass has been timed yet"
	}
	return ""
}

// drawRoofs draws the roofs with what they were measured at, and the axes.
func (m *Model) drawRoofs(c *roofline) {
	roofs, p, at := m.opts.Ceilings, c.plot, c.at
	ridge := math.Log10(roofs.Ridge())
	slope := []float64{math.Pow(10, p.from) * roofs.GBPS, roofs.GFLOPS}
	p.draw(&curve{look: strong, x: []float64{p.from, ridge}, y: slope})
	p.draw(&curve{look: strong, x: []float64{ridge, p.to}, y: []float64{roofs.GFLOPS, roofs.GFLOPS}})
	m.canvas.axis(at.x, at.y, at.h, p.scale)
	m.canvas.plot(at.x, at.y, p)
	m.drawDecades(c)
	level, _ := p.row(roofs.GFLOPS)
	name := profile.Significant(roofs.GFLOPS) + " GFLOP/s"
	m.canvas.right(at.x+at.w, at.y+max(level/4-1, 0), name, strong)
	m.drawSlopeName(c, p.column(ridge)/2, profile.Significant(roofs.GBPS)+" GB/s")
}

// drawSlopeName writes memory's ceiling beside its roof, half way up: above it
// where there is room, else below.
func (m *Model) drawSlopeName(c *roofline, ridge int, name string) {
	p := c.plot
	middle := ridge / 2
	intensity := math.Pow(10, p.from+(p.to-p.from)*float64(middle)/float64(max(p.w-1, 1)))
	y, _ := p.row(intensity * m.opts.Ceilings.GBPS)
	line := c.at.y + max(min(y/4, c.at.h-1), 0)
	if end := c.at.x + middle - 1; end-width(name) >= c.at.x {
		m.canvas.right(end, max(line-1, c.at.y), name, strong)
		return
	}
	m.canvas.text(c.at.x+middle+3, min(line+1, c.at.y+c.at.h-1), c.at.x+c.at.w, name, strong)
}

// drawDecades draws the horizontal axis.
func (m *Model) drawDecades(c *roofline) {
	y := c.at.y + c.at.h
	m.canvas.set(c.at.x-1, y, '└', faint)
	m.canvas.fill(rect{c.at.x, y, c.at.w, 1}, '─', faint)
	const unit = " FLOP/byte"
	unitAt := c.at.x + c.at.w - width(unit)
	m.canvas.text(unitAt, y, c.at.x+c.at.w, unit, muted)
	for d := c.plot.from; d < c.plot.to; d++ {
		label := fmt.Sprintf("1e%+d", int(d))
		if x := c.at.x + c.plot.column(d)/2; x+width(label) < unitAt {
			m.canvas.text(x, y, unitAt, label, muted)
		}
	}
}

// drawDots draws the kernels, the selected one with a ring.
func (c *roofline) drawDots(selected *node) {
	var all time.Duration
	for _, d := range c.dots {
		all += d.time
	}
	for _, d := range c.dots {
		c.disc(&d, 0, discRadius(d.time, all))
	}
	for _, d := range c.dots {
		if r := discRadius(d.time, all); d.row == selected && !d.back {
			c.disc(&d, r+1.5, r+2.5)
		}
	}
}

// largestDisc is the radius, in dots, of a kernel that takes all of the time.
const largestDisc = 8

// discRadius makes the area of a disc its kernel's part of the time.
func discRadius(part, all time.Duration) float64 {
	return largestDisc * math.Sqrt(float64(part)/float64(max(all, 1)))
}

// disc sets the dots between two distances of a kernel's place, and at least
// that place itself.
func (c *roofline) disc(d *roofDot, from, to float64) {
	x, y := c.place(d)
	l := forwardLook
	switch {
	case from > 0:
		l = strong
	case d.back:
		l = backwardLook
	}
	reach := int(math.Ceil(to))
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			if at := math.Hypot(float64(dx), float64(dy)); at >= from && (at < to || at == 0) {
				c.plot.dot(x+dx, y+dy, l)
			}
		}
	}
}

// place is the dot of a kernel.
func (c *roofline) place(d *roofDot) (x, y int) {
	y, _ = c.plot.row(d.gflops)
	return c.plot.column(math.Log10(d.intensity)), y
}

// roofWords say how far below its roof the selected kernel stays.
func (m *Model) roofWords(c *roofline, selected *node) string {
	if selected == nil {
		return ""
	}
	for _, d := range c.dots {
		if d.row != selected || d.back {
			continue
		}
		k := m.kernel(selected)
		bound, _ := m.opts.Ceilings.Place(k.FLOPs, k.Bytes, d.time)
		return fmt.Sprintf("%s: %s-bound, %.0f %% of %s, %s · %s GFLOP/s at %s FLOP/byte",
			selected.path(), bound, 100*d.reached, m.roofName(k), distance(d.reached), profile.Significant(d.gflops), profile.Significant(d.intensity))
	}
	return selected.path() + " computes nothing that counts as arithmetic: it has no place under the roofs"
}

// distance is how often what was reached goes into the roof.
func distance(reached float64) string {
	if reached >= 1 {
		return fmt.Sprintf("%.2f× above it: its bytes come from cache", reached)
	}
	return fmt.Sprintf("%.1f× below it", 1/reached)
}

// clickRoofline selects the kernel that is nearest to a cell of the view.
func (m *Model) clickRoofline(x, y int) {
	if m.roofsMissing() != "" {
		return
	}
	c := m.newRoofline(rect{0, 0, m.layout.body.w, m.layout.body.h})
	if c.plot == nil || !c.at.contains(x, y) {
		return
	}
	var nearest *node
	least := math.Inf(1)
	for i := range c.dots {
		dx, dy := c.place(&c.dots[i])
		if far := math.Hypot(float64(dx-2*(x-c.at.x)), float64(dy-4*(y-c.at.y)-2)); far < least {
			nearest, least = c.dots[i].row, far
		}
	}
	if nearest != nil {
		m.list.reveal(nearest)
	}
}
