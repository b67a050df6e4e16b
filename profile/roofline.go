package profile

import (
	"fmt"
	"math"
	"time"
)

// Ceilings are the peak rates of a machine, the roofs of the roofline model: the
// highest that were ever measured there, or that a net's layer reached. The zero value
// means that they are unknown.
//
// S. Williams, A. Waterman and D. Patterson, Roofline: an insightful visual
// performance model for multicore architectures, Commun. ACM 52, 2009.
type Ceilings struct {
	GFLOPS float64 // 10⁹ FLOP/s of all threads; a multiply-add counts as two
	GBPS   float64 // 10⁹ bytes per second that all threads read from memory
}

// Known reports whether both ceilings were measured: they are positive and finite.
func (c Ceilings) Known() bool {
	return c.GFLOPS > 0 && c.GBPS > 0 && !math.IsInf(c.GFLOPS, 1) && !math.IsInf(c.GBPS, 1)
}

// Ridge returns the arithmetic intensity at which the roofs meet, in FLOPs per
// byte. Below it memory limits the rate of arithmetic, above it the arithmetic
// units do.
func (c Ceilings) Ridge() float64 { return c.GFLOPS / c.GBPS }

// Bound is what limits the speed of a kernel.
type Bound string

// The bounds. A kernel is bound by overhead (dispatch, waiting threads, latency)
// if it reaches less than a fifth of both roofs, so that neither explains its
// time.
const (
	BoundUnknown  Bound = ""
	BoundCompute  Bound = "compute"
	BoundMemory   Bound = "memory"
	BoundOverhead Bound = "overhead"
)

// overheadPart is the share of a roof that a kernel must reach to be bound by it.
const overheadPart = 0.2

// Place returns what bounds a kernel, and the share that it reaches of the roof
// above it. flops are those that it executed in the time taken, bytes the least
// that it had to move: inputs, weights and outputs once each.
//
// The share exceeds 1 for BoundMemory if data come from caches, which are faster than
// memory: usual for small layers. For BoundCompute it does so only if the ceiling was
// measured too low. For BoundOverhead it is that of the nearer roof.
func (c Ceilings) Place(flops, bytes int64, taken time.Duration) (Bound, float64) {
	if !c.Known() || taken <= 0 {
		return BoundUnknown, 0
	}
	// FLOPs per nanosecond are GFLOP/s, so both are shares of the roofs.
	compute := float64(flops) / c.GFLOPS / float64(taken)
	memory := float64(bytes) / c.GBPS / float64(taken)
	reached, bound := compute, BoundCompute
	if memory > compute {
		reached, bound = memory, BoundMemory
	}
	if reached < overheadPart {
		bound = BoundOverhead
	}
	return bound, reached
}

// aboveRoof is the share of a roof from which a kernel is said to be above it: less is
// still 100 %.
const aboveRoof = 1.005

// TooLow reports whether a kernel that is bound so and reaches that share of its roof
// shows that the ceiling of arithmetic was measured too low: nothing else lets a
// processor compute faster than it can.
func TooLow(bound Bound, reached float64) bool { return bound == BoundCompute && reached > aboveRoof }

// Distance says in words how far a kernel is from its roof, as a factor, and why it can
// be above it. bound and reached are those of Place.
func Distance(bound Bound, reached float64) string {
	switch {
	case TooLow(bound, reached):
		return fmt.Sprintf("%.2f× above it: the ceiling was measured too low", reached)
	case reached > aboveRoof:
		return fmt.Sprintf("%.2f× above it: its bytes come from cache", reached)
	case reached > 0.95:
		return "at it"
	}
	return fmt.Sprintf("%.1f× below it", 1/reached)
}

// What counts as reached: a time of one pass, or of a kernel so short that clock and
// start of the threads matter, could be luck.
const (
	reachedPasses = 8
	reachedTime   = 20 * time.Microsecond
)

// Raised returns ceilings that a kernel's rate of arithmetic has raised if it is higher:
// flops are those that it executed in its typical time over so many passes. Only a rate
// that holds over many passes counts.
func (c Ceilings) Raised(flops int64, typical time.Duration, passes int) Ceilings {
	if passes >= reachedPasses && typical >= reachedTime {
		c.GFLOPS = max(c.GFLOPS, float64(flops)/float64(typical))
	}
	return c
}

// Higher returns the higher of both measurements of each ceiling: whatever else runs on
// a machine can only lower one. What is not a positive number counts as unknown.
func (c Ceilings) Higher(o Ceilings) Ceilings {
	return Ceilings{higher(c.GFLOPS, o.GFLOPS), higher(c.GBPS, o.GBPS)}
}

func higher(a, b float64) float64 {
	most := 0.0
	for _, v := range []float64{a, b} {
		if v > most && !math.IsInf(v, 1) {
			most = v
		}
	}
	return most
}
