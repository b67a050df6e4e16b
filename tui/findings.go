package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/diagnose"
)

// findingsView lists what rules find to be wrong with the net, each with its evidence and
// the command that proves it.
type findingsView struct {
	treeView
	body        rect // at 0, 0
	of          *live.Findings
	cursor, top int // into the list: the selected one, the first on the screen
	rows        int // of the list
}

// The view's own keys.
var (
	proveKey    = bind("r", "prove it", "r")
	diagnoseKey = bind("R", "diagnose", "R")
)

func (v *findingsView) title() string { return "Findings" }

func (v *findingsView) missing() string {
	return when(v.about.Recorded, "a recorded profile has no values that could be wrong: open the net itself")
}

func (v *findingsView) update(w, h int) {
	v.body = rect{w: w, h: h}
	if f := v.state.Findings; f != v.of {
		v.of, v.cursor, v.top = f, 0, 0
	}
	v.rows = max(arrangeFindings(v.body, len(v.list())).list.h, 1)
	v.moveTo(v.cursor)
}

// list are the findings, none before a diagnosis.
func (v *findingsView) list() []live.Finding {
	if v.of == nil {
		return nil
	}
	return v.of.List
}

// selected is the finding under the cursor, nil without one.
func (v *findingsView) selected() *live.Finding {
	if all := v.list(); v.cursor < len(all) {
		return &all[v.cursor]
	}
	return nil
}

// moveTo puts the cursor on finding i, or the nearest one, and scrolls to it.
func (v *findingsView) moveTo(i int) {
	n := len(v.list())
	v.cursor = max(min(i, n-1), 0)
	v.top = max(min(v.top, v.cursor), v.cursor-v.rows+1)
	v.top = max(min(v.top, n-v.rows), 0)
}

func (v *findingsView) wheel(d int) { v.moveTo(v.cursor + d) }

// click selects a finding.
func (v *findingsView) click(x, y int) {
	at := arrangeFindings(v.body, len(v.list())).list
	if i := v.top + y - at.y; at.contains(x, y) && i < len(v.list()) {
		v.moveTo(i)
	}
}

func (v *findingsView) footer() []key.Binding {
	keys := []key.Binding{proveKey, diagnoseKey, named(v.keymap.Toggle, "to the tree")}
	if v.selected() == nil {
		keys = []key.Binding{named(proveKey, "diagnose")}
	}
	return append(keys, v.treeView.footer()...)
}

func (v *findingsView) actions() []action {
	k := v.keymap
	page, all := func() int { return v.rows }, func() int { return len(v.list()) }
	none := when(v.selected() == nil, "nothing is found: "+proveKey.Help().Key+" diagnoses the net")
	diagnose := does(aboutView, diagnoseKey, v.diagnose).offForGood(v.noEngine())
	prove := does(aboutView, proveKey, v.prove).offForGood(v.noEngine())
	if v.selected() == nil {
		prove = does(aboutView, named(proveKey, "diagnose"), v.diagnose).offForGood(v.noEngine())
	}
	return append(k.moves(page, all, func(d int) { v.moveTo(v.cursor + d) }), prove, diagnose,
		does(aboutView, named(k.Toggle, "the row in Layers"), v.reveal).offWhile(none).offWhile(v.rowless()))
}

func (v *findingsView) diagnose() { v.screen.request(live.Diagnose{}) }

func (v *findingsView) reveal() { v.screen.reveal(v.focus()) }

// rowless says why the selected finding has no row, "" if it has one.
func (v *findingsView) rowless() string {
	f := v.selected()
	return when(f != nil && v.treeView.list.tree.find(f.Path) == nil, "it is about what the net is given, which is no row")
}

// focus is the row that the selected finding is about, and else the tree's.
func (v *findingsView) focus() *node {
	if f := v.selected(); f != nil {
		if n := v.treeView.list.tree.find(f.Path); n != nil {
			return n
		}
	}
	return v.treeView.focus()
}

// prove shows on the screen what the command of the selected finding prints, or gets it to
// run: the values of its row, its time, what the net answers. The footer has the command.
func (v *findingsView) prove() {
	f := v.selected()
	if n := v.treeView.list.tree.find(f.Path); n != nil {
		v.treeView.list.reveal(n)
	}
	v.screen.prove(f)
	v.screen.notify("proof: " + f.Command)
}

// prove opens the view that shows what the command of a finding prints.
func (m *Model) prove(f *live.Finding) {
	args := f.Proof
	switch back := slices.Contains(args, "--backward"); {
	case args[0] == "profile":
		m.show(m.titled("Roofline"))
	case args[0] == "inspect":
		if back && !m.desired.Backward {
			m.request(live.SetBackward{On: true})
		}
		v := m.titled("Weights").(*weightsView)
		v.kind = kindOf(m.list.tree, f.Path, back)
		m.show(v)
	case args[0] == "run":
		m.show(m.titled("See"))
	default:
		m.show(m.layers)
	}
	if !m.desired.Running {
		m.request(live.Run{})
	}
}

// kindOf is which values a finding is about.
func kindOf(t *tree, path string, backward bool) valueKind {
	if backward {
		return gradientValues
	}
	for i := range t.model.Params {
		if t.model.Params[i].Name == path {
			return weightValues
		}
	}
	return outputValues
}

// findingPanes divide the view: the list, and below it what is known of the selected one.
type findingPanes struct{ list, detail rect }

