package export

import (
	"fmt"
	"html/template"
	"time"

	"resnet-tui/profile"
)

const (
	flameWidth  = 1200.0
	flameRow    = 20.0
	flameLetter = 6.6 // the width of one, about
	flameLeast  = 0.3 // narrower frames are not drawn
)

// flameSVG draws the tree as an icicle: one row of frames per level, the root on
// top, widths in proportion to time, left to right in execution order.
func flameSVG(root *profile.Row) template.HTML {
	d := newDrawing(flameWidth, flameRow*float64(depth(root)), "flame", "flame graph of a "+profile.Statistic+" pass")
	total := max(root.Took.Total(), 1)
	d.flame(root, 0, 0, flameWidth/float64(total), total)
	return d.done()
}

func (d *drawing) flame(r *profile.Row, x, y, scale float64, total time.Duration) {
	took, name := r.Took.Total(), frameName(r)
	w := float64(took) * scale
	if w < flameLeast {
		return
	}
	title := fmt.Sprintf("%s: %s, %s", name, profile.FormatTime(took), profile.FormatShare(float64(took)/float64(total)))
	d.rect(x, y, max(w-0.5, flameLeast), flameRow-1, "frame "+passOf(r), title)
	if letters := int(w/flameLetter) - 1; letters >= 3 {
		d.text(x+3, y+14, "start", "in", shorten(name, letters))
	}
	for _, c := range below(r) {
		d.flame(c, x, y+flameRow, scale, total)
		x += float64(c.Took.Total()) * scale
	}
}

// passClass is the class of what belongs to a pass.
func passClass(pass string) string {
	switch pass {
	case "forward", "backward", "update":
		return pass
	}
	return "mixed"
}

// shorten cuts a name to that many letters, the last an ellipsis.
func shorten(name string, letters int) string {
	r := []rune(name)
	if len(r) <= letters {
		return name
	}
	return string(r[:letters-1]) + "…"
}
