package tui

import (
	"io"

	"resnet-tui/internal/app/live"
)

// Options say what the screen shows. They must not change while it is shown.
type Options struct {
	// Engine runs the net, or plays a recording. The screen follows it and sends
	// it requests; the caller, who started it, closes it after Run.
	Engine Engine
	// Labels are the names of the classes, used if the net has that number.
	Labels  []string
	Version string // of resnet-tui, for the Device view

	// Training, if not nil, returns the training runs that are shown beside the
	// net, as far as they are known now. It is called twice per second until they
	// are Done, one call at a time, but not from the screen's goroutine.
	Training func() (*Training, error)

	Theme    Theme  // "" is ThemeAuto
	ASCII    bool   // draw with nothing but ASCII
	Graphics string // how pictures are drawn: kitty, sixel, cells, ascii, none; "" or auto: as the terminal can
	TimeUnit string // "ns", "µs" or "ms"; "" chooses one per figure
	FLOPs    bool   // show FLOPs, not MACs; a key changes it

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// treeOf makes the rows of what a program runs.
func treeOf(p *live.Program) *tree { return newTree(p.Model, p.Lowered, p.Kernels) }
