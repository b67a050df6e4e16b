package cpu

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"resnet-tui/tensor"
)

// program is a schedule bound to a state and an arena.
type program struct {
	*schedule
	dev      *device
	state    *state
	arena    *region
	scratch  *region
	version  uint64 // of the state, when its packed copies were looked at
	progress atomic.Int64
	spans    spans
}

// bind takes the arena and gives every view and launch its memory.
func (p *program) bind() (err error) {
	if p.arena, err = newRegion(p.memory.ArenaBytes); err != nil {
		return err
	}
	if p.scratch, err = newRegion(p.memory.ScratchBytes); err != nil {
		return err
	}
	base := unsafe.Pointer(unsafe.SliceData(p.arena.data)) // outside the Go heap: it never moves
	for id, v := range p.views {
		if v != nil {
			v.base = unsafe.Add(base, p.offsets[id])
		}
	}
	p.env.shared = unsafe.Pointer(unsafe.SliceData(p.scratch.data))
	for _, ln := range p.launches {
		if ln.bind == nil {
			continue
		}
		if err := ln.bind(p.state); err != nil {
			return err
		}
	}
	return nil
}

// Kernels says what runs, in execution order.
func (p *program) Kernels() []tensor.KernelInfo { return p.kernels() }

// kernels describes the launches.
func (sc *schedule) kernels() []tensor.KernelInfo {
	list := make([]tensor.KernelInfo, len(sc.launches))
	for i, ln := range sc.launches {
		list[i] = tensor.KernelInfo{
			Op: ln.fusion.Head, Absorbed: ln.fusion.Absorbed,
			Name: ln.name, FLOPs: ln.flops, Bytes: sc.traffic(ln),
		}
	}
	return list
}

// traffic is the bytes that a launch reads and writes at least: its operands and
// results once, without halos and padding lanes, and its packed weights.
func (sc *schedule) traffic(ln *launch) int64 {
	var bytes int64
	for _, id := range append(sc.results(ln.fusion), sc.operands(ln.fusion)...) {
		v := sc.views[id]
		bytes += elems(&v.layout) * int64(v.elem)
	}
	if ln.weight != nil {
		bytes += ln.weight.bytes()
	}
	if op := sc.head(ln); op.Kind == tensor.SGD { // reads and writes its parameters
		for _, p := range sc.params(op) {
			bytes += 2 * p.Bytes()
		}
	} else if op.Kind == tensor.Histogram { // reads it
		for _, p := range sc.params(op) {
			bytes += p.Bytes()
		}
	}
	return bytes
}

// Memory says what the program holds.
func (p *program) Memory() tensor.MemoryPlan { return p.memory }

// Progress is the operation that runs now, or −1.
func (p *program) Progress() int { return int(p.progress.Load()) }

// Write sets an Input buffer.
func (p *program) Write(id tensor.BufferID, t *tensor.Tensor) error {
	if err := p.check(id, t, tensor.Input); err != nil {
		return err
	}
	if v := p.views[id]; v != nil { // nil: nobody reads it
		v.load(t)
	}
	return nil
}

// Read gets an Output or Kept buffer.
func (p *program) Read(id tensor.BufferID, t *tensor.Tensor) error {
	if err := p.check(id, t, tensor.Output, tensor.Kept); err != nil {
		return err
	}
	p.views[id].store(t)
	return nil
}

// check reports a buffer of another class, or a tensor of another shape.
func (p *program) check(id tensor.BufferID, t *tensor.Tensor, classes ...tensor.Class) error {
	if p.arena == nil {
		return errors.New("the program is closed")
	}
	if id < 0 || int(id) >= len(p.plan.Buffers) {
		return fmt.Errorf("the plan has no buffer %d", id)
	}
	b := &p.plan.Buffers[id]
	if !b.Shape.Equal(t.Shape) || len(t.Data) != b.Shape.Elems() {
		return fmt.Errorf("buffer %s is %v, not %v of %d values", b.Name, b.Shape, t.Shape, len(t.Data))
	}
	for _, c := range classes {
		if b.Class == c {
			return nil
		}
	}
	return fmt.Errorf("buffer %s can't be accessed: it is of another class", b.Name)
}

