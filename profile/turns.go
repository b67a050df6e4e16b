package profile

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"resnet-tui/tensor"
)

// TimeEffect is how the time of a pass of one net, B, compares with that of another, A,
// in one process. Interval is the 95 % confidence interval of B's time over A's, nil if
// it wasn't measured.
type TimeEffect struct {
	SameKernels bool        `json:"same_kernels"` // both run the same ones: there can be no effect
	Interval    *[2]float64 `json:"interval,omitempty"`
	Significant bool        `json:"significant"` // by more than where memory lies may explain
}

const (
	turnRounds = 12 // pairs of turns
	turnLeast  = 6  // pairs, or nothing is measured
	turnPasses = 5  // of a turn, at most
	turnLevel  = 0.002

	// placementRatio is the ratio of times of the same program at another place in
	// memory, which lasts as long as the programs do and so is in no interval.
	placementRatio = 1.03
)

// TakeTurns measures how B's time compares with A's: their passes run turn about, a few
// of each at a time, so that spells of the machine meet both. It takes about limit at
// most; if that is too short for six pairs of turns, there is no interval. Nothing runs
// if both run the same kernels. Its errors are those of the runners.
func TakeTurns(ctx context.Context, a, b Runner, limit time.Duration) (*TimeEffect, error) {
	if slices.EqualFunc(a.Kernels(), b.Kernels(), sameKernel) {
		return &TimeEffect{SameKernels: true}, nil
	}
	sides := [2]Runner{a, b}
	var lows [2][]float64 // logarithms, by turn
	passes := turnPasses
	for began, round := time.Now(), 0; round < turnRounds; round++ {
		for i := range sides {
			side := (i + round) % 2
			fastest, err := turn(ctx, sides[side], passes)
			if err != nil {
				return nil, err
			}
			lows[side] = append(lows[side], math.Log(fastest.Seconds()))
		}
		each := time.Since(began) / time.Duration(round+1)
		if round == 0 { // as many passes as there is time for
			passes = max(1, min(turnPasses, int(limit*turnPasses/turnRounds/max(each, 1))))
			if each/turnPasses*turnLeast > limit {
				return &TimeEffect{}, nil
			}
		} else if round+1 >= turnLeast && time.Since(began)+each > limit {
			break
		}
	}
	return newTimeEffect(lows[0], lows[1]), nil
}

// turn runs some passes and returns the time of the fastest.
func turn(ctx context.Context, s Runner, passes int) (fastest time.Duration, err error) {
	fastest = math.MaxInt64
	for range passes {
		var watch stopwatch
		if err := s.Run(ctx, &watch); err != nil {
			return 0, err
		}
		fastest = min(fastest, max(watch.wall, 1))
	}
	return fastest, nil
}

// newTimeEffect compares turns of both sides, pair by pair.
func newTimeEffect(a, b []float64) *TimeEffect {
	c := contest{a: len(a), b: len(b)}
	for i := range a {
		c.pairs = append(c.pairs, [2]int{i, i})
	}
	e, ok := c.calm([][]float64{a}, [][]float64{b}).estimate(a, b)
	if !ok {
		return &TimeEffect{}
	}
	ratio := e.interval()
	return &TimeEffect{Interval: &ratio, Significant: e.pValue(math.Log(placementRatio)) < turnLevel}
}

// sameKernel reports whether two kernels do the same work.
func sameKernel(a, b tensor.KernelInfo) bool {
	return a.Name == b.Name && a.FLOPs == b.FLOPs && a.Bytes == b.Bytes
}

// String says in words what the effect is, short enough for a pane.
func (e *TimeEffect) String() string {
	switch {
	case e == nil || !e.SameKernels && e.Interval == nil:
		return Dash
	case e.SameKernels:
		return "none: the same kernels"
	}
	if !e.Significant {
		return "within noise, " + e.Range()
	}
	return e.Range()
}

// Range is the interval of an effect that has one, as changes in per cent.
func (e *TimeEffect) Range() string {
	percent := func(ratio float64) string {
		return strings.Replace(fmt.Sprintf("%+.1f", 100*(ratio-1)), "-", "−", 1)
	}
	return percent(e.Interval[0]) + " to " + percent(e.Interval[1]) + " %"
}
