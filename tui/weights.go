package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// hoverTime is how long the cursor stays on a row before its weights are read: someone
// who scrolls past a hundred rows doesn't ask for a hundred tensors.
const hoverTime = 300 * time.Millisecond

// hoverMsg comes when the cursor has been on a row for a while.
type hoverMsg struct{ row *node }

// hover asks for a hoverMsg when the cursor has moved to another row.
func (m *Model) hover() tea.Cmd {
	n := m.list.selected()
	if n == m.hovered {
		return nil
	}
	m.hovered = n
	return tea.Tick(hoverTime, func(time.Time) tea.Msg { return hoverMsg{n} })
}

// onHover asks the engine for the weights of a row that is still selected.
func (m *Model) onHover(n *node) {
	w := weightOf(m.list.tree.model, n)
	if n != m.list.selected() || w == nil {
		return
	}
	if _, known := m.state.Params[w.Name]; !known {
		m.request(live.InspectParam{Param: *w})
	}
}

// weightOf is the weight tensor of a row's first layer, nil without one.
func weightOf(m *nn.Model, n *node) *tensor.Param {
	if n == nil || len(n.Layers) == 0 || len(n.Layers[0].Params) == 0 {
		return nil
	}
	return &m.Params[n.Layers[0].Params[0]]
}
