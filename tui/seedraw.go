package tui

import (
	"fmt"
	"image"
	"math"
	"path/filepath"
	"strconv"

	"resnet-tui/internal/app/live"
	"resnet-tui/picture"
	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
)

// methodNames are the methods as the screen names them.
var methodNames = map[inspect.Method]string{
	inspect.GradCAM: "Grad-CAM", inspect.Gradient: "gradient", inspect.InputGradient: "input × gradient",
	inspect.Integrated: "integrated gradients", inspect.Occlusion: "occlusion",
}

// draw draws the image, what explains a class in it, and what leaves the layer.
func (v *seeView) draw(c *canvas, r rect) {
	if text := v.nothing(); text != "" {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, text, muted)
		return
	}
	p := arrangeSee(r)
	v.drawInput(c, p.input)
	v.drawWhy(c, p)
	v.drawParts(c, p)
	v.drawClasses(c, p.classes)
	if v.state.Occlusion != nil {
		v.drawChanges(c, p.maps)
	} else {
		v.drawMaps(c, p.maps)
	}
	if !p.less.empty() {
		c.text(p.less.x, p.less.y, p.less.x+p.less.w, v.less(p), muted)
	}
}

// nothing says why there is nothing to see; "" if there is something.
func (v *seeView) nothing() string {
	switch {
	case v.about.Recorded:
		return v.missing()
	case v.noEngine() != "":
		return v.noEngine()
	case !v.open:
		return "the engine looks inside the net while this tab is open"
	case v.seen.of == nil:
		return "the first look is on its way"
	}
	return ""
}

// less names what the terminal has no room for.
func (v *seeView) less(p seePanes) string {
	switch {
	case p.input.empty():
		return "no room for more"
	case p.classes.empty():
		return "more lines show the classes"
	}
	return "larger terminals show channels, skip and branch"
}

// drawInput draws the image, the field of the unit under the mouse, and what is covered.
func (v *seeView) drawInput(c *canvas, pane rect) {
	if pane.empty() {
		return
	}
	end := pane.x + pane.w
	box, y, x, ok := v.field()
	title := v.inputTitles()
	if ok {
		r := box.Rectangle()
		title = []string{fmt.Sprintf("unit %d,%d sees %d×%d", y, x, r.Dy(), r.Dx()), fmt.Sprintf("sees %d×%d", r.Dy(), r.Dx())}
	}
	c.text(pane.x, pane.y-1, end, fitting(title, pane.w), strong)
	if v.seen.photo == nil {
		return
	}
	at := v.pictures.draw(c, pane, "see/input", v.seen.photo)
	if at.empty() {
		c.wrap(pane, "this terminal shows no pictures: --graphics cells draws them with characters", muted)
		return
	}
	size := v.seen.photo.Bounds().Size()
	if covered := cells(at, size, v.patch.Intersect(v.seen.photo.Bounds())); !v.patch.Empty() {
		c.fill(covered, '░', muted)
	}
	if ok {
		c.outline(at, cells(at, size, box.Rectangle()), strong)
	}
}

// fitting is the first of some texts that fits, or the last.
func fitting(texts []string, w int) string {
	for _, t := range texts {
		if width(t) <= w {
			return t
		}
	}
	return texts[len(texts)-1]
}

// inputTitles are what the image is, from the longest to the shortest.
func (v *seeView) inputTitles() []string {
	name := "seeded noise, no picture"
	if v.about.Input != "" {
		name = filepath.Base(v.about.Input)
	}
	if n := v.batch(); n > 1 {
		which := fmt.Sprintf("image %d of %d", v.seen.of.Image, n)
		return []string{name + " · " + which, which}
	}
	return []string{name}
}

// drawWhy draws the explanation over the image, with its colour bar.
func (v *seeView) drawWhy(c *canvas, p seePanes) {
	seen, end := v.seen.of, p.why.x+p.why.w
	if seen.Why == nil {
		c.text(p.why.x, p.why.y-1, end, methodNames[v.asked.Method], strong)
		text := "on its way"
		if seen.Err != nil {
			text = oneLine(seen.Err)
		}
		c.wrap(p.why, text, muted)
		return
	}
	c.text(p.why.x, p.why.y-1, end, fitting(v.whyTitles(), p.why.w), strong)
	v.pictures.draw(c, p.why, "see/why", v.seen.over)
	v.drawBar(c, p.bar, "see/bar", v.seen.bar, v.seen.scale)
}

