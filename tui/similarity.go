package tui

import (
	"fmt"
	"image"
	"math"
	"strings"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/picture"
	"resnet-tui/profile"
)

// similarityView shows how alike what leaves the net's blocks is, as a matrix: the net
// above the diagonal, and below it its twin where that was measured too.
type similarityView struct {
	treeView
	body     rect // at 0, 0
	of       *live.Similarity
	row, col int // of the cursor
}

// similarityKey is the view's own.
var similarityKey = bind("r", "measure similarity", "r")

func (v *similarityView) title() string { return "Similarity" }

func (v *similarityView) missing() string {
	return when(v.about.Recorded, "a recorded profile has no values to compare: open the net itself")
}

func (v *similarityView) update(w, h int) {
	v.body = rect{w: w, h: h}
	if v.of != v.state.Similarity {
		v.of = v.state.Similarity
		v.moveTo(v.row, v.col)
	}
}

// places are the rows and the columns.
func (v *similarityView) places() []string {
	if v.of == nil {
		return nil
	}
	return v.of.Net.Paths
}

// moveTo puts the cursor on a cell, or the nearest one.
func (v *similarityView) moveTo(row, col int) {
	last := max(len(v.places())-1, 0)
	v.row, v.col = max(min(row, last), 0), max(min(col, last), 0)
}

func (v *similarityView) measure() { v.screen.request(live.MeasureSimilarity{}) }

func (v *similarityView) footer() []key.Binding {
	keys := []key.Binding{named(similarityKey, "measure")}
	if v.of != nil {
		keys = append(keys, named(v.keymap.Toggle, "to the tree"))
	}
	return append(keys, v.treeView.footer()...)
}

func (v *similarityView) actions() []action {
	k, n := v.keymap, len(v.places())
	page, all := func() int { return max(n/4, 1) }, func() int { return n }
	moves := k.moves(page, all, func(d int) { v.moveTo(v.row+d, v.col) })
	enter := does(aboutView, named(k.Toggle, "the block in Layers"), func() { v.screen.reveal(v.focus()) })
	if v.of == nil {
		enter = does(aboutView, named(k.Toggle, "measure"), v.measure).offForGood(v.noEngine())
	}
	return append(moves, enter,
		does(aboutView, similarityKey, v.measure).offForGood(v.noEngine()),
		does(aboutView, named(k.Open, "next column"), func() { v.moveTo(v.row, v.col+1) }).
			offWhile(when(v.col >= n-1, "there is no column after this one")),
		does(aboutView, named(k.Shut, "column before"), func() { v.moveTo(v.row, v.col-1) }).
			offWhile(when(v.col <= 0, "there is no column before this one")),
	)
}

func (v *similarityView) wheel(d int) { v.moveTo(v.row+d, v.col) }

// focus is the row of the tree that the cursor's row is about.
func (v *similarityView) focus() *node {
	if v.row < len(v.places()) {
		if n := v.list.tree.find(v.places()[v.row]); n != nil {
			return n
		}
	}
	return v.treeView.focus()
}

// click puts the cursor on a cell of the matrix; point does so while a button is held.
func (v *similarityView) click(x, y int) {
	at := arrangeSimilarity(v.body, len(v.places())).matrix
	if n := len(v.places()); n > 0 && at.contains(x, y) {
		v.moveTo(2*(y-at.y)*n/(2*at.h), (x-at.x)*n/at.w)
	}
}

func (v *similarityView) point(x, y int, pressed bool) {
	if pressed {
		v.click(x, y)
	}
}

// value is the similarity of two places, and the net that it is of.
func (v *similarityView) value(row, col int) (float64, string) {
	if t := v.of.Twin; t != nil && row > col && row < len(t.CKA) {
		return t.CKA[row][col], t.Name
	}
	return v.of.Net.CKA[row][col], v.of.Net.Name
}

// similarityPanes divide the view: a title, the matrix with names on the left and below, the
// colour bar, and the cursor's cell in words.
type similarityPanes struct{ title, names, matrix, bar, words rect }

// The cells around the matrix.
const (
	similarityNames = 9 // on the left, with the cursor's mark
	similarityLines = 5 // title, axis, bar, and two of words
)

// arrangeSimilarity makes the matrix square, a whole number of pixels to a cell of n×n as
// long as they fit.
func arrangeSimilarity(r rect, n int) similarityPanes {
	p := similarityPanes{title: rect{r.x + 1, r.y, r.w - 2, 1}}
	side := min(r.w-similarityNames-2, 2*(r.h-similarityLines))
	if n > 0 && side >= n {
		side -= side % n
	}
	side = max(side-side%2, 0)
	p.names = rect{r.x + 1, r.y + 1, similarityNames - 2, side / 2}
	p.matrix = rect{r.x + similarityNames, r.y + 1, side, side / 2}
	below := r.y + 2 + side/2
	p.bar = rect{r.x + 1, below, r.w - 2, 1}
	p.words = rect{r.x + 1, below + 1, r.w - 2, max(r.y+r.h-below-1, 0)}
	return p
}

