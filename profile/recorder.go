package profile

import (
	"sync/atomic"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Recorder is a nn.Observer that keeps the times of the last passes. All
// its memory is allocated at the start. Readers never stop the run: a finished
// pass is published in a ring of atomics, and a reader that was overtaken
// drops what it read.
type Recorder struct {
	lowered  *nn.Lowered
	groupOf  []int // op → group, −1 where the op heads none
	capacity int

	// The run's side only.
	recording  bool
	start, end []time.Duration // of the pass in progress, by group
	seen       int             // groups with a span

	live   []atomic.Int64   // the newest time of each group, −1 before the first
	passes atomic.Int64     // published
	ring   [][]atomic.Int64 // capacity+1 passes: the wall time, then the groups'
}

// NewRecorder makes a recorder for the passes of l, which is m lowered, that
// keeps the last capacity of them (at least one).
func NewRecorder(l *nn.Lowered, m *nn.Model, capacity int) *Recorder {
	n := len(l.Groups)
	r := &Recorder{
		lowered: l, groupOf: make([]int, len(l.Plan.Ops)), capacity: max(capacity, 1),
		start: make([]time.Duration, n), end: make([]time.Duration, n), live: make([]atomic.Int64, n),
	}
	for i := range r.groupOf {
		r.groupOf[i] = -1
	}
	for i, g := range l.Groups {
		r.groupOf[g.Head] = i
		r.live[i].Store(-1)
	}
	cells := make([]atomic.Int64, (r.capacity+1)*(n+1))
	for ; len(cells) > 0; cells = cells[n+1:] {
		r.ring = append(r.ring, cells[:n+1:n+1])
	}
	return r
}

// Begin starts a pass. Passes of another program are not recorded.
func (r *Recorder) Begin(l *nn.Lowered) {
	r.recording, r.seen = l == r.lowered, 0
	for i := range r.start {
		r.start[i] = -1
	}
}

// Span adds one worker's part of a group.
func (r *Recorder) Span(s tensor.Span) {
	if !r.recording || r.groupOf[s.Op] < 0 {
		return
	}
	g := r.groupOf[s.Op]
	if r.start[g] < 0 {
		r.start[g], r.end[g] = s.Start, s.End
		r.seen++
	}
	r.start[g], r.end[g] = min(r.start[g], s.Start), max(r.end[g], s.End)
	r.live[g].Store(int64(r.end[g] - r.start[g]))
}

// End publishes the pass, unless it was cut short or a single step.
func (r *Recorder) End(wall time.Duration) {
	if !r.recording || r.seen < len(r.start) {
		return
	}
	r.recording = false
	n := r.passes.Load()
	slot := r.ring[n%int64(len(r.ring))]
	slot[0].Store(int64(wall))
	for g := range r.start {
		slot[g+1].Store(int64(r.end[g] - r.start[g]))
	}
	r.passes.Store(n + 1)
}

// Passes is the number of passes recorded so far.
func (r *Recorder) Passes() int { return int(r.passes.Load()) }

// copyPass copies pass i, and reports whether it was still whole. While pass p
// is written, the slot of pass p−capacity−1 is not valid.
func (r *Recorder) copyPass(i int64, into []time.Duration) bool {
	slot := r.ring[i%int64(len(r.ring))]
	for k := range slot {
		into[k] = time.Duration(slot[k].Load())
	}
	return r.passes.Load() <= i+int64(r.capacity)
}
