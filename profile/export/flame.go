package export

import (
	"fmt"
	"html/template"

	"resnet-tui/profile"
)

const (
	flameWidth  = 1200.0
	flameRow    = 20.0
	flameLetter = 6.6 // the width of one, about
	flameLeast  = 0.3 // narrower frames are not drawn
)

// flameSVG draws the tree as an icicle: a row a level, the root on top, widths
// in proportion to time, left to right as it runs.
func flameSVG(root *node) template.HTML {
	d := newDrawing(flameWidth, flameRow*float64(root.depth()), "flame", "flame graph of a mean pass")
	d.flame(root, 0, 0, flameWidth/float64(max(root.ns, 1)), root.ns)
	return d.done()
}

func (d *drawing) flame(n *node, x, y, scale float64, total int64) {
	w := float64(n.ns) * scale
	if w < flameLeast {
		return
	}
	title := fmt.Sprintf("%s: %s, %s", n.name, n.time(), profile.FormatShare(float64(n.ns)/float64(max(total, 1))))
	d.rect(x, y, max(w-0.5, flameLeast), flameRow-1, "frame "+passClass(n.pass), title)
	if letters := int(w/flameLetter) - 1; letters >= 3 {
		d.text(x+3, y+14, "start", "in", shorten(n.name, letters))
	}
	for _, c := range n.children {
		d.flame(c, x, y+flameRow, scale, total)
		x += float64(c.ns) * scale
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

// shorten cuts a name to so many letters.
func shorten(name string, letters int) string {
	r := []rune(name)
	if len(r) <= letters {
		return name
	}
	return string(r[:letters-1]) + "…"
}