// Run runs the plan, or a part of it. It returns ctx's error if that is cancelled
// between two launches, and a *tensor.TargetError for a target that is no class; the
// buffers hold what was computed until then.
func (p *program) Run(ctx context.Context, o tensor.RunOptions) error {
	launches, err := p.part(o)
	if err != nil {
		return err
	}
	if p.version != p.state.version { // somebody wrote parameters, or another program trained them
		if err := p.state.refresh(p.weights, p.threads, nil); err != nil {
			return err
		}
		p.version = p.state.version
	}
	p.env.scalars = o.Scalars
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	if p.dev.pool == nil {
		return errDeviceClosed
	}
	p.dev.pool.do(p.threads, func(*worker) { err = p.run(ctx, p.dev.pool, launches, o) })
	return err
}

// part is the launches that a run asks for.
func (p *program) part(o tensor.RunOptions) ([]*launch, error) {
	switch {
	case p.arena == nil || p.state.closed:
		return nil, errors.New("the program is closed")
	case len(o.Scalars) != len(p.plan.Scalars):
		want := p.plan.Scalars
		return nil, fmt.Errorf("the plan takes %d scalars %v, not %d", len(want), want, len(o.Scalars))
	case o.To == 0 && o.From == 0:
		return p.launches, nil
	case len(p.launches) != len(p.plan.Ops):
		return nil, errors.New("a part of a fused program can't be run: compile it without fusion")
	}
	if o.To == 0 {
		o.To = len(p.launches)
	}
	if o.From < 0 || o.From > o.To || o.To > len(p.launches) {
		return nil, fmt.Errorf("operations %d to %d are not among the plan's %d", o.From, o.To, len(p.launches))
	}
	return p.launches[o.From:o.To], nil
}

// run runs launches on the pool's leader. Between them it checks whether the
// context was cancelled.
func (p *program) run(ctx context.Context, pool *pool, launches []*launch, o tensor.RunOptions) error {
	p.lendScratch(pool)
	defer p.progress.Store(-1)
	var began time.Duration
	if o.Observe != nil {
		began = monotonic()
	}
	pool.watch(began, o)
	p.env.clock = p.clock(pool, o.Observe != nil)
	if !pool.watched() {
		p.spans.begin(began, o.Observe)
		defer p.spans.report()
	}
	for _, ln := range launches {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.progress.Store(int64(ln.fusion.Head))
		pool.labels = nil
		if o.Label != nil {
			pool.labels = o.Label(ln.fusion.Head)
		}
		if ln.check != nil {
			if err := ln.check(); err != nil {
				op := p.head(ln)
				return fmt.Errorf("%v %s: %w", op.Kind, op.Path, err)
			}
		}
		p.launch(pool, ln, o)
		for _, name := range ln.trained {
			p.state.touch(p.state.params[name])
		}
		for _, w := range ln.repacked {
			p.state.packed[w.key].note(p.state)
		}
	}
	return nil
}

// launch runs a launch's phases and reports its spans.
func (p *program) launch(pool *pool, ln *launch, o tensor.RunOptions) {
	watched := pool.watched()
	var slow burden
	slow.begin()
	if ln.histogram != nil {
		p.resume(ln, o, watched)
	}
	for i := range ln.phases {
		ph := &ln.phases[i]
		epoch := pool.run(ph)
		if ph.rider != nil {
			p.alight(pool, ph, epoch)
		}
		if watched {
			pool.spans(epoch, ln.fusion.Head, o.Observe)
		}
	}
	slow.end(p.schedule, ln)
	if !watched {
		p.spans.end(ln.fusion.Head)
	}
}

// lendScratch gives each worker its private memory. The pool is the device's, and
// its workers serve one program after another.
func (p *program) lendScratch(pool *pool) {
	base := unsafe.Add(p.env.shared, p.shared)
	for i := range p.threads {
		pool.workers[i].scratch = unsafe.Add(base, i*p.private)
	}
}

// Close frees the arena. Packed weights stay with the state.
func (p *program) Close() error {
	if p.arena == nil {
		return nil
	}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	p.arena.free()
	p.scratch.free()
	p.arena = nil
	if !p.state.closed {
		p.state.release(p.weights)
	}
	return nil
}
