package cpu

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"resnet-tui/tensor"
)

// phase is work in independent pieces. run does one of them; next is the piece
// that the worker will probably do after it, or −1: its operands can be prefetched.
type phase struct {
	pieces int
	run    func(w *worker, piece, next int)
	over   *view      // that it reads or writes in its pieces as newGrid cuts them, or nil
	rider  *histogram // of that view, counted piece by piece; or nil
}

// pool runs phases on its caller's thread and on others of its own. A worker's
// pieces are one contiguous range unless others had to help: neighbouring
// pieces share operands. The first worker, the caller, leads: it publishes
// phases, takes part, and goes on when the last piece is done, whether or not
// every worker woke in time.
type pool struct {
	workers []*worker

	// The leader stores the phase and deals its pieces before it raises the epoch,
	// which is what followers wait for.
	phase  atomic.Pointer[phase]
	_      [lineBytes]byte
	epoch  atomic.Uint64 // number of the phase
	_      [lineBytes]byte
	undone atomic.Int64 // pieces of the phase
	_      [lineBytes]byte
	active atomic.Int32 // workers that take part in the program that runs
	closed atomic.Bool

	clock  time.Duration   // start of the run if its workers are watched, else 0
	cpu    bool            // and their threads' own clocks are read
	labels context.Context // of the launch that runs; nil: none
}

// newPool starts a pool of n workers. GOMAXPROCS is raised to leave room for other
// goroutines, as kernels can't be preempted.
func newPool(n int) *pool {
	p := &pool{}
	if runtime.GOMAXPROCS(0) < n+2 {
		runtime.GOMAXPROCS(n + 2)
	}
	for i := range n {
		w := &worker{id: i}
		w.wake = make(chan struct{}, 1)
		p.workers = append(p.workers, w)
	}
	for _, w := range p.workers[1:] {
		go p.follow(w)
	}
	return p
}

// stop ends the workers. No phase may be running.
func (p *pool) stop() {
	p.closed.Store(true)
	p.epoch.Add(1)
	for _, w := range p.workers[1:] {
		w.rouse()
	}
}

// do runs f as the leader, with active workers at its disposal. It stays on the
// caller's thread: handing over to another costs some fifty microseconds, a tenth
// of a small net's pass. Calls must not overlap.
func (p *pool) do(active int, f func(w *worker)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w := p.workers[0]
	w.thread = threadID()
	p.active.Store(int32(min(active, len(p.workers))))
	f(w)
	p.labels = nil
	w.label(p.labels) // the caller's goroutine no longer belongs to a launch
}

// follow takes part in phase after phase.
func (p *pool) follow(w *worker) {
	runtime.LockOSThread()
	w.thread = threadID()
	var epoch uint64
	ready := func() bool { return p.epoch.Load() != epoch }
	for {
		w.await(ready)
		epoch = p.epoch.Load()
		if p.closed.Load() {
			return
		}
		p.work(w, p.phase.Load(), epoch)
	}
}

// run does all pieces of a phase and returns its epoch. Only the leader calls
// it.
func (p *pool) run(ph *phase) uint64 {
	active := max(1, min(int(p.active.Load()), ph.pieces))
	epoch := p.epoch.Load() + 1
	p.phase.Store(ph)
	p.undone.Store(int64(ph.pieces))
	p.deal(epoch, active, ph.pieces)
	p.epoch.Store(epoch)
	for _, w := range p.workers[1:active] {
		w.rouse()
	}
	leader := p.workers[0]
	p.work(leader, ph, epoch)
	if p.undone.Load() != 0 {
		leader.await(func() bool { return p.undone.Load() == 0 })
	}
	if epoch%probeEvery == 0 { // seldom: it costs system calls
		p.separate(epoch)
	}
	return epoch
}

// deal gives each active worker its range of the pieces, and the others none.
func (p *pool) deal(epoch uint64, active, pieces int) {
	for i, w := range p.workers {
		lo, hi := 0, 0
		if i < active {
			lo, hi = i*pieces/active, (i+1)*pieces/active
		}
		w.deal(epoch, lo, hi)
	}
}

// work does the worker's own pieces, then what others have left. A worker that
// wakes late, in an epoch that has passed, finds none: the shares say whose
// they are.
func (p *pool) work(w *worker, ph *phase, epoch uint64) {
	if w.id >= int(p.active.Load()) {
		return // it has no scratch memory
	}
	for done := 0; ; done++ {
		piece, next, ok := w.take(epoch)
		if !ok {
			if piece, ok = p.steal(epoch); !ok {
				p.finish(w, done)
				return
			}
			next = -1
		}
		if done == 0 {
			p.begin(w, epoch)
		}
		ph.run(w, piece, next)
	}
}

// steal takes a piece from the end of the longest share.
func (p *pool) steal(epoch uint64) (piece int, ok bool) {
	for {
		var victim *worker
		most := 0
		for _, w := range p.workers {
			if _, lo, hi := w.left(epoch); hi-lo > most {
				victim, most = w, hi-lo
			}
		}
		if victim == nil {
			return 0, false
		}
		if piece, ok = victim.yield(epoch); ok {
			return piece, true
		}
	}
}

// begin notes that a worker has pieces of the phase of that epoch, and the time
// if the run is observed.
func (p *pool) begin(w *worker, epoch uint64) {
	w.epoch = epoch
	w.label(p.labels)
	if epoch%probeEvery == 0 {
		w.processor = currentProcessor()
	}
	if !p.watched() {
		return
	}
	w.start = monotonic() - p.clock
	if p.cpu {
		w.cpuStart = threadTime()
	}
}

// finish counts a worker's pieces as done, all at once, when it has found no
// more: the clock is read twice per phase, not for every piece, which cost 1 % of
// a small net's pass.
func (p *pool) finish(w *worker, done int) {
	if done == 0 {
		return
	}
	if p.watched() {
		w.end = monotonic() - p.clock
		if p.cpu {
			w.cpu = threadTime() - w.cpuStart
		}
	}
	if p.undone.Add(-int64(done)) == 0 && w.id != 0 {
		p.workers[0].rouse()
	}
}

// watch sets whether workers keep their times in the run that began then.
func (p *pool) watch(began time.Duration, o tensor.RunOptions) {
	p.clock, p.cpu = 0, o.CPU
	if o.Workers || o.CPU {
		p.clock = began // zero if the run is not observed
	}
}

func (p *pool) watched() bool { return p.clock != 0 }

// spans reports what each worker did in the phase of that epoch.
func (p *pool) spans(epoch uint64, op int, observe func(tensor.Span)) {
	for _, w := range p.workers {
		if w.epoch == epoch {
			observe(tensor.Span{Op: op, Worker: w.id, Start: w.start, End: w.end, CPU: w.cpu})
		}
	}
}

// separate moves apart two workers that did the phase of that epoch on one
// processor: schedulers may leave them there for a long time.
func (p *pool) separate(epoch uint64) {
	used := make(map[int32]bool, len(p.workers))
	for _, w := range p.workers[:p.active.Load()] {
		if w.epoch != epoch || w.processor < 0 {
			continue
		}
		if used[w.processor] {
			w.processor = moveThread(w.thread, used)
		}
		used[w.processor] = true
	}
}
