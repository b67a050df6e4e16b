package export

import (
	"fmt"
	"html/template"
	"time"

	"resnet-tui/profile"
)

// Sizes of the flame graph, in units of the SVG's viewBox.
const (
	flameWidth  = 1200.0
	flameRow    = 20.0
	flameLetter = 6.6 // approximate width of a letter of the page's 11 px font
	flameLeast  = 0.3 // narrower frames are left out: thousands of them can't be seen
)

// flameSVG draws a tree as a flame graph with the root on top (B. Gregg, The
// flame graph, ACM Queue 14, 2016): a row of frames per level, widths in
// proportion to the time. Unlike in a usual flame graph, frames are not
// sorted by name but in execution order, from left to right.
func flameSVG(t *profile.Tree) template.HTML {
	root := t.Root
	d := newDrawing(flameWidth, flameRow*float64(depth(root)), "flame", "flame graph of a pass, "+t.Statistic.String())
	total := max(root.Took.Total(), 1)
	d.flame(root, 0, 0, flameWidth/float64(total), total)
	return d.done()
}

// flame draws the frame of r with its left upper corner at (x, y), and the frames
// below it. scale is width per nanosecond; total is the root's time.
func (d *drawing) flame(r *profile.Row, x, y, scale float64, total time.Duration) {
	took := r.Took.Total()
	name := frameName(r)
	w := float64(took) * scale
	if w < flameLeast {
		return
	}
	share := float64(took) / float64(total)
	title := fmt.Sprintf("%s: %s, %s", name, profile.FormatTime(took), profile.FormatShare(share))
	d.rect(x, y, max(w-0.5, flameLeast), flameRow-1, "frame "+passOf(r), title)
	if letters := int(w/flameLetter) - 1; letters >= 3 {
		d.text(x+3, y+14, "start", "in", shorten(name, letters))
	}
	for _, c := range below(r) {
		d.flame(c, x, y+flameRow, scale, total)
		x += float64(c.Took.Total()) * scale
	}
}

// passClass returns the CSS class for a row's pass. Names from a file that are
// unknown get "mixed", so that nothing else can enter the page's markup.
func passClass(pass string) string {
	switch pass {
	case "forward", "backward", "update":
		return pass
	}
	return "mixed"
}

// shorten cuts a name to at most the given number of letters, the last of which
// is then an ellipsis.
func shorten(name string, letters int) string {
	r := []rune(name)
	if len(r) <= letters {
		return name
	}
	return string(r[:letters-1]) + "…"
}
