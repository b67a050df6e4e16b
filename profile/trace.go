package profile

import (
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Trace holds every span of some passes, worker by worker. It isn't part of the
// profile's statistics: observing workers takes time of its own.
type Trace struct {
	Passes []TracedPass
	Cut    bool // passes are missing, as there would be more than MaxSpans spans
}

// TracedPass is one pass. Its Start counts from the start of the first pass.
type TracedPass struct {
	Start, Wall time.Duration
	Spans       []TraceSpan // in the order in which the device reported them
}

// TraceSpan is one worker's share of a kernel. Times count from the start of the
// pass.
type TraceSpan struct {
	Row    int // index of the kernel in Profile.Layers
	Worker int // from 0
	Start  time.Duration
	End    time.Duration
}

// MaxSpans bounds the spans of a trace, to about 20 MB of Chrome's JSON.
const MaxSpans = 100_000

// Tracer is an nn.Observer that keeps every span of whole passes. It must be
// used by one goroutine at a time.
type Tracer struct {
	plan    *tensor.Plan
	index   kernelIndex
	first   time.Time
	current TracedPass
	spans   int // in trace.Passes
	trace   Trace
	err     error // first span of an unknown kernel
}

// NewTracer returns a tracer for the passes of a program of l with these
// kernels.
func NewTracer(l *nn.Lowered, kernels []tensor.KernelInfo) *Tracer {
	return &Tracer{plan: l.Plan, index: indexKernels(l.Plan, kernels)}
}

// ObservesWorkers requests a span per worker instead of one per kernel.
func (t *Tracer) ObservesWorkers() {}

// Begin starts a pass.
func (t *Tracer) Begin(*nn.Lowered) {
	now := time.Now()
	if t.first.IsZero() {
		t.first = now
	}
	t.current = TracedPass{Start: now.Sub(t.first)}
}

// Span keeps one worker's share of a kernel.
func (t *Tracer) Span(s tensor.Span) {
	k := t.index.of(s.Op)
	if k < 0 {
		t.err = unknownHead(t.plan, s.Op)
		return
	}
	t.current.Spans = append(t.current.Spans, TraceSpan{Row: k, Worker: s.Worker, Start: s.Start, End: s.End})
}

// End keeps the pass, unless the trace would exceed MaxSpans. Passes are kept
// whole or not at all.
func (t *Tracer) End(wall time.Duration) {
	if t.spans+len(t.current.Spans) > MaxSpans {
		t.trace.Cut = true
		return
	}
	t.current.Wall = wall
	t.spans += len(t.current.Spans)
	t.trace.Passes = append(t.trace.Passes, t.current)
}

// Trace returns the passes so far, and a *SpanError if the device reported a
// span of a kernel that the program doesn't have.
func (t *Tracer) Trace() (*Trace, error) {
	return &t.trace, t.err
}
