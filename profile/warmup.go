package profile

import (
	"context"
	"slices"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// The first passes are slower than the rest: caches and branch predictors are
// cold, pages are touched for the first time, and the clock frequency ramps up.
// Adaptive warm-up ends when the last warmupWindow passes differ by less than
// warmupSettle of their median, after warmupMost passes, or after adaptiveTime.
const (
	warmupMost   = 10
	warmupWindow = 3
	warmupSettle = 0.05
)

// warmth describes a warm-up: its number of passes and the relative range of the
// last ones, 0 if there were fewer than warmupWindow.
type warmth struct {
	passes int
	spread float64
}

// warmUp runs the given number of passes or, if it is Adaptive, until their
// times settle. Its errors are those of the runner.
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
		settled := len(last) == warmupWindow && w.spread < warmupSettle
		if passes == Adaptive && (settled || time.Since(begin) > adaptiveTime) {
			break
		}
	}
	return w, nil
}

// stopwatch is an nn.Observer of nothing but the pass's wall time.
type stopwatch struct{ wall time.Duration }

func (*stopwatch) Begin(*nn.Lowered)        {}
func (*stopwatch) Span(tensor.Span)         {}
func (w *stopwatch) End(wall time.Duration) { w.wall = wall }

// spread returns the range of durations divided by their median, 0 for fewer
// than warmupWindow of them.
func spread(last []time.Duration) float64 {
	if len(last) < warmupWindow {
		return 0
	}
	sorted := slices.Sorted(slices.Values(last))
	return float64(sorted[len(sorted)-1]-sorted[0]) / float64(max(sorted[len(sorted)/2], 1))
}
