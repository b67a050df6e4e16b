package export

import (
	"fmt"
	"html/template"

	"resnet-tui/profile"
)

// memorySVG draws the live bytes of the arena as bars along the rows in execution
// order, on a linear axis from 0 to the peak. The lower part of each bar waits to
// be added by a skip. It is empty without a memory plan.
func memorySVG(p *profile.Profile) template.HTML {
	points := p.Memory.Timeline
	if len(points) == 0 || p.Memory.Peak == nil || p.Memory.Peak.LiveBytes <= 0 {
		return ""
	}
	const height = 220.0 // a lower chart than the others
	d := newDrawing(chartWidth, height, "chart", "live bytes over a pass")
	bottom, top := height-24, 20.0
	step := (chartWidth - chartLeft - chartRight) / float64(len(points))
	scale := (bottom - top) / float64(p.Memory.Peak.LiveBytes)
	for i, m := range points {
		x := chartLeft + float64(i)*step
		live := float64(m.LiveBytes) * scale
		skip := float64(m.SkipBytes) * scale
		title := fmt.Sprintf("%s (%s): %s live, %s of them wait for a skip",
			m.Path, m.Pass, profile.FormatBytes(m.LiveBytes), profile.FormatBytes(m.SkipBytes))
		// Two bars on top of each other, so that neither covers the other.
		d.rect(x, bottom-live, step, live-skip, "whole", title)
		d.rect(x, bottom-skip, step, skip, "skip", title)
	}
	d.line(chartLeft, bottom, chartWidth-chartRight, bottom, "grid")
	d.line(chartLeft, top, chartWidth-chartRight, top, "grid")
	d.text(chartLeft-6, top+4, "end", "axis", profile.FormatBytes(p.Memory.Peak.LiveBytes))
	d.text(chartLeft, top-6, "start", "axis", "peak during "+p.Memory.Peak.Path)
	d.text(chartWidth/2, height-6, "middle", "axis", "layers in execution order")
	return d.done()
}
