package tui

import (
	"time"

	"resnet-tui/internal/app/live"
)

// sample takes figures and the running row. The row is cheap and taken at every frame;
// statistics are skipped while the last ones were expensive, unless now is set. So a
// net of a thousand layers, whose statistics take long, isn't slowed down by being
// watched.
func (m *Model) sample(now bool) {
	if m.program == nil {
		return
	}
	m.follow()
	start := time.Now()
	if !now && start.Sub(m.sampled) < sampling*m.cost {
		return
	}
	m.snapshot()
	m.samples++
	m.figures()
	m.refresh()
	m.sampled, m.cost = start, time.Since(start)
}

// snapshot takes the newest figures. What keeps passes from being recorded, the
// net's or its twin's, becomes the notice, once.
func (m *Model) snapshot() {
	m.program.Recorder.Snapshot(&m.snap)
	err := m.snap.Err
	if twin := m.state.Twin; err == nil && twin != nil {
		err = twin.Program.Recorder.Err()
	}
	if err != nil && err != m.unrecorded {
		m.notice = "passes without times: " + oneLine(err)
	}
	m.unrecorded = err
}

// figures spreads a snapshot over the rows. Rows that are ordered by a figure are
// ordered anew; the cursor stays on its row, wherever that goes.
func (m *Model) figures() {
	m.stale = true
	m.list.tree.update(&m.snap)
	if m.list.ordered {
		m.list.rebuild()
	}
}

// follow finds the row that runs now. The picture is stale only if that is another row
// than before.
func (m *Model) follow() {
	layer := -1
	switch {
	case m.state.Phase == live.Running:
		layer = m.program.Layer()
	case m.state.Phase == live.Stepping && m.state.Step != nil:
		layer = m.state.Step.Layer
	}
	var n *node
	if layer >= 0 && layer < len(m.list.tree.byLayer) {
		n = m.list.tree.byLayer[layer]
	}
	if n != m.active {
		m.active, m.stale = n, true
	}
}
