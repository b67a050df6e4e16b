package profile

import (
	"math"
	"time"
)

// Ceilings are the measured peak rates of a machine, the roofs of the roofline
// model. The zero value means that they are unknown.
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
// The share exceeds 1 if data come from caches, which are faster than memory:
// usual for small layers. For BoundOverhead it is that of the nearer roof.
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
