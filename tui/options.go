package tui

import (
	"io"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
)

// Options say what the screen shows.
type Options struct {
	Engine Engine // that the screen follows; who started it closes it
	// Labels are the names of the classes, used if the net has as many.
	Labels  []string
	Version string // of the program

	// Training, if not nil, is asked for what is known of training, twice a
	// second, from a goroutine of its own.
	Training func() (*Training, error)

	Theme    Theme
	TimeUnit string           // "ns", "µs" or "ms"; "" means the one that suits
	FLOPs    bool             // show FLOPs, not MACs
	Ceilings profile.Ceilings // zero: not measured

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// treeOf makes the rows of what a program runs.
func treeOf(p *live.Program) *tree { return newTree(p.Model, p.Lowered, p.Kernels) }
