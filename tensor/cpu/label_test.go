package cpu

import (
	"context"
	"runtime/pprof"
	"sync"
	"testing"
)

// TestWorkersCarryLabels: each worker that takes part carries the launch's labels,
// and drops them in a run without; the caller, who leads, drops them after each run.
func TestWorkersCarryLabels(t *testing.T) {
	p := newPool(2)
	defer p.stop()
	labels := pprof.WithLabels(t.Context(), pprof.Labels("path", "conv1"))
	for _, want := range []context.Context{labels, nil, labels} {
		var both sync.WaitGroup
		both.Add(2)
		ph := phase{pieces: 2, run: func(w *worker, _, _ int) {
			both.Done()
			both.Wait() // so that each worker has a piece
			if w.labels != want {
				t.Errorf("worker %d carries %v, want %v", w.id, w.labels, want)
			}
		}}
		p.do(2, func(*worker) {
			p.labels = want
			p.run(&ph)
		})
		if p.workers[0].labels != nil {
			t.Error("the caller keeps a launch's labels")
		}
	}
}
