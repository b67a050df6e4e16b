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

// program is a blueprint bound to a state and an arena.
type program struct {
	*blueprint
	dev      *device
	state    *state
	arena    *region
	scratch  *region
	version  uint64 // of the state, when its packed copies were looked at
	progress atomic.Int64
	spans    spans
}

// bind takes the arena and gives every view and step its memory.
func (p *program) bind() (err error) {
	if p.arena, err = newRegion(p.memory.ArenaBytes); err != nil {
		return err
	}
	if p.scratch, err = newRegion(p.memory.ScratchBytes); err != nil {
		return err
	}
	base := unsafe.Pointer(unsafe.SliceData(p.arena.data))
	for id, v := range p.views {
		if v != nil {
			v.base = unsafe.Add(base, p.offsets[id])
		}
	}
	p.env.shared = unsafe.Pointer(unsafe.SliceData(p.scratch.data))
	for _, st := range p.steps {
		if st.bind == nil {
			continue
		}
		if err := st.bind(p.state); err != nil {
			return err
		}
	}
	return nil
}

// Kernels says what runs, in execution order.
func (p *program) Kernels() []tensor.KernelInfo { return p.kernels() }

// kernels describes the steps.
func (bp *blueprint) kernels() []tensor.KernelInfo {
	list := make([]tensor.KernelInfo, len(bp.steps))
	for i, st := range bp.steps {
		list[i] = tensor.KernelInfo{
			Op: st.fusion.head, Absorbed: st.fusion.absorbed,
			Name: st.name, FLOPs: st.flops, Bytes: bp.traffic(st),
		}
	}
	return list
}

// traffic is the bytes that a step reads and writes at least.
func (bp *blueprint) traffic(st *step) int64 {
	var bytes int64
	for _, id := range append(bp.results(st.fusion), bp.operands(st.fusion)...) {
		bytes += bp.plan.Buffers[id].Bytes()
	}
	if st.weight != nil {
		bytes += st.weight.bytes()
	}
	if op := bp.head(st); op.Kind == tensor.SGD { // reads and writes its parameters
		for _, p := range bp.params(op) {
			bytes += 2 * p.Bytes()
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

// Run runs the plan, or a part of it.
func (p *program) Run(ctx context.Context, o tensor.RunOptions) error {
	steps, err := p.part(o)
	if err != nil {
		return err
	}
	if p.version != p.state.version {
		if err := p.state.refresh(p.weights, p.threads, nil); err != nil {
			return err
		}
		p.version = p.state.version
	}
	p.env.scalars = o.Scalars
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	if p.dev.pool == nil {
		return errors.New("the device is closed")
	}
	p.dev.pool.do(p.threads, func(*worker) { err = p.run(ctx, p.dev.pool, steps, o) })
	return err
}

// part is the steps that a run asks for.
func (p *program) part(o tensor.RunOptions) ([]*step, error) {
	switch {
	case p.arena == nil || p.state.closed:
		return nil, errors.New("the program is closed")
	case len(o.Scalars) != len(p.plan.Scalars):
		return nil, fmt.Errorf("the plan takes %d scalars %v, not %d", len(p.plan.Scalars), p.plan.Scalars, len(o.Scalars))
	case o.To == 0 && o.From == 0:
		return p.steps, nil
	case len(p.steps) != len(p.plan.Ops):
		return nil, errors.New("a part of a fused program can't be run: compile it without fusion")
	}
	if o.To == 0 {
		o.To = len(p.steps)
	}
	if o.From < 0 || o.From > o.To || o.To > len(p.steps) {
		return nil, fmt.Errorf("operations %d to %d are not among the plan's %d", o.From, o.To, len(p.steps))
	}
	return p.steps[o.From:o.To], nil
}

// run runs steps on the pool's leader. Between them it looks whether the
// context was cancelled.
func (p *program) run(ctx context.Context, pool *pool, steps []*step, o tensor.RunOptions) error {
	p.lendScratch(pool)
	defer p.progress.Store(-1)
	var began time.Duration
	if o.Observe != nil {
		began = monotonic()
	}
	pool.watch(began, o)
	if !pool.watched() {
		p.spans.begin(began, o.Observe)
		defer p.spans.tell()
	}
	for _, st := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.progress.Store(int64(st.fusion.head))
		pool.labels = nil
		if o.Label != nil {
			pool.labels = o.Label(st.fusion.head)
		}
		if st.check != nil {
			if err := st.check(); err != nil {
				op := p.head(st)
				return fmt.Errorf("%v %s: %w", op.Kind, op.Path, err)
			}
		}
		p.step(pool, st, o)
		for _, name := range st.trained {
			p.state.touch(p.state.params[name])
		}
		for _, w := range st.repacked {
			p.state.packed[w.key].note(p.state)
		}
	}
	return nil
}

// step runs one step's phases and tells its spans.
func (p *program) step(pool *pool, st *step, o tensor.RunOptions) {
	watched := pool.watched()
	for i := range st.phases {
		epoch := pool.run(&st.phases[i])
		if watched {
			pool.spans(epoch, st.fusion.head, o.Observe)
		}
	}
	if !watched {
		p.spans.end(st.fusion.head)
	}
}

// lendScratch gives each worker its private memory.
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
