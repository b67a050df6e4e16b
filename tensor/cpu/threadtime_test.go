package cpu

import (
	"testing"
	"time"
)

// TestThreadTime: a worker that sleeps uses next to nothing, one that works all
// of its time.
func TestThreadTime(t *testing.T) {
	if threadTime() == 0 {
		t.Skip("this system doesn't report a thread's time")
	}
	p := newPool(1)
	defer p.stop()
	measure := func(work func()) time.Duration {
		ph := phase{pieces: 1, run: func(*worker, int, int) { work() }}
		p.do(1, func(*worker) {
			p.clock, p.cpu = monotonic(), true
			p.run(&ph)
			p.clock, p.cpu = 0, false
		})
		return p.workers[0].cpu
	}
	slept := measure(func() { time.Sleep(30 * time.Millisecond) })
	worked := measure(func() {
		for start := threadTime(); threadTime()-start < 20*time.Millisecond; {
		}
	})
	if slept > 10*time.Millisecond || worked < 20*time.Millisecond {
		t.Errorf("30 ms of sleep used %v, 20 ms of work %v", slept, worked)
	}
}
