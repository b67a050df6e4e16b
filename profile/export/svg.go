package export

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// drawing is an SVG under construction, https://www.w3.org/TR/SVG2. It is inline
// in the page: colours are CSS classes, so that they follow light and dark, and
// it scales to the page's width by its viewBox.
//
// Its methods escape titles and texts, which come from the profile, and trust
// classes and anchors, which must be constants.
type drawing struct{ strings.Builder }

// newDrawing starts a drawing of w × h units. label describes it to screen
// readers.
func newDrawing(w, h float64, class, label string) *drawing {
	d := &drawing{}
	fmt.Fprintf(d, `<svg viewBox="0 0 %g %g" class="%s" role="img" aria-label="%s">`,
		w, h, class, html.EscapeString(label))
	return d
}

// done ends the drawing and returns it, ready to embed in the page.
func (d *drawing) done() template.HTML {
	d.WriteString("</svg>")
	return template.HTML(d.String()) // every text in it went through html.EscapeString
}

// rect draws a rectangle with its left upper corner at (x, y). title is its
// tooltip.
func (d *drawing) rect(x, y, w, h float64, class, title string) {
	fmt.Fprintf(d, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" class="%s"><title>%s</title></rect>`,
		x, y, w, h, class, html.EscapeString(title))
}

// circle draws a disc around (x, y). title is its tooltip.
func (d *drawing) circle(x, y, r float64, class, title string) {
	fmt.Fprintf(d, `<circle cx="%.2f" cy="%.2f" r="%.2f" class="%s"><title>%s</title></circle>`,
		x, y, r, class, html.EscapeString(title))
}

// line draws a line from (x1, y1) to (x2, y2).
func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(d, `<line x1="%.2f" y1="%.2f" x2="%.2f" y2="%.2f" class="%s"/>`, x1, y1, x2, y2, class)
}

// curve draws lines between consecutive points, given as x and y in turn.
func (d *drawing) curve(points []float64, class string) {
	d.WriteString(`<polyline points="`)
	for i := 0; i+1 < len(points); i += 2 {
		fmt.Fprintf(d, "%.2f,%.2f ", points[i], points[i+1])
	}
	fmt.Fprintf(d, `" class="curve %s"/>`, class)
}

// text writes s on the baseline y with its anchor ("start", "middle" or "end") at
// x.
func (d *drawing) text(x, y float64, anchor, class, s string) {
	fmt.Fprintf(d, `<text x="%.2f" y="%.2f" text-anchor="%s" class="%s">%s</text>`,
		x, y, anchor, class, html.EscapeString(s))
}
