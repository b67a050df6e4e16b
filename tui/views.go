package tui

// viewID names a view, in the order of the tabs.
type viewID uint8

const (
	viewLayers viewID = iota
	viewTimeline
	viewMemory
	viewDevice
	viewCount
)

func (v viewID) String() string { return [...]string{"Layers", "Timeline", "Memory", "Device"}[v] }

// drawView draws a view into r.
func (m *Model) drawView(v viewID, r rect) {
	switch v {
	case viewLayers:
		m.drawLayers(r)
	case viewTimeline:
		m.drawTimeline(r)
	case viewMemory:
		m.drawMemory(r)
	case viewDevice:
		m.drawDevice(r)
	}
}

// drawBeside draws the view after this one beside it, where there is room.
func (m *Model) drawBeside(r rect) {
	if r.empty() {
		return
	}
	m.rule(r)
	next := (m.view + 1) % viewCount
	m.canvas.text(r.x+2, r.y, r.x+r.w, next.String(), strong)
	m.drawView(next, rect{r.x + 2, r.y + 1, r.w - 3, r.h - 1})
}

// rule draws the line on the left of a pane.
func (m *Model) rule(r rect) { m.canvas.fill(rect{r.x, r.y, 1, r.h}, '│', faint) }
