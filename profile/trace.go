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
	groupOf map[int]int
	first   time.Time
	current TracedPass
	spans   int // in passes that ended
	trace   Trace
}

// NewTracer makes a tracer for the passes of l.
func NewTracer(l *nn.Lowered) *Tracer {
	t := &Tracer{groupOf: make(map[int]int, len(l.Groups))}
	for g := range l.Groups {
		t.groupOf[l.Groups[g].Head] = g
	}
	return t
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

// Span keeps a worker's part of a group.
func (t *Tracer) Span(s tensor.Span) {
	if g, ok := t.groupOf[s.Op]; ok {
		t.current.Spans = append(t.current.Spans, TraceSpan{Row: g, Worker: s.Worker, Start: s.Start, End: s.End})
	}
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

// Trace is what was kept.
func (t *Tracer) Trace() *Trace {
	return &t.trace
}