// whyTitles are what is explained, from the longest to the shortest; a mark at the end says
// that another answer is on its way.
func (v *seeView) whyTitles() []string {
	seen := v.seen.of
	why, wait := seen.Why, ""
	if seen.Sight != v.answered() {
		wait = " …"
	}
	method, class := methodNames[why.Method], v.className(why.Class)
	if why.At == "" {
		return []string{method + " · " + class + wait, method + wait}
	}
	return []string{method + " · " + why.At + " · " + class + wait, method + " · " + why.At + wait, why.At + wait}
}

// answered is what the newest answer would be if it were up to date.
func (v *seeView) answered() live.Sight {
	to := v.asked
	to.Class = v.chosen()
	return to
}

// drawBar draws a colour bar between the ends of its scale.
func (v *seeView) drawBar(c *canvas, r rect, id string, bar image.Image, s picture.Scale) {
	if r.empty() {
		return
	}
	ticks := s.Ticks()
	x := c.text(r.x, r.y, r.x+r.w, ticks[0], muted) + 1
	end := c.right(r.x+r.w, r.y, ticks[2], muted) - 1
	if end-x >= 4 {
		v.pictures.draw(c, rect{x, r.y, end - x, 1}, id, bar)
	}
}

// drawParts draws what either path of the block brings to the map, and what is known of
// the explanation.
func (v *seeView) drawParts(c *canvas, p seePanes) {
	if p.facts.empty() {
		return
	}
	why, y := v.seen.of.Why, p.skip.y-1
	if v.seen.skip != nil {
		c.text(p.skip.x, y, p.skip.x+p.skip.w, "via skip", skipLook)
		v.pictures.draw(c, p.skip, "see/skip", v.seen.skip)
		c.text(p.branch.x, y, p.branch.x+p.branch.w, "via branch", branchLook)
		v.pictures.draw(c, p.branch, "see/branch", v.seen.branch)
		c.text(p.skip.x+p.skip.w, p.skip.y+p.skip.h/2, p.facts.x+p.facts.w, "⊕", skipLook)
		v.drawBar(c, rect{p.facts.x, p.facts.y, p.facts.w, 1}, "see/partsbar", v.seen.partsBar, v.seen.parts)
		p.facts.y, p.facts.h = p.facts.y+1, p.facts.h-1
	} else {
		p.facts = rect{p.facts.x, y, p.facts.w, p.facts.h + p.skip.h + 1}
	}
	for i, line := range v.facts(why) {
		if i < p.facts.h {
			c.text(p.facts.x, p.facts.y+i, p.facts.x+p.facts.w, line, muted)
		}
	}
}

// facts are what was measured of an explanation.
func (v *seeView) facts(why *live.Explanation) []string {
	if why == nil {
		return nil
	}
	lines := []string{"score " + profile.Significant(why.Score)}
	switch {
	case why.Skip != nil:
		lines = append(lines, fmt.Sprintf("sum − map %.1e of it", why.SumError))
	case why.Method == inspect.GradCAM:
		lines = append(lines, "no skip and branch here:", "a block's output has them")
	}
	if why.Method == inspect.Integrated {
		lines = append(lines, fmt.Sprintf("completeness %.1e", why.Completeness))
	}
	return lines
}

// classRows are the n classes around the one that is explained: the likeliest, while it is
// one of them.
func (v *seeView) classRows(n int) []live.Guess {
	if v.seen.of == nil {
		return nil
	}
	all, at := v.seen.of.Classes, 0
	for i, g := range all {
		if g.Class == v.chosen() {
			at = i
		}
	}
	from := max(min(at-n/2, len(all)-n), 0)
	if at < n {
		from = 0
	}
	return all[from:min(from+max(n, 0), len(all))]
}

// drawClasses draws the probabilities. With a part of the image covered they are those
// without it, and a mark stands where they were.
func (v *seeView) drawClasses(c *canvas, r rect) {
	const figure, name = 7, 22
	if r.h < 2 {
		return
	}
	c.text(r.x+figure-1, r.y, r.x+r.w, "p  class", muted)
	for i, g := range v.classRows(r.h - 1) {
		y, now := r.y+1+i, g.Probability
		if o := v.state.Occlusion; o != nil && g.Class < len(o.Classes) {
			now = o.Classes[g.Class]
		}
		c.figure(r.x, r.x+figure, y, percentage(now), 1, plainText)
		x := r.x + min(figure+2+name, r.w-8)
		c.text(r.x+figure+1, y, x-1, strconv.Itoa(g.Class)+" "+v.className(g.Class), plainText)
		if w := r.x + r.w - x; w > 2 {
			c.bar(x, y, w, now, barLook(now))
			if v.state.Occlusion != nil {
				c.set(x+min(int(g.Probability*float64(w)), w-1), y, '│', strong)
			}
		}
		if g.Class == v.chosen() {
			c.selectRow(r.x, y, r.w)
		}
	}
}

