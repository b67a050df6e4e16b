package tui

import "resnet-tui/internal/app/live"

// Engine is what the screen needs of a net that runs, or of a recording: a
// live.Engine.
type Engine interface {
	About() *live.About
	State() *live.State       // the newest
	Changed() <-chan struct{} // receives when there is a new one
	Done() <-chan struct{}    // closed when there will be no other
	Send(live.Request)        // does not wait
}
