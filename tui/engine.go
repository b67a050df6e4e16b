package tui

import "resnet-tui/internal/app/live"

// Engine is what the screen needs of a net that runs, or of a recording: a
// live.Engine, or what a test makes of it. Methods are safe for concurrent use, and
// none waits for a pass.
type Engine interface {
	// About describes what never changes: the net, the device, the first program.
	About() *live.About
	// State is the newest state. A state is never changed once it is published, so
	// that a pointer that differs means that something has happened.
	State() *live.State
	// Changed receives after a new state was published. It may stand for several:
	// only the newest matters.
	Changed() <-chan struct{}
	// Done is closed when there will be no other state.
	Done() <-chan struct{}
	// Send asks for something; it does nothing after the end. What comes of it is in a
	// later state, whose Answered counts the requests that have been answered.
	Send(live.Request)
}
