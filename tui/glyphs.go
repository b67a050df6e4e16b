package tui

import (
	"math"
	"time"

	"resnet-tui/profile"
)

// eighths are the left blocks of one cell, by eighths filled.
var eighths = [9]rune{' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'}

// levels are the lower blocks of one cell, for sparklines.
var levels = [8]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// bar draws part (0 to 1) of w cells, to the nearest eighth of a cell, so that
// the eye can add bars up.
func (c *canvas) bar(x, y, w int, part float64, l look) {
	if !(part > 0) || w <= 0 {
		return
	}
	n := int(math.Round(min(part, 1) * float64(w) * 8))
	for i := 0; i < w && n > 0; i++ {
		c.set(x+i, y, eighths[min(n, 8)], l)
		n -= 8
	}
}

// barLook is the shade of a part of the net: one hue, dark to light.
func barLook(part float64) look {
	switch {
	case part < 0.02:
		return bar0
	case part < 0.10:
		return bar1
	case part < 0.35:
		return bar2
	}
	return bar3
}

// sparkline draws the newest w values between their smallest and largest. Few values
// start from the left. Values that vary by less than 2 % stay low, since noise drawn to
// full height would look like a change. invert shows times as the rates they mean.
func (c *canvas) sparkline(x, y, w int, values []time.Duration, invert bool, l look) {
	if w <= 0 || len(values) == 0 {
		return
	}
	if len(values) > w {
		values = values[len(values)-w:]
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	span := max(float64(high-low), 0.02*float64(high), 1)
	for i, v := range values {
		f := float64(v-low) / span
		if invert {
			f = float64(high-v) / span
		}
		c.set(x+i, y, levels[min(int(f*8), 7)], l)
	}
}

// figure draws a number that ends before its unit, which fills the last `unit` cells
// before end, so that the digits of a column are aligned. A number without room is an
// ellipsis, never cut: "12" for "123" would be a wrong figure. Without a number it
// draws a dash.
func (c *canvas) figure(start, end, y int, f profile.Figure, unit int, l look) {
	if f.Number == "" {
		c.right(end, y, profile.Dash, faint)
		return
	}
	at := end
	if unit > 0 {
		at = end - unit - 1
		c.text(end-unit+max(unit-width(f.Unit), 0), y, end, f.Unit, muted)
	}
	if w := width(f.Number); at-w < start {
		c.text(start, y, at, "…", muted)
		return
	}
	c.right(at, y, f.Number, l)
}
