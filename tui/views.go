package tui

// viewID names a view, in the order of the tabs.
type viewID uint8

const (
	viewLayers viewID = iota
	viewTimeline
	viewGradients
	viewRoofline
	viewMemory
	viewCompare
	viewTraining
	viewDevice
	viewCount
)

func (v viewID) String() string {
	return [...]string{"Layers", "Timeline", "Gradients", "Roofline", "Memory", "Compare", "Training", "Device"}[v]
}

// views are those that have something to show for this net.
func (m *Model) views() []viewID {
	var views []viewID
	recorded := m.opts.Recorded != nil
	for v := range viewCount {
		switch {
		case v == viewGradients && (recorded && m.state.grads == nil || len(m.list.tree.byBlock) == 0):
		case v == viewCompare && (recorded || !m.hasTwin()):
		case v == viewTraining && m.opts.Training == nil:
		default:
			views = append(views, v)
		}
	}
	return views
}

// hasTwin reports whether there is a net of the same layers with, or without,
// skips.
func (m *Model) hasTwin() bool {
	_, ok := m.opts.Model.Config.Twin()
	return ok
}

// show goes to a view.
func (m *Model) show(v viewID) {
	if v == viewGradients && m.view != v {
		m.pointAtBlock()
	}
	m.view = v
}

// turn goes d views on, round and round.
func (m *Model) turn(d int) {
	views := m.views()
	m.show(views[(m.tab()+d+len(views))%len(views)])
}

// tab is the place of the view among the tabs.
func (m *Model) tab() int {
	for i, v := range m.views() {
		if v == m.view {
			return i
		}
	}
	return 0
}

// drawView draws a view into r.
func (m *Model) drawView(v viewID, r rect) {
	switch v {
	case viewLayers:
		m.drawLayers(r)
	case viewTimeline:
		m.drawTimeline(r)
	case viewGradients:
		m.drawGradients(r)
	case viewRoofline:
		m.drawRoofline(r)
	case viewMemory:
		m.drawMemory(r)
	case viewCompare:
		m.drawCompare(r)
	case viewTraining:
		m.drawTraining(r)
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
	views := m.views()
	next := views[(m.tab()+1)%len(views)]
	m.canvas.text(r.x+2, r.y, r.x+r.w, next.String(), strong)
	m.drawView(next, rect{r.x + 2, r.y + 1, r.w - 3, r.h - 1})
}

// rule draws the line on the left of a pane.
func (m *Model) rule(r rect) { m.canvas.fill(rect{r.x, r.y, 1, r.h}, '│', faint) }

// focus is the row that the view is about: in the gradients' view the block
// under its cursor, else the selected one.
func (m *Model) focus() *node {
	if m.view == viewGradients {
		if b := m.blockAt(); b != nil {
			return b
		}
	}
	return m.list.selected()
}
