package cpu

import (
	"math"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// spans reports when launches ran, as cheaply as possible: with one reading of the
// processor's counter where a launch ends and the next begins. The spans are
// reported some launches at a time, so that the observer's memory is not fetched
// into the caches in between; only then the system's clock is read, to convert the
// counter's ticks.
type spans struct {
	observe func(tensor.Span) // nil: not observed
	began   time.Duration

	ticks int64         // the counter when the clock was read last
	clock time.Duration // and the clock
	last  int64         // the counter when the newest launch ended, or was reported
	owed  int64         // ticks of launches that ended, which belong to histograms that they carried
	due   int64         // ticks after which spans are reported; 0: not known yet
	ended []ended       // launches that are not reported yet
	apart int64         // the fewest ticks that a reading of both took; 0: none yet
}

// ended is a launch that ran between two readings of the counter.
type ended struct {
	head       int
	start, end int64
}

// begin starts the spans of a run that began just now.
func (s *spans) begin(began time.Duration, observe func(tensor.Span)) {
	s.observe = observe
	s.began = began
	s.ended = s.ended[:0]
	if observe != nil {
		s.ticks, s.clock = s.both(asm.Ticks, monotonic)
		s.last, s.owed = s.ticks, 0
	}
}

// end notes that a launch ended, and the next begins.
func (s *spans) end(head int) {
	if s.observe == nil {
		return
	}
	now := max(asm.Ticks()-s.owed, s.last) // the thread may have moved to a processor that is behind
	s.ended = append(s.ended, ended{head, s.last, now})
	if s.last = now; s.owed == 0 && now-s.ticks >= s.due {
		s.report()
	}
}

// report reports the ended launches. The ticks since the clock was last read took
// as long as the clock says.
func (s *spans) report() {
	if len(s.ended) == 0 {
		return
	}
	ticks, clock := s.both(asm.Ticks, monotonic)
	perTick := 0.0 // nanoseconds
	if ticks > s.ticks {
		perTick = float64(clock-s.clock) / float64(ticks-s.ticks)
		s.due = int64(float64(reportEvery) / max(perTick, 1e-3))
	}
	at := func(t int64) time.Duration { return s.clock + time.Duration(perTick*float64(t-s.ticks)) }
	for _, e := range s.ended {
		s.observe(tensor.Span{Op: e.head, Start: at(e.start), End: at(e.end)})
	}
	s.ended = s.ended[:0]
	s.ticks = ticks
	s.clock = clock
	s.last = max(asm.Ticks(), ticks) // don't charge the observer's own time to the next launch
}

// readings is how often both reads again what something came between.
const readings = 4

// both reads the counter and the clock, since the run began, at one moment. If the system
// lets another thread run between the two, launches on one side of it would come out too
// long and those on the other too short: so it takes the closest of a few readings, unless
// the first is as close as any was.
func (s *spans) both(counter func() int64, clock func() time.Duration) (ticks int64, at time.Duration) {
	closest := int64(math.MaxInt64)
	for range readings {
		before, c, after := counter(), clock(), counter()
		apart := after - before
		switch {
		case apart >= 0 && apart < closest:
			closest, ticks, at = apart, before+apart/2, c-s.began
		case at == 0: // the thread went to a processor that is behind; better than nothing
			ticks, at = after, c-s.began
		}
		if closest <= 2*s.apart {
			break
		}
	}
	if closest < s.apart || s.apart == 0 {
		s.apart = closest
	}
	return ticks, at
}

var started = time.Now()

// monotonic is the system's clock since the program started. It costs half of
// time.Now, which reads that of the day as well.
func monotonic() time.Duration { return time.Since(started) }
