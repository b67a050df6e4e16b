package tui

import (
	"maps"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// hoverTime is how long the cursor stays on a row before its weights are read.
const hoverTime = 300 * time.Millisecond

// hoverMsg comes when the cursor has been on a row for a while.
type hoverMsg struct{ row *node }

// hover asks for a hoverMsg when the cursor has come to another row.
func (m *Model) hover() tea.Cmd {
	n := m.list.selected()
	if m.engine == nil || n == m.hovered {
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
	if _, known := m.state.weights[w.Name]; !known {
		m.engine.inspect(*w)
	}
}

// weightOf is the weight tensor of a row's first layer, nil without one.
func weightOf(m *nn.Model, n *node) *tensor.Param {
	if n == nil || len(n.Layers) == 0 || len(n.Layers[0].Params) == 0 {
		return nil
	}
	return &m.Params[n.Layers[0].Params[0]]
}

// inspect asks for a parameter's moments. They are read between passes, which they don't disturb.
func (e *engine) inspect(p tensor.Param) {
	post(e.asked, p)
}

// post puts v into a box that holds one thing; a newer one replaces an older
// one.
func post[T any](box chan T, v T) {
	for {
		select {
		case box <- v:
			return
		default:
		}
		select {
		case <-box:
		default:
		}
	}
}

// weigh reads a parameter as it was loaded and publishes its moments.
func (e *engine) weigh(p tensor.Param) {
	source := e.opts.Session.Source
	if source == nil {
		source = e.opts.Model.Initial(e.opts.Session.Seed)
	}
	t := tensor.New(p.Shape...)
	if source.Load(p, t) != nil {
		return // it is left out; the engine itself says what is wrong with a source
	}
	known := maps.Clone(e.state.weights)
	if known == nil {
		known = map[string]moments{}
	}
	known[p.Name] = momentsOf(t.Data)
	e.state.weights = known
	e.publish()
}

// momentsOf are the mean and the population standard deviation, in float64.
func momentsOf(values []float32) moments {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	mean := sum / float64(len(values))
	squares := 0.0
	for _, v := range values {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return moments{mean, math.Sqrt(squares / float64(len(values)))}
}
