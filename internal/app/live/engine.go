package live

import (
	"context"
	"sync/atomic"
	"time"
)

// Engine runs a net, or shows a recording of one. Its methods are safe for
// concurrent use.
type Engine struct {
	about    About
	requests chan Request
	changed  chan struct{}   // holds one token when there is a new state
	ending   <-chan struct{} // closed when the loop is to end
	done     chan struct{}   // closed when it has
	stop     context.CancelFunc
	patience time.Duration // how long Close waits
	now      atomic.Pointer[State]
}

// patience is how long Close waits for what may hang.
const patience = 5 * time.Second

// queued requests wait for the loop, which takes microseconds for each.
const queued = 64

// Start begins to make the net ready, and then runs it unless o.Paused. The engine
// ends with ctx or Close. Start fails if the net can't be run as the options say,
// so far as this is known before anything is computed.
func Start(ctx context.Context, o Options) (*Engine, error) {
	ctx, stop := context.WithCancel(ctx)
	r, about, err := newRunner(ctx, o)
	if err != nil {
		stop()
		return nil, err
	}
	e := &Engine{
		about: about, requests: make(chan Request, queued), changed: make(chan struct{}, 1), done: make(chan struct{}),
		ending: ctx.Done(), stop: stop, patience: patience,
	}
	l := newLoop(ctx, e, r)
	l.publish()
	go l.run()
	return e, nil
}

// About is what never changes.
func (e *Engine) About() *About { return &e.about }

// State is the newest state.
func (e *Engine) State() *State { return e.now.Load() }

// Changed receives when State has changed since the last time. It is for one
// goroutine.
func (e *Engine) Changed() <-chan struct{} { return e.changed }

// Done is closed when the engine has ended: no state follows.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Send asks for something. It does not wait for the answer, which is in one of the
// next states. After the end it does nothing.
func (e *Engine) Send(r Request) {
	select {
	case e.requests <- r:
	case <-e.ending:
	}
}

// Close ends the engine and waits for it, but for no more than a few seconds: a
// device that hangs must not keep the caller. What the Options refer to can be
// closed after it.
func (e *Engine) Close() {
	e.stop()
	select {
	case <-e.done:
	case <-time.After(e.patience):
	}
}

// publish makes a state visible.
func (e *Engine) publish(s State) {
	e.now.Store(&s)
	select {
	case e.changed <- struct{}{}:
	default:
	}
}
