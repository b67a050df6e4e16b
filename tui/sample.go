package tui

import (
	"slices"
	"time"

	"resnet-tui/profile"
)

// sample takes figures and the running row. Statistics wait when the last ones
// were dear, unless now is set.
func (m *Model) sample(now bool) {
	if m.program == nil {
		return
	}
	m.follow()
	start := time.Now()
	if !now && start.Sub(m.sampled) < sampling*m.cost {
		return
	}
	m.program.recorder.Snapshot(&m.snap)
	m.twin.sample()
	m.figures()
	m.sampled, m.cost = start, time.Since(start)
}

// figures spreads a snapshot over the rows.
func (m *Model) figures() {
	m.stale = true
	m.list.tree.update(&m.snap)
	m.seriesOf = nil
	if m.list.ordered {
		m.list.rebuild()
	}
}

// follow finds the row that runs now.
func (m *Model) follow() {
	layer := -1
	switch {
	case m.state.phase == running:
		layer = m.program.progress()
	case m.state.phase == stepping && m.state.step != nil:
		layer = m.state.step.layer
	}
	var n *node
	if layer >= 0 && layer < len(m.list.tree.byLayer) {
		n = m.list.tree.byLayer[layer]
	}
	if n != m.active {
		m.active, m.stale = n, true
	}
}

// selectedSeries are the selected row's own statistics, pass by pass.
func (m *Model) selectedSeries() *profile.Series {
	n := m.focus()
	if n == nil || n == m.seriesOf {
		return &m.series
	}
	m.seriesOf, m.series = n, profile.Series{}
	switch {
	case m.program == nil || len(m.snap.Groups) == 0:
	case n == m.list.tree.root:
		m.series = m.snap.Wall
	case n.kind == overheadNode && n.label == overheadLabel:
		m.series = m.snap.Overhead
	case n.group >= 0 && !n.folds() && len(n.behind) == 0:
		m.series = m.snap.Groups[n.group]
	default:
		m.series = m.snap.Sum(slices.Concat(n.ahead, n.after))
	}
	return &m.series
}