func arrangeFindings(r rect, findings int) findingPanes {
	h := min(max(r.h/2, r.h-detailOfFinding), max(findings, 1))
	if r.h < 8 {
		h = r.h
	}
	return findingPanes{
		list:   rect{r.x + 1, r.y, r.w - 2, min(h, r.h)},
		detail: rect{r.x + 1, r.y + h + 1, r.w - 2, max(r.h-h-1, 0)},
	}
}

// highestChart is the lines of a chart that is to show a shape, not figures.
const highestChart = 14

// detailOfFinding is the lines that one finding needs at most.
const detailOfFinding = 14

func (v *findingsView) draw(c *canvas, r rect) {
	if len(v.list()) == 0 {
		c.wrap(rect{r.x + 1, r.y, r.w - 2, r.h}, v.nothing(), muted)
		return
	}
	p := arrangeFindings(r, len(v.list()))
	for i := range min(p.list.h, len(v.list())-v.top) {
		v.drawRow(c, p.list, p.list.y+i, v.top+i)
	}
	if !p.detail.empty() {
		c.fill(rect{r.x, p.detail.y - 1, r.w, 1}, '─', faint)
		v.drawDetail(c, p.detail, v.selected())
	}
}

// nothing says why the list is empty.
func (v *findingsView) nothing() string {
	switch why := v.noEngine(); {
	case why != "":
		return why
	case v.state.Phase == live.Diagnosing:
		return fmt.Sprintf("%d rules weigh passes in both modes, and a backward pass", len(diagnose.Rules()))
	case v.of == nil:
		return fmt.Sprintf("not diagnosed yet: %s weighs the net by %d rules", proveKey.Help().Key, len(diagnose.Rules()))
	}
	return fmt.Sprintf("nothing is wrong by the %s that were tried, on %s", plural(len(v.of.Tried), "rules"), v.images())
}

// images says what the net ran on.
func (v *findingsView) images() string {
	if v.of.Noise {
		return plural(v.of.Batch, "images") + " of seeded noise"
	}
	return plural(v.of.Batch, "images")
}

// severities are how findings are marked: by shape, and the worse ones by colour.
var severities = [...]struct {
	mark rune
	look look
}{diagnose.Note: {'·', muted}, diagnose.Warning: {'▲', branchLook}, diagnose.Error: {'●', warningLook}}

// The cells of a row of the list: severity and path.
const (
	severityCells = 10
	pathCells     = 26
)

func (v *findingsView) drawRow(c *canvas, r rect, y, i int) {
	f, end := &v.list()[i], r.x+r.w
	s := severities[f.Severity]
	c.set(r.x, y, s.mark, s.look)
	x := r.x + 2
	if r.w >= 60 {
		c.text(x, y, end, f.Severity.String(), s.look)
		x = r.x + severityCells
	}
	path := min(pathCells, r.w/3)
	c.text(x, y, x+path-1, f.Path, strong)
	c.text(x+path, y, end, f.Message, plainText)
	if i == v.cursor {
		c.selectRow(r.x-1, y, r.w+2)
	}
}

// drawDetail draws a finding in full: its sentence, its figures as a table and its values
// as a chart, and on the last line the command that proves it.
func (v *findingsView) drawDetail(c *canvas, r rect, f *live.Finding) {
	last := r.y + r.h - 1
	c.text(r.x, last, r.x+r.w, "proof "+f.Command, plainText)
	c.text(r.x, last, r.x+r.w, "proof", muted)
	y := c.wrap(rect{r.x, r.y, r.w, min(3, r.h-1)}, f.Path+": "+f.Message, plainText)
	if len(f.Also) > 0 && y < last {
		c.text(r.x, y, r.x+r.w, "also at "+strings.Join(f.Also, ", "), muted)
		y++
	}
	table := rect{r.x, y + 1, r.w, last - y - 1}
	if table.h < 1 {
		return
	}
	if f.Values != nil && r.w >= carpetWidth && table.h >= 4 {
		table.w = r.w * 2 / 5
		chart := rect{r.x + table.w + 2, table.y - 1, 2*sideOf(r.w-table.w-2) + 1, min(table.h+1, highestChart)}
		var a valueAxis
		a.take(f.Values)
		c.text(chart.x, chart.y, chart.x+chart.w, "its values by power of two", muted)
		c.drawHistogram(rect{chart.x, chart.y + 1, chart.w, chart.h - 1}, f.Values, a, forwardLook)
	}
	v.drawEvidence(c, table, f)
}

// drawEvidence draws figures by name, and the rule that weighed them.
func (v *findingsView) drawEvidence(c *canvas, r rect, f *live.Finding) {
	lines := [][2]string{{"rule", f.Rule}}
	for _, name := range slices.Sorted(maps.Keys(f.Evidence)) {
		lines = append(lines, [2]string{strings.ReplaceAll(name, "_", " "), evidenceText(f.Evidence[name])})
	}
	names := 0
	for _, line := range lines {
		names = max(names, width(line[0]))
	}
	for i, line := range lines[:min(len(lines), r.h)] {
		c.text(r.x, r.y+i, r.x+r.w, line[0], muted)
		c.text(r.x+names+2, r.y+i, r.x+r.w, line[1], plainText)
	}
}

// evidenceText is a figure, a text or a list.
func evidenceText(v any) string {
	if x, ok := v.(float64); ok {
		return profile.Significant(x)
	}
	return strings.Trim(fmt.Sprint(v), "[]")
}

// titled is the view of a title.
func (m *Model) titled(title string) view {
	return m.views[slices.IndexFunc(m.views, func(v view) bool { return v.title() == title })]
}
