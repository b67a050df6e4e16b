package cpu

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// TestSpansFollowEachOther: what is reported of launches that end at known times is
// when they ran, in order, some of them on the way.
func TestSpansFollowEachOther(t *testing.T) {
	var err error
	for range 100 { // other processes may come between
		if err = spansFollow(); err == nil {
			return
		}
	}
	t.Error(err)
}

func spansFollow() error {
	const length, slow = 400 * time.Microsecond, 3 * time.Millisecond
	var s spans
	var reported []tensor.Span
	var ends []time.Duration
	var counts []int // reported after each launch
	began := monotonic()
	s.begin(began, func(sp tensor.Span) {
		if reported = append(reported, sp); sp.Op == 3 {
			work(slow) // which belongs to no launch
		}
	})
	for op := range 12 {
		work(length)
		ends = append(ends, monotonic()-began)
		s.end(op)
		counts = append(counts, len(reported))
	}
	s.report()
	if len(reported) != 12 {
		return fmt.Errorf("%d spans reported, want 12", len(reported))
	}
	if !slices.ContainsFunc(counts, func(n int) bool { return n > 0 && n < 12 }) {
		return fmt.Errorf("spans reported after each launch: %v, want some on the way", counts)
	}
	for i, sp := range reported {
		if sp.Op != i {
			return fmt.Errorf("span %d is of launch %d", i, sp.Op)
		}
		if off := sp.End - ends[i]; off < -length/4 || off > length/4 {
			return fmt.Errorf("launch %d ended at %v, reported %v", i, ends[i], sp.End)
		}
		if d := sp.End - sp.Start; d < length*3/4 || d > 2*length {
			return fmt.Errorf("launch %d took %v, reported %v", i, length, d)
		}
		if i > 0 && sp.Start < reported[i-1].End {
			return fmt.Errorf("launch %d starts at %v, before the end %v of the one before", i, sp.Start, reported[i-1].End)
		}
	}
	return nil
}

// TestSpansWithinABunchTouch: nothing lies between launches that are reported together.
func TestSpansWithinABunchTouch(t *testing.T) {
	var s spans
	var reported []tensor.Span
	s.begin(monotonic(), func(sp tensor.Span) { reported = append(reported, sp) })
	s.due = 1 << 62
	for op := range 5 {
		work(50 * time.Microsecond)
		s.end(op)
	}
	if len(reported) != 0 {
		t.Errorf("%d spans reported before they are due", len(reported))
	}
	s.report()
	if len(reported) != 5 {
		t.Fatalf("%d spans reported, want 5", len(reported))
	}
	for i := 1; i < len(reported); i++ {
		if reported[i].Start != reported[i-1].End {
			t.Errorf("launch %d starts at %v, the one before ends at %v", i, reported[i].Start, reported[i-1].End)
		}
	}
}

func work(d time.Duration) {
	for began := monotonic(); monotonic()-began < d; {
	}
}

// TestBothAtOneMoment: a reading that another thread came between is not taken, nor one
// on a processor whose counter is behind.
func TestBothAtOneMoment(t *testing.T) {
	var ticks int64
	var clock time.Duration
	s := spans{began: 7}
	read := func(paused ...int64) (int64, time.Duration) {
		n := 0
		return s.both(func() int64 {
			ticks += 10
			return ticks
		}, func() time.Duration {
			clock += 5
			if n < len(paused) { // between this and the counter's second reading
				ticks += paused[n]
			}
			n++
			return clock
		})
	}
	for _, c := range []struct {
		paused []int64
		clock  time.Duration // of the reading that counts
	}{
		{[]int64{100, 0}, 2},       // the first time all readings are compared
		{[]int64{5000, 0, 0}, 2},   // then the first that is close enough
		{[]int64{-5000, 3000}, 3},  // a counter that is behind, a pause
		{[]int64{9e6, 80, 900}, 4}, // the last of four
		{[]int64{9e6, 80, 900, 70}, 4},
	} {
		before := clock
		at, read := read(c.paused...)
		if want := before + 5*c.clock - s.began; read != want {
			t.Errorf("paused by %v: the clock read %v, want %v", c.paused, read, want)
		}
		if apart := ticks - at; apart < 0 || apart > 5000 {
			t.Errorf("paused by %v: %d ticks before the last reading", c.paused, apart)
		}
	}
}
