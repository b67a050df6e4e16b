package export

import (
	"fmt"
	"html/template"
	"math"

	"resnet-tui/profile"
)

// chart is a drawing with logarithmic axes: x from 10^x0 to 10^x1 and y from
// 10^y0 to 10^y1, inside the margins.
type chart struct {
	*drawing
	x0, x1, y0, y1 float64
}

// Size and margins of a chart, in units of the SVG's viewBox.
const (
	chartWidth, chartHeight = 800.0, 420.0
	chartLeft, chartBottom  = 64.0, 44.0
	chartTop, chartRight    = 16.0, 16.0
)

// x returns the horizontal position of a positive value.
func (c *chart) x(v float64) float64 {
	return chartLeft + (math.Log10(v)-c.x0)/(c.x1-c.x0)*(chartWidth-chartLeft-chartRight)
}

// y returns the vertical position of a positive value. SVG's axis points down.
func (c *chart) y(v float64) float64 {
	return chartHeight - chartBottom - (math.Log10(v)-c.y0)/(c.y1-c.y0)*(chartHeight-chartBottom-chartTop)
}

// rooflineSVG draws a roofline plot (Williams, Waterman and Patterson 2009) of the
// rows: executed FLOPs per byte against executed GFLOP/s, both logarithmic, under
// the measured ceilings. Executed counts are what the hardware limits: a Winograd
// convolution does less arithmetic than the direct one. Each row is a disc whose area
// grows in proportion to its share of the pass. It is empty without ceilings or
// rows that do arithmetic.
func rooflineSVG(p *profile.Profile) template.HTML {
	if p.Ceilings == nil || p.Ceilings.GFLOPS <= 0 || p.Ceilings.GBPS <= 0 {
		return ""
	}
	dots := rooflineDots(p)
	if len(dots) == 0 {
		return ""
	}
	c := rooflineFrame(p.Ceilings, dots)
	c.grid()
	c.roofs(p.Ceilings)
	for _, d := range dots {
		radius := 2.5 + 22*math.Sqrt(float64(d.row.Share))
		c.circle(c.x(d.intensity), c.y(d.gflops), radius, "dot "+passClass(d.row.Pass), d.title())
	}
	return c.done()
}

// rooflineDot is a row in the plot.
type rooflineDot struct {
	row       *profile.LayerRow
	intensity float64 // executed FLOPs per byte
	gflops    float64 // rate of executed FLOPs; the row's own GFLOPS are direct-equivalent
	ms        float64 // per pass
}

// title returns the dot's tooltip.
func (d rooflineDot) title() string {
	title := fmt.Sprintf("%s (%s): %s GFLOP/s executed, %s FLOP/byte, %s, %s of its roof",
		d.row.Path, d.row.Pass, profile.Significant(d.gflops), profile.Significant(d.intensity),
		milliseconds(d.ms), profile.FormatShare(float64(d.row.Roof)))
	if d.row.Roof > 1 {
		title += ", " + profile.Distance(d.row.Bound, float64(d.row.Roof))
	}
	return title
}

// rooflineDots returns the rows that can be drawn: those that do arithmetic, and so
// have a position on logarithmic axes, and whose share is known.
func rooflineDots(p *profile.Profile) (dots []rooflineDot) {
	for i := range p.Layers {
		r := &p.Layers[i]
		intensity := float64(r.Intensity)
		ms := p.LayerMS(i)
		gflops := float64(r.ExecutedFLOPs) / ms / 1e6 // 10⁶ FLOPs per ms are 10⁹ per s
		if drawable(intensity) && drawable(gflops) && r.Share >= 0 {
			dots = append(dots, rooflineDot{r, intensity, gflops, ms})
		}
	}
	return dots
}

// rooflineFrame returns a chart of whole decades that covers the dots and the
// ridge.
func rooflineFrame(roofs *profile.Roofs, dots []rooflineDot) *chart {
	ridge := roofs.GFLOPS / roofs.GBPS
	across, up := []float64{ridge}, []float64{roofs.GFLOPS}
	for _, d := range dots {
		across, up = append(across, d.intensity), append(up, d.gflops)
	}
	// The ceilings are positive, so both axes exist.
	x, _ := profile.DecadesOf(across, profile.EdgeAbove)
	y, _ := profile.DecadesOf(up, profile.EdgeAbove)
	return &chart{
		newDrawing(chartWidth, chartHeight, "chart", "roofline"),
		float64(x.Low), float64(x.High), float64(y.Low), float64(y.High),
	}
}

// grid draws both axes of a roofline plot: lines at powers of ten with their
// values, and the axes' names.
func (c *chart) grid() {
	bottom := chartHeight - chartBottom
	for e := c.x0; e <= c.x1; e++ {
		x := c.x(math.Pow(10, e))
		c.line(x, chartTop, x, bottom, "grid")
		c.text(x, bottom+16, "middle", "axis", fmt.Sprintf("%g", math.Pow(10, e)))
	}
	c.levels("GFLOP/s executed")
	c.text(chartWidth/2, chartHeight-8, "middle", "axis", "executed FLOPs per byte moved")
}

// levels draws the vertical axis: lines at powers of ten with their values, and
// the axis's name.
func (c *chart) levels(name string) {
	for e := c.y0; e <= c.y1; e++ {
		y := c.y(math.Pow(10, e))
		c.line(chartLeft, y, chartWidth-chartRight, y, "grid")
		c.text(chartLeft-6, y+4, "end", "axis", fmt.Sprintf("%g", math.Pow(10, e)))
	}
	c.text(chartLeft+6, chartTop+12, "start", "axis", name)
}

// roofs draws the ceilings: memory bandwidth, of slope 1 in logarithmic axes, up
// to the ridge, and from there the level of peak arithmetic. Each has its value.
func (c *chart) roofs(r *profile.Roofs) {
	ridge := r.GFLOPS / r.GBPS
	left, right := math.Pow(10, c.x0), math.Pow(10, c.x1)
	from := max(left, math.Pow(10, c.y0)/r.GBPS) // where the slope enters the chart
	c.line(c.x(from), c.y(from*r.GBPS), c.x(ridge), c.y(r.GFLOPS), "roof")
	c.line(c.x(ridge), c.y(r.GFLOPS), c.x(right), c.y(r.GFLOPS), "roof")
	c.text(chartWidth-chartRight-4, c.y(r.GFLOPS)-6, "end", "axis", profile.Significant(r.GFLOPS)+" GFLOP/s, measured")
	// The geometric mean is the middle of the slope on a logarithmic axis.
	middle := math.Sqrt(from * ridge)
	c.text(c.x(middle)-6, c.y(middle*r.GBPS)-6, "end", "axis", profile.Significant(r.GBPS)+" GB/s, measured")
}
