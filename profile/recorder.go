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
//
// A pass counts if the device has sent exactly one span for each of the
// program's kernels. Any other is left out, and Err says why.
//
// Begin, BeginStep, Span and End belong to the run. All other methods are safe
// to call from any goroutine.
type Recorder struct {
	lowered  *nn.Lowered
	kernels  []tensor.KernelInfo
	index    kernelIndex
	capacity int

	// The run's side only.
	recording bool
	step      bool            // a single step, not a pass
	times     []time.Duration // of the pass in progress, by kernel
	spans     []int           // in the pass in progress, by kernel
	wrong     *SpanError      // what is wrong with the pass in progress

	live   []atomic.Int64   // the newest time of each kernel, −1 before the first
	passes atomic.Int64     // published
	ring   [][]atomic.Int64 // capacity+1 passes: the wall time, then the kernels'
	err    atomic.Pointer[SpanError]
}

// NewRecorder makes a recorder for the passes of a program of l, that keeps the
// last capacity of them (at least one). The kernels are the program's.
func NewRecorder(l *nn.Lowered, kernels []tensor.KernelInfo, capacity int) *Recorder {
	n := len(kernels)
	r := &Recorder{
		lowered: l, kernels: kernels, index: indexKernels(l.Plan, kernels), capacity: max(capacity, 1),
		times: make([]time.Duration, n), spans: make([]int, n), live: make([]atomic.Int64, n),
	}
	for k := range r.live {
		r.live[k].Store(-1)
	}
	cells := make([]atomic.Int64, (r.capacity+1)*(n+1))
	for ; len(cells) > 0; cells = cells[n+1:] {
		r.ring = append(r.ring, cells[:n+1:n+1])
	}
	return r
}

// Begin starts a pass. Passes of another program are not recorded.
func (r *Recorder) Begin(l *nn.Lowered) {
	r.recording, r.step, r.wrong = l == r.lowered, false, nil
	clear(r.spans)
}

// BeginStep starts a single step, whose time becomes the kernel's newest.
func (r *Recorder) BeginStep(l *nn.Lowered) {
	r.Begin(l)
	r.step = true
}

// Span takes the time of a kernel.
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

// End publishes a pass. Of one whose spans are wrong it keeps the error.
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

// count reports a kernel of the pass that had other than one span. Those that a
// step does not run have none.
func (r *Recorder) count() {
	for k, n := range r.spans {
		if n != 1 && !(n == 0 && r.step) {
			op := r.kernels[k].Op
			r.blame(&SpanError{Op: op, Path: pathOf(r.lowered.Plan, op), Spans: n})
			return
		}
	}
}

// blame keeps the first thing that is wrong with a pass.
func (r *Recorder) blame(err *SpanError) {
	if r.wrong == nil {
		r.wrong = err
	}
}

// Err is a *SpanError about the first pass that could not be recorded, nil if
// there was none.
func (r *Recorder) Err() error {
	if err := r.err.Load(); err != nil {
		return err
	}
	return nil
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
