package profile

import (
	"testing"
	"time"
)

func TestTracer(t *testing.T) {
	f := newFakeRunner(time.Millisecond)
	p, err := Measure(t.Context(), f, MeasureOptions{Runs: 1, Trace: 2})
	if err != nil || p.Trace == nil || len(p.Trace.Passes) != 2 || p.Trace.Cut {
		t.Fatalf("%+v (%v)", p, err)
	}
	first, second := p.Trace.Passes[0], p.Trace.Passes[1]
	if len(first.Spans) != 3 || first.Spans[2].Row != 2 || first.Wall != time.Millisecond || second.Start <= first.Start {
		t.Errorf("%+v", p.Trace.Passes)
	}
	tr := NewTracer(f.lowered, f.kernels)
	tr.spans = MaxSpans - 1
	if err := f.Run(t.Context(), tr); err != nil {
		t.Fatal(err)
	}
	if kept, err := tr.Trace(); err != nil || !kept.Cut || len(kept.Passes) != 0 {
		t.Errorf("a pass beyond the bound was kept: %+v (%v)", kept, err)
	}
}
