package profile

import (
	"sync/atomic"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Recorder is an nn.Observer that keeps the times of the last passes. All its
// memory is allocated at the start, so that it doesn't disturb the run.
//
// A pass counts if the device reports exactly one span for each of the program's
// kernels. Any other pass is dropped, and Err says why.
//
// Begin, BeginStep, Span and End are called by the run, one at a time. All other
// methods are safe for concurrent use with them and with each other, and never
// block the run: a finished pass is published in a ring of atomics, and a reader
// that the run has overtaken discards what it copied.
type Recorder struct {
	lowered  *nn.Lowered
	kernels  []tensor.KernelInfo
	index    kernelIndex
	capacity int
	recorded *Profile // what a Replay plays; nil of a live run

	// The run's side only.
	recording bool
	step      bool            // a single step instead of a pass
	times     []time.Duration // of the pass in progress, by kernel
	spans     []int           // number in the pass in progress, by kernel
	wrong     *SpanError      // first error of the pass in progress

	// Shared. The run writes a pass into the slot after the newest one, then
	// increments passes. The ring has one slot more than it keeps passes, for the
	// one being written. All times are nanoseconds.
	live   []atomic.Int64   // newest time of each kernel, −1 before the first
	passes atomic.Int64     // number published
	ring   [][]atomic.Int64 // capacity+1 slots: wall time, then one time per kernel
	err    atomic.Pointer[SpanError]
}

// NewRecorder returns a recorder that keeps the last capacity passes, at least
// one, of a program of l with these kernels.
func NewRecorder(l *nn.Lowered, kernels []tensor.KernelInfo, capacity int) *Recorder {
	n := len(kernels)
	r := &Recorder{
		lowered: l, kernels: kernels, index: indexKernels(l.Plan, kernels), capacity: max(capacity, 1),
		times: make([]time.Duration, n), spans: make([]int, n), live: make([]atomic.Int64, n),
	}
	for k := range r.live {
		r.live[k].Store(-1)
	}
	// One allocation for the whole ring, cut into slots.
	cells := make([]atomic.Int64, (r.capacity+1)*(n+1))
	for ; len(cells) > 0; cells = cells[n+1:] {
		r.ring = append(r.ring, cells[:n+1:n+1])
	}
	return r
}

// Begin starts a pass. Passes of other programs are ignored.
func (r *Recorder) Begin(l *nn.Lowered) {
	r.recording = l == r.lowered
	r.step = false
	r.wrong = nil
	clear(r.spans)
}

// BeginStep starts a single step of a pass. Its time becomes the kernel's newest
// one, but it isn't part of any statistics.
func (r *Recorder) BeginStep(l *nn.Lowered) {
	r.Begin(l)
	r.step = true
}

// Span records the time of a kernel.
func (r *Recorder) Span(s tensor.Span) {
	if !r.recording {
		return
	}
	k := r.index.of(s.Op)
	if k < 0 {
		r.blame(unknownHead(r.lowered.Plan, s.Op))
		return
	}
	r.spans[k]++
	r.times[k] = s.End - s.Start
	r.live[k].Store(int64(r.times[k]))
}

// End publishes the pass with its wall time or, if its spans are wrong, records
// the error.
func (r *Recorder) End(wall time.Duration) {
	if !r.recording {
		return
	}
	r.recording = false
	r.count()
	if r.wrong != nil {
		r.err.CompareAndSwap(nil, r.wrong)
		return
	}
	if r.step {
		return
	}
	n := r.passes.Load()
	slot := r.ring[n%int64(len(r.ring))]
	slot[0].Store(int64(wall))
	for k, d := range r.times {
		slot[k+1].Store(int64(d))
	}
	r.passes.Store(n + 1)
}

// count records an error if a kernel had another number of spans than one. In a
// step, the kernels that it doesn't run have none.
func (r *Recorder) count() {
	for k, n := range r.spans {
		if n != 1 && !(n == 0 && r.step) {
			op := r.kernels[k].Op
			r.blame(&SpanError{Op: op, Path: pathOf(r.lowered.Plan, op), Spans: n})
			return
		}
	}
}

// blame records the first error of a pass.
func (r *Recorder) blame(err *SpanError) {
	if r.wrong == nil {
		r.wrong = err
	}
}

// Err returns a *SpanError about the first pass that was dropped, nil if none
// was.
func (r *Recorder) Err() error {
	if err := r.err.Load(); err != nil {
		return err
	}
	return nil
}

// Passes returns the number of passes recorded so far, including those that the
// ring no longer has.
func (r *Recorder) Passes() int { return int(r.passes.Load()) }

// copyPass copies pass i, counted from 0, and reports whether the copy is
// intact. While the run writes pass p, it overwrites pass p−capacity−1; so the
// copy of i is intact if, after it was made, at most i+capacity passes were
// published.
func (r *Recorder) copyPass(i int64, into []time.Duration) bool {
	slot := r.ring[i%int64(len(r.ring))]
	for k := range slot {
		into[k] = time.Duration(slot[k].Load())
	}
	return r.passes.Load() <= i+int64(r.capacity)
}
