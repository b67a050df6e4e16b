package tui

// seePanes are where the view's parts stand; empty ones have no room. Each picture has its
// title in the line above it.
//
//	tall                               low                        narrow
//	┌─input──┐ ┌──why───┐ ┌skip┐┌branch┐  ┌─input──┐ ┌──why───┐ p class  ┌input┐ ┌─why─┐
//	│        │ │        │ │    ││      │  │        │ │        │ …        │     │ │     │
//	└────────┘ └──bar───┘ └────┘└facts─┘  └────────┘ └──bar───┘          └─────┘ └─bar─┘
//	 p class …             maps …         less                           p class …
type seePanes struct {
	input, why, skip, branch rect
	bar, facts               rect
	classes, maps            rect
	less                     rect // says what has no room
}

// The sizes at which the view changes.
const (
	seeTall    = 24 // lines from which there are maps and parts,
	seeWide    = 72 // on so many columns;
	seeClasses = 28 // columns of the classes, at least
	seePair    = 34 // columns from which the image stands beside the explanation
)

// arrangeSee divides r.
func arrangeSee(r rect) seePanes {
	switch {
	case r.h >= seeTall && r.w >= seeWide:
		return arrangeTallSee(r)
	case r.w >= seeWide && r.h >= 6:
		return arrangeLowSee(r)
	}
	return arrangeNarrowSee(r)
}

// pair places the image and the explanation from the left of r, of w columns each, with
// their titles and the colour bar.
func (p *seePanes) pair(r rect, w int) {
	p.input = rect{r.x + 1, r.y + 1, w, r.h - 2}
	p.why = rect{r.x + w + 3, r.y + 1, w, r.h - 2}
	p.bar = rect{p.why.x, p.why.y + p.why.h, w, 1}
}

func arrangeTallSee(r rect) (p seePanes) {
	up := rect{r.x, r.y, r.w, r.h * 11 / 20}
	const parts = 26 // columns of the two parts, at least
	w := min(2*(up.h-2), (r.w-parts-5)/2)
	p.pair(up, w)
	x := p.why.x + w + 2
	half := min((r.x+r.w-1-x-2)/2, 2*(up.h-6))
	p.skip = rect{x, r.y + 1, half, min(half/2+1, up.h-6)}
	p.branch = rect{x + half + 2, p.skip.y, half, p.skip.h}
	p.facts = rect{x, p.skip.y + p.skip.h, r.x + r.w - 1 - x, up.h - 1 - p.skip.h}
	y := up.y + up.h + 1
	list := max(seeClasses, min(r.w*2/5, 44))
	p.classes = rect{r.x + 1, y, list, r.y + r.h - y}
	p.maps = rect{r.x + list + 3, y, r.w - list - 4, r.y + r.h - y}
	return p
}

func arrangeLowSee(r rect) (p seePanes) {
	up := rect{r.x, r.y, r.w, r.h - 1}
	w := min(2*(up.h-2), (r.w-seeClasses-6)/2)
	p.pair(up, w)
	x := p.why.x + w + 2
	p.classes = rect{x, r.y, r.x + r.w - x, up.h}
	p.less = rect{r.x + 1, r.y + r.h - 1, r.w - 1, 1}
	return p
}

func arrangeNarrowSee(r rect) (p seePanes) {
	up := r
	if r.h >= 5 {
		up.h--
		p.less = rect{r.x + 1, r.y + r.h - 1, r.w - 1, 1}
	}
	if r.h >= 14 {
		up.h = max((r.h-1)*3/5, r.h-9)
		p.classes = rect{r.x + 1, r.y + up.h, r.w - 1, r.h - 1 - up.h}
	}
	if r.w >= seePair {
		p.pair(up, (r.w-4)/2)
		return p
	}
	p.why = rect{r.x + 1, up.y + 1, r.w - 2, up.h - 1}
	if up.h >= 6 {
		p.why.h--
		p.bar = rect{p.why.x, p.why.y + p.why.h, p.why.w, 1}
	}
	return p
}

// The size of a channel's map on the screen: two columns are about as wide as a line is
// high.
const (
	mapWidth  = 6
	mapHeight = 3
	mapGap    = 1
)

// mapGrid is how many maps fit into a pane with a title, side by side and below each other,
// each with its number below.
func mapGrid(r rect) (columns, rows int) {
	return max((r.w+mapGap)/(mapWidth+mapGap), 0), max((r.h-1)/(mapHeight+1), 0)
}

// mapAt is the place of the i-th map of a sheet.
func mapAt(r rect, i int) rect {
	columns, _ := mapGrid(r)
	return rect{
		r.x + i%columns*(mapWidth+mapGap), r.y + 1 + i/columns*(mapHeight+1), mapWidth, mapHeight,
	}
}
