package profile

import "time"

// Ceilings are what this machine can do at best, as measured. The zero value
// means that they are not known.
type Ceilings struct {
	GFLOPS float64 // multiply-adds counted as two, all threads, 10⁹ a second
	GBPS   float64 // read from memory, all threads, 10⁹ bytes a second
}

// Known reports whether both ceilings were measured.
func (c Ceilings) Known() bool { return c.GFLOPS > 0 && c.GBPS > 0 }

// Ridge is the intensity, in FLOPs a byte, from which arithmetic and not
// memory is the roof (Williams, Waterman and Patterson 2009).
func (c Ceilings) Ridge() float64 { return c.GFLOPS / c.GBPS }

// Bound says what keeps a kernel from being faster.
type Bound string

// The bounds. A kernel is bound by overhead when it takes over five times as
// long as either roof explains: dispatch, threads that wait, latency.
const (
	BoundUnknown  Bound = ""
	BoundCompute  Bound = "compute"
	BoundMemory   Bound = "memory"
	BoundOverhead Bound = "overhead"
)

const overheadPart = 0.2 // of its time, that a roof must explain

// Place puts a kernel that executed flops, and moved at least that many bytes,
// in the time taken under the roofs: what bounds it, and how much of that roof
// it reaches. Bytes that come out of a cache are faster than memory, so memory
// bound kernels of small layers may exceed their roof.
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
