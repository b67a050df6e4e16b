package cpu

import (
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// spans tells when steps ran, for as little as can be: one reading of the
// processor's counter where a step ends and the next begins. The system's clock
// says what the counter's ticks are worth when the spans are told, some steps at
// a time: what observers keep of them is not fetched into the caches in between.
type spans struct {
	observe func(tensor.Span) // nil: nobody observes
	began   time.Duration

	ticks int64         // the counter when the clock was read last
	clock time.Duration // and the clock
	last  int64         // the counter when the newest step ended, or was told
	due   int64         // ticks after which spans are told; 0: not known yet
	ended []ended       // steps that are not told yet
}

// ended is a step that ran between two readings of the counter.
type ended struct {
	head       int
	start, end int64
}

// begin starts the spans of a run that began just now.
func (s *spans) begin(began time.Duration, observe func(tensor.Span)) {
	s.observe, s.began, s.ended = observe, began, s.ended[:0]
	if observe != nil {
		s.ticks, s.clock = asm.Ticks(), 0
		s.last = s.ticks
	}
}

// end notes that a step ended, and the next begins.
func (s *spans) end(head int) {
	if s.observe == nil {
		return
	}
	now := max(asm.Ticks(), s.last) // the thread may have moved to a processor that is behind
	s.ended = append(s.ended, ended{head, s.last, now})
	if s.last = now; now-s.ticks >= s.due {
		s.tell()
	}
}

// tell tells the ended steps. The ticks since the clock was read last are worth
// what the clock says has passed.
func (s *spans) tell() {
	if len(s.ended) == 0 {
		return
	}
	ticks, clock := asm.Ticks(), monotonic()-s.began
	worth := 0.0
	if ticks > s.ticks {
		worth = float64(clock-s.clock) / float64(ticks-s.ticks)
		s.due = int64(float64(reportEvery) / max(worth, 1e-3))
	}
	at := func(t int64) time.Duration { return s.clock + time.Duration(worth*float64(t-s.ticks)) }
	for _, e := range s.ended {
		s.observe(tensor.Span{Op: e.head, Start: at(e.start), End: at(e.end)})
	}
	s.ended, s.ticks, s.clock = s.ended[:0], ticks, clock
	s.last = max(asm.Ticks(), ticks) // observers' time is no step's
}

var started = time.Now()

// monotonic is the system's clock since the program started. It costs half of
// time.Now, which reads that of the day as well.
func monotonic() time.Duration { return time.Since(started) }