// percentage has one decimal, which a small one lacks no more than a large one.
func percentage(p float64) profile.Figure {
	return profile.Figure{Number: strconv.FormatFloat(100*p, 'f', 1, 64), Unit: "%"}
}

// pages are how many sheets the channels take.
func (v *seeView) pages() int {
	if v.seen.of == nil || v.seen.of.Maps == nil {
		return 1
	}
	columns, rows := mapGrid(arrangeSee(v.body).maps)
	return max((len(v.seen.of.Maps.Order)+columns*rows-1)/max(columns*rows, 1), 1)
}

// channels are those of the page.
func (v *seeView) channels() []int {
	columns, rows := mapGrid(arrangeSee(v.body).maps)
	if v.seen.of == nil || v.seen.of.Maps == nil {
		return nil
	}
	all, n := v.seen.of.Maps.Order, columns*rows
	return all[min(v.page*n, len(all)):min((v.page+1)*n, len(all))]
}

// drawMaps draws a page of the channels that leave the place.
func (v *seeView) drawMaps(c *canvas, r rect) {
	m := v.seen.of.Maps
	if r.h < 2 || m == nil {
		return
	}
	c.text(r.x, r.y, r.x+r.w, fitting(v.mapTitles(), r.w), strong)
	for i, channel := range v.channels() {
		at := mapAt(r, i)
		v.pictures.draw(c, at, "see/map"+strconv.Itoa(i), v.seen.maps[channel])
		look := muted
		text := strconv.Itoa(channel)
		if m.Dead[channel] {
			look, text = warningLook, "✕ "+text
		}
		c.text(at.x+max((at.w-width(text))/2, 0), at.y+at.h, at.x+at.w+1, text, look)
	}
}

// mapTitles say which channels are shown, from the longest to the shortest.
func (v *seeView) mapTitles() []string {
	s := v.seen.of
	shape := s.Maps.Values.Shape
	what := fmt.Sprintf("%s · %d channels of %d×%d", s.Place.Path, shape[0], shape[1], shape[2])
	page := fmt.Sprintf("page %d of %d", v.page+1, v.pages())
	return []string{what + " · " + page + ", by largest value", what + " · " + page, page}
}

// drawChanges draws how far the rows' outputs move while a part of the image is covered.
func (v *seeView) drawChanges(c *canvas, r rect) {
	if r.h < 2 {
		return
	}
	const figure = 9
	name := min(wantedName, r.w/2)
	c.text(r.x+nameColumn, r.y, r.x+name, "module", muted)
	c.right(r.x+name+figure, r.y, "Δ output", muted)
	rows := v.list.rows
	from := max(min(v.list.cursor-(r.h-1)/2, len(rows)-r.h+1), 0)
	for i, n := range rows[from:min(from+r.h-1, len(rows))] {
		y := r.y + 1 + i
		v.drawName(c, r.x, y, r.x+name-1, n, false)
		change, ok := v.change(n)
		c.figure(r.x+name, r.x+name+figure, y, changeFigure(change, ok), 1, plainText)
		if ok {
			c.bar(r.x+name+figure+1, y, r.w-name-figure-1, change, barLook(change))
		}
		if from+i == v.list.cursor {
			c.selectRow(r.x, y, r.w)
		}
	}
}

// change is how far a row's output moves while a part of the image is covered, relative to
// what it was; false if it isn't known.
func (s *shared) change(n *node) (float64, bool) {
	l := n.Last()
	if s.state.Occlusion == nil || l == nil {
		return 0, false
	}
	change, ok := s.state.Occlusion.Changes[l.Index]
	return change, ok && !math.IsNaN(change)
}

// changeFigure is a change as a part of what was there.
func changeFigure(change float64, ok bool) profile.Figure {
	if !ok {
		return profile.Figure{}
	}
	return percentage(change)
}
