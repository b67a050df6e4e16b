package profile

import (
	"context"
	"slices"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

const (
	warmupMost   = 10
	warmupWindow = 3    // passes whose spread is looked at
	warmupSettle = 0.05 // of their median: less than this is settled
)

// warmth is what warming up came to: spread is that of the last passes, their
// range over their median, 0 if there were too few.
type warmth struct {
	passes int
	spread float64
}

// warmUp runs passes that do not count: so many, or if that is Adaptive until
// their spread settles.
func warmUp(ctx context.Context, s Runner, passes int) (warmth, error) {
	most := passes
	if passes == Adaptive {
		most = warmupMost
	}
	var w warmth
	var last []time.Duration
	for begin := time.Now(); w.passes < most; {
		var watch stopwatch
		if err := s.Run(ctx, &watch); err != nil {
			return w, err
		}
		w.passes++
		last = append(last, watch.wall)
		if len(last) > warmupWindow {
			last = last[1:]
		}
		w.spread = spread(last)
		if passes == Adaptive && (len(last) == warmupWindow && w.spread < warmupSettle || time.Since(begin) > adaptiveTime) {
			break
		}
	}
	return w, nil
}

// stopwatch observes nothing but the wall time.
type stopwatch struct{ wall time.Duration }

func (*stopwatch) Begin(*nn.Lowered)        {}
func (*stopwatch) Span(tensor.Span)         {}
func (w *stopwatch) End(wall time.Duration) { w.wall = wall }

// spread is the range of durations over their median, 0 for fewer than
// warmupWindow of them.
func spread(last []time.Duration) float64 {
	if len(last) < warmupWindow {
		return 0
	}
	sorted := slices.Sorted(slices.Values(last))
	return float64(sorted[len(sorted)-1]-sorted[0]) / float64(max(sorted[len(sorted)/2], 1))
}
