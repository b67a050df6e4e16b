package profile

import "time"

// Ceilings are what this machine can do at best, as measured. The zero value
// means that they are not known.
type Ceilings struct {
	GFLOPS float64 // 10⁹ FLOPs per second of all threads, a multiply-add counted as two
	GBPS   float64 // 10⁹ bytes per second that all threads read from memory
}

// Known reports whether both ceilings were measured.
func (c Ceilings) Known() bool { return c.GFLOPS > 0 && c.GBPS > 0 }

// Ridge is the intensity, in FLOPs per byte, from which arithmetic and not
// memory is the roof (Williams, Waterman and Patterson 2009).
func (c Ceilings) Ridge() float64 { return c.GFLOPS / c.GBPS }

// Bound says what keeps a kernel from being faster.
type Bound string

// The bounds. A kernel is bound by overhead if it takes more than five times as
// long as either roof explains: dispatch, waiting threads, latency.
const (
	BoundUnknown  Bound = ""
	BoundCompute  Bound = "compute"
	BoundMemory   Bound = "memory"
	BoundOverhead Bound = "overhead"
)

const overheadPart = 0.2 // the part of a kernel's time that a roof must explain

// Place puts a kernel under the roofs by the FLOPs that it executed and the
// bytes that it moved at least in the time taken: it returns what bounds the
// kernel, and the part of that roof which it reaches. Caches are faster than
// memory, so memory-bound kernels of small layers may exceed their roof.
func (c Ceilings) Place(flops, bytes int64, taken time.Duration) (Bound, float64) {
	if !c.Known() || taken <= 0 {
		return BoundUnknown, 0
	}
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