func (v *similarityView) draw(c *canvas, r rect) {
	if v.of == nil || len(v.places()) == 0 {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, v.nothing(), muted)
		return
	}
	p := arrangeSimilarity(r, len(v.places()))
	if p.matrix.h < 2 {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, v.words(), plainText)
		return
	}
	c.text(p.title.x, p.title.y, p.title.x+p.title.w, fitting(v.titles(), p.title.w), plainText)
	v.pictures.halves(c, p.matrix, v.image(p.matrix.w))
	v.drawNames(c, p)
	v.drawBar(c, p.bar)
	c.wrap(p.words, v.words(), plainText)
}

// nothing says why there is no matrix.
func (v *similarityView) nothing() string {
	switch why := v.noEngine(); {
	case why != "":
		return why
	case v.state.Phase == live.Resembling && v.state.Progress.Total > 0:
		done := float64(v.state.Progress.Done) / float64(v.state.Progress.Total)
		return fmt.Sprintf("comparing what leaves the blocks %s %.0f %%", profile.ProgressBar(done, 20), 100*done)
	case v.state.Phase == live.Resembling:
		return "comparing what leaves the blocks"
	}
	return "not measured yet: " + similarityKey.Help().Key + " runs the net on some images, and compares what leaves its blocks"
}

// titles say what is shown, from the longest to the shortest.
func (v *similarityView) titles() []string {
	images := plural(v.of.Images, "images")
	if v.of.Noise {
		images += " of seeded noise"
	}
	nets := v.of.Net.Name
	if v.of.Twin != nil {
		nets = "upper " + v.of.Net.Name + ", lower " + v.of.Twin.Name
	}
	return []string{
		"similarity of blocks (debiased CKA) · " + nets + " · " + images, "CKA · " + nets + " · " + images, nets + " · " + images, nets,
	}
}

// words say what the cursor's cell is.
func (v *similarityView) words() string {
	value, of := v.value(v.row, v.col)
	figure := "unknown: not finite, or the same for all images"
	if !math.IsNaN(value) {
		figure = fmt.Sprintf("%.3f", value)
	}
	return fmt.Sprintf("%s and %s: %s (%s)", v.places()[v.row], v.places()[v.col], figure, of)
}

// image is the matrix as side×side pixels. Where there are more cells than pixels, a pixel
// is the first of its cells.
func (v *similarityView) image(side int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	n := len(v.places())
	s := picture.Scale{High: 1}
	for y := range side {
		for x := range side {
			value, _ := v.value(y*n/side, x*n/side)
			img.SetRGBA(x, y, s.Colour(float32(value)))
		}
	}
	return img
}

// drawNames names stages where their rows and columns begin, and marks the cursor's.
func (v *similarityView) drawNames(c *canvas, p similarityPanes) {
	n, at := len(v.places()), p.matrix
	stage := func(i int) string { name, _, _ := strings.Cut(v.places()[i], "."); return name }
	c.fill(rect{at.x, at.y + at.h, at.w, 1}, '─', faint)
	next := [2]int{} // the first free line and column
	for i := range n {
		if i > 0 && stage(i) == stage(i-1) {
			continue
		}
		if y := at.y + i*at.w/n/2; y >= next[0] {
			c.right(p.names.x+p.names.w, y, stage(i), muted)
			next[0] = y + 1
		}
		if x := at.x + i*at.w/n; x >= next[1] && x+width(stage(i)) <= at.x+at.w {
			next[1] = c.text(x, at.y+at.h, at.x+at.w, stage(i), muted) + 1
		}
	}
	c.set(at.x-1, at.y+halfway(v.row, n, at.w)/2, '▶', strong)
	c.set(at.x+halfway(v.col, n, at.w), at.y+at.h, '▲', strong)
}

// halfway is the pixel in the middle of the i-th of n stretches of w pixels.
func halfway(i, n, w int) int { return (2*i + 1) * w / (2 * n) }

// drawBar draws the colours from 0 to 1.
func (v *similarityView) drawBar(c *canvas, r rect) {
	w := min(r.w-12, 24)
	if w < 4 {
		return
	}
	img := image.NewRGBA(image.Rect(0, 0, w, 2))
	for x := range w {
		dye := picture.Viridis().At(float64(x) / float64(w-1))
		img.SetRGBA(x, 0, dye)
		img.SetRGBA(x, 1, dye)
	}
	x := c.text(r.x, r.y, r.x+r.w, "0 ", muted)
	v.pictures.halves(c, rect{x, r.y, w, 1}, img)
	c.text(x+w+1, r.y, r.x+r.w, "1 alike", muted)
}
