package cpu

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// TestSpansFollowEachOther: what is told of steps that end at known times is
// when they ran, in order, some of them on the way.
func TestSpansFollowEachOther(t *testing.T) {
	var err error
	for range 10 { // another process may come between
		if err = spansFollow(); err == nil {
			return
		}
	}
	t.Error(err)
}

func spansFollow() error {
	const step, slow = 400 * time.Microsecond, 3 * time.Millisecond
	var s spans
	var told []tensor.Span
	var ends []time.Duration
	var counts []int // told after each step
	began := monotonic()
	s.begin(began, func(sp tensor.Span) {
		if told = append(told, sp); sp.Op == 3 {
			work(slow) // which is no step's time
		}
	})
	for op := range 12 {
		work(step)
		ends = append(ends, monotonic()-began)
		s.end(op)
		counts = append(counts, len(told))
	}
	s.report()
	if len(told) != 12 {
		return fmt.Errorf("%d spans told, want 12", len(told))
	}
	if !slices.ContainsFunc(counts, func(n int) bool { return n > 0 && n < 12 }) {
		return fmt.Errorf("spans told after each step: %v, want some on the way", counts)
	}
	for i, sp := range told {
		if sp.Op != i {
			return fmt.Errorf("span %d is of step %d", i, sp.Op)
		}
		if off := sp.End - ends[i]; off < -step/4 || off > step/4 {
			return fmt.Errorf("step %d ended at %v, told %v", i, ends[i], sp.End)
		}
		if d := sp.End - sp.Start; d < step*3/4 || d > 2*step {
			return fmt.Errorf("step %d took %v, told %v", i, step, d)
		}
		if i > 0 && sp.Start < told[i-1].End {
			return fmt.Errorf("step %d starts at %v, before the end %v of the one before", i, sp.Start, told[i-1].End)
		}
	}
	return nil
}

// TestSpansWithinABunchTouch: nothing lies between steps that are told together.
func TestSpansWithinABunchTouch(t *testing.T) {
	var s spans
	var told []tensor.Span
	s.begin(monotonic(), func(sp tensor.Span) { told = append(told, sp) })
	s.due = 1 << 62
	for op := range 5 {
		work(50 * time.Microsecond)
		s.end(op)
	}
	if len(told) != 0 {
		t.Errorf("%d spans told before they are due", len(told))
	}
	s.report()
	if len(told) != 5 {
		t.Fatalf("%d spans told, want 5", len(told))
	}
	for i := 1; i < len(told); i++ {
		if told[i].Start != told[i-1].End {
			t.Errorf("step %d starts at %v, the one before ends at %v", i, told[i].Start, told[i-1].End)
		}
	}
}

func work(d time.Duration) {
	for began := monotonic(); monotonic()-began < d; {
	}
}
