package asm

import (
	"testing"
	"time"
)

// TestTicksRiseSteadily holds the counter to the system's clock: its rate in
// one stretch of time is that in the next.
func TestTicksRiseSteadily(t *testing.T) {
	began := time.Now()
	both := func() (ticks int64, clock time.Duration) {
		for {
			clock = time.Since(began)
			ticks = Ticks()
			if time.Since(began)-clock < 50*time.Microsecond { // no other thread came between
				return ticks, clock
			}
		}
	}
	rate := func() float64 {
		k, at := both()
		time.Sleep(20 * time.Millisecond)
		l, until := both()
		return float64(l-k) / float64(until-at)
	}
	first := rate()
	if second := rate(); !(first > 0.001 && second > 0.99*first && second < 1.01*first) {
		t.Errorf("%.4g and %.4g ticks a nanosecond", first, second)
	}
}

func BenchmarkTicks(b *testing.B) {
	for range b.N {
		Ticks()
	}
}

func BenchmarkClock(b *testing.B) {
	began := time.Now()
	for range b.N {
		_ = time.Since(began)
	}
}
