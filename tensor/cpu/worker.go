package cpu

import (
	"context"
	"runtime/pprof"
	"sync/atomic"
	"time"
	"unsafe"

	"resnet-tui/tensor/cpu/internal/asm"
)

// worker is one thread of a pool: its share of the pieces, and what kernels
// need for themselves. Fields that other workers write have cache lines of
// their own; sharing them costs more than most optimisations gain.
type worker struct {
	id int
	_  [lineBytes]byte
	// share is the worker's range [lo, hi) of the pieces of a phase, in one word, so
	// that owner and thieves can take from both ends without a lock:
	//
	//	63      40 39      20 19       0
	//	│  epoch  │    lo    │    hi    │
	//
	// The epoch is the phase's: a worker that wakes late can't take pieces of a later
	// phase for those of its own.
	share atomic.Uint64
	_     [lineBytes]byte
	sleeper
	_ [lineBytes]byte

	thread     int             // of the operating system
	processor  int32           // on which it ran at the last probe
	labels     context.Context // that it carries, nil for none
	epoch      uint64
	start, end time.Duration // of its pieces in the phase of that epoch

	cpuStart, cpu time.Duration // of its thread, where that is asked for
	ridden        int64         // of that time, by env.clock, on a histogram that rides

	scratch unsafe.Pointer // private memory of the program that runs
	conv    asm.ConvArgs
	winoIn  asm.WinoInArgs
	winoOut asm.WinoOutArgs
	elt     asm.EltArgs
	maxPool asm.PoolArgs
	grad    asm.GradWeightArgs
	pair    asm.PairArgs
	norm    asm.NormGradArgs
	sgd     asm.SGDArgs
	maxGrad asm.PoolGradArgs
	lanes   [asm.Block]float32 // of one block, for arguments that kernels read or write
	stage   stage
	wide    wideWork
	wideDW  wideGrad
	matrix  matrixWorker
	_       [2 * lineBytes]byte
}

const (
	pieceBits = 20
	pieceMask = 1<<pieceBits - 1
	maxPieces = pieceMask
	epochMask = 1<<(64-2*pieceBits) - 1
)

// deal gives the worker pieces [lo, hi) of a phase.
func (w *worker) deal(epoch uint64, lo, hi int) {
	w.share.Store(epoch&epochMask<<(2*pieceBits) | uint64(lo)<<pieceBits | uint64(hi))
}

// left is the range that remains of the phase of that epoch.
func (w *worker) left(epoch uint64) (share uint64, lo, hi int) {
	share = w.share.Load()
	if share>>(2*pieceBits) != epoch&epochMask {
		return share, 0, 0
	}
	return share, int(share >> pieceBits & pieceMask), int(share & pieceMask)
}

// take takes the worker's next piece, from the front. next is the piece that it
// will take after this one, unless another worker steals it, or −1.
func (w *worker) take(epoch uint64) (piece, next int, ok bool) {
	for {
		share, lo, hi := w.left(epoch)
		if lo >= hi {
			return 0, -1, false
		}
		if w.share.CompareAndSwap(share, share+1<<pieceBits) {
			next = lo + 1
			if next == hi {
				next = -1
			}
			return lo, next, true
		}
	}
}

// yield gives away the worker's last piece, from the end: the one that its owner
// would do last, and whose operands its cache is least likely to hold.
func (w *worker) yield(epoch uint64) (piece int, ok bool) {
	share, lo, hi := w.left(epoch)
	if lo >= hi || !w.share.CompareAndSwap(share, share-1) {
		return 0, false
	}
	return hi - 1, true
}

// label gives the worker's goroutine the labels of ctx, none if that is nil.
func (w *worker) label(ctx context.Context) {
	if ctx == w.labels {
		return
	}
	w.labels = ctx
	if ctx == nil {
		ctx = context.Background()
	}
	pprof.SetGoroutineLabels(ctx)
}

// sleeper waits for a condition: it spins first, since most conditions come true
// within microseconds, then parks, so that other threads can use the core.
type sleeper struct {
	parked atomic.Bool
	wake   chan struct{}
}

// await returns when ready does.
func (s *sleeper) await(ready func() bool) {
	start := time.Now()
	for i := 1; !ready(); i++ {
		if i%512 == 0 && time.Since(start) > spinTime {
			s.park(ready)
			start = time.Now()
		}
	}
}

// park sleeps until rouse, unless ready becomes true before.
func (s *sleeper) park(ready func() bool) {
	s.parked.Store(true)
	if ready() && s.parked.CompareAndSwap(true, false) {
		return
	}
	<-s.wake
}

// rouse wakes a parked sleeper; it must be called after its condition came
// true.
func (s *sleeper) rouse() {
	if s.parked.Load() && s.parked.CompareAndSwap(true, false) {
		s.wake <- struct{}{}
	}
}
