package profile

import (
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Trace is what single passes did, worker by worker.
type Trace struct {
	Passes []TracedPass
	Cut    bool // more passes were asked for than MaxSpans lets in
}

// TracedPass is one pass. Times of its spans count from its start.
type TracedPass struct {
	Start, Wall time.Duration // Start counts from the first pass
	Spans       []TraceSpan
}

// TraceSpan is one worker's part of a row of the profile.
type TraceSpan struct {
	Row, Worker int
	Start, End  time.Duration
}

// MaxSpans bounds a trace: some 20 MB of JSON.
const MaxSpans = 100_000

// Tracer is a nn.Observer that keeps every span of whole passes.
type Tracer struct {
	plan    *tensor.Plan
	index   kernelIndex
	first   time.Time
	current TracedPass
	spans   int // in passes that ended
	trace   Trace
	err     error
}

// NewTracer makes a tracer for the passes of a program of l. The kernels are the
// program's.
func NewTracer(l *nn.Lowered, kernels []tensor.KernelInfo) *Tracer {
	return &Tracer{plan: l.Plan, index: indexKernels(l.Plan, kernels)}
}

// ObservesWorkers makes the spans those of workers.
func (t *Tracer) ObservesWorkers() {}

// Begin starts a pass.
func (t *Tracer) Begin(*nn.Lowered) {
	now := time.Now()
	if t.first.IsZero() {
		t.first = now
	}
	t.current = TracedPass{Start: now.Sub(t.first)}
}

// Span keeps a worker's part of a kernel.
func (t *Tracer) Span(s tensor.Span) {
	k := t.index.of(s.Op)
	if k < 0 {
		t.err = unknownHead(t.plan, s.Op)
		return
	}
	t.current.Spans = append(t.current.Spans, TraceSpan{Row: k, Worker: s.Worker, Start: s.Start, End: s.End})
}

// End keeps the pass, as long as there is room for it.
func (t *Tracer) End(wall time.Duration) {
	if t.spans+len(t.current.Spans) > MaxSpans {
		t.trace.Cut = true
		return
	}
	t.current.Wall = wall
	t.spans += len(t.current.Spans)
	t.trace.Passes = append(t.trace.Passes, t.current)
}

// Trace is what was kept, or a *SpanError if the device timed a kernel that the
// program doesn't have.
func (t *Tracer) Trace() (*Trace, error) {
	return &t.trace, t.err
}
