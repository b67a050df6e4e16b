package tui

import (
	tea "charm.land/bubbletea/v2"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// shared is what the views have in common. Model writes it; views read it, and change
// only the tree's selection and what screen offers.
type shared struct {
	opts     *Options
	about    *live.About // the net and its device
	twinless string      // why the net has no twin, "" if it has one
	keymap   *KeyMap
	units    units
	list     list             // the tree: what is folded, filtered, selected
	state    *live.State      // the engine's newest
	program  *live.Program    // the one whose tree is shown, nil before the first
	snap     profile.Snapshot // figures of the program's passes
	samples  int              // the number of snapshots so far: it tells whether snap is new
	active   *node            // the row that runs now
	desired  live.Settings    // those asked for, whether the net has them yet or not
	screen   controls
	pictures *pictures
}

// controls are what a view may ask of the screen around it. It is an interface, so that
// a view can't reach for the rest of Model.
type controls interface {
	request(live.Request) // of the engine
	show(view)            // opens its tab
	reveal(*node)         // opens the tree at a row
	notify(string)        // in the footer, until a key is pressed
	prove(*live.Finding)  // opens the view that shows its proof
	startFilter() tea.Cmd // asks for a filter of the rows
}

// columnTitle is a column's title now. Times are typical ones unless it says "mean".
func (s *shared) columnTitle(id columnID) string {
	mean, back := s.snap.Statistic() == profile.Mean, s.list.tree.runsBack()
	switch {
	case id == colTime && mean && back:
		return "mean fwd"
	case id == colBack && mean:
		return "mean bwd"
	case id == colTime && mean:
		return "mean"
	case id == colTime && back:
		return "forward"
	}
	return s.units.title(id)
}

// share is a row's part of a pass, 0 before a whole pass is known. The shares of all
// kernels and the overhead make up the whole.
func (s *shared) share(n *node) float64 {
	if whole := s.list.tree.whole; whole > 0 {
		return float64(s.list.tree.took(n)) / float64(whole)
	}
	return 0
}

// kernelName is what runs for a row.
func (s *shared) kernelName(n *node) string {
	if k := s.kernel(n); k != nil {
		return k.Name
	}
	return ""
}

// kernel is what runs for a row; nil for a row without one of its own.
func (s *shared) kernel(n *node) *tensor.KernelInfo {
	if s.program == nil || n.Kernel < 0 || n.Kernel >= len(s.program.Kernels) {
		return nil
	}
	return &s.program.Kernels[n.Kernel]
}

// batch is the number of images in a pass.
func (s *shared) batch() int { return s.list.tree.model.Batch() }

// twinGradients are the twin's, nil without one.
func (s *shared) twinGradients() *live.Gradients {
	if s.state.Twin == nil {
		return nil
	}
	return s.state.Twin.Gradients
}
