package tensortest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"resnet-tui/tensor"
)

// ReferenceDevice is the plain reference of package tensor as a device: slow,
// right, and with as little memory as a test wants.
type ReferenceDevice struct {
	// Limit is how many bytes programs may hold together, 0 for no limit.
	Limit int64

	mu     sync.Mutex
	usage  Usage
	closed bool
}

// Usage is what became of a device so far.
type Usage struct {
	Compiled    int   // programs that were ever compiled
	Programs    int   // programs that are open
	States      int   // states that are open
	Bytes       int64 // held by the open programs
	ClosedTwice int   // calls of Close on what was closed already
}

// Reference returns the oracle as a device. It computes in float32.
func Reference() *ReferenceDevice { return &ReferenceDevice{} }

// Info names the device. Its memory is the limit.
func (d *ReferenceDevice) Info() tensor.Info {
	free := max(0, d.Limit-d.Usage().Bytes)
	return tensor.Info{ID: "reference", Name: "reference", Cores: 1, Memory: d.Limit, Free: free, Kernels: "reference"}
}

// Usage counts what was opened and closed.
func (d *ReferenceDevice) Usage() Usage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.usage
}

// note changes the usage.
func (d *ReferenceDevice) note(change func(u *Usage)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.usage)
}

var errDeviceClosed = errors.New("the device is closed")

func (d *ReferenceDevice) alive() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errDeviceClosed
	}
	return nil
}

// Close ends the device; programs that are left refuse to run.
func (d *ReferenceDevice) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return nil
}

// NewState makes a net's state.
func (d *ReferenceDevice) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	s := &referenceState{device: d, source: source, params: map[string]tensor.Param{}, values: map[string][]float32{}}
	for _, p := range params {
		if err := p.Shape.Check(); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		if _, twice := s.params[p.Name]; twice {
			return nil, fmt.Errorf("duplicate parameter %s", p.Name)
		}
		s.params[p.Name] = p
	}
	d.note(func(u *Usage) { u.States++ })
	return s, nil
}

// Fusions are those of Estimate's kernels.
func (d *ReferenceDevice) Fusions(p *tensor.Plan, o tensor.Options) ([]tensor.KernelInfo, error) {
	if err := checkOptions(p, o); err != nil {
		return nil, err
	}
	return kernels(p, o.Fuse), nil
}

// Estimate counts every buffer: none shares memory. Parameters count as the
// state's.
func (d *ReferenceDevice) Estimate(p *tensor.Plan, o tensor.Options) (tensor.Estimate, error) {
	if err := checkOptions(p, o); err != nil {
		return tensor.Estimate{}, err
	}
	e := tensor.Estimate{Kernels: kernels(p, o.Fuse), Memory: keepAll(p)}
	for i := range e.Kernels {
		e.Kernels[i].Name = "reference"
		e.Kernels[i].Bytes = traffic(p, e.Kernels[i])
	}
	return e, nil
}

// Ceilings are made up: nobody should run a net on the reference for its speed.
func (d *ReferenceDevice) Ceilings(ctx context.Context, _ int) (tensor.Ceilings, error) {
	return tensor.Ceilings{FLOPS: 1e9, BytesPerSecond: 1e9}, ctx.Err()
}

// keepAll is a place of its own for each buffer, all the time.
func keepAll(p *tensor.Plan) (m tensor.MemoryPlan) {
	for id, b := range p.Buffers {
		m.Blocks = append(m.Blocks, tensor.Block{
			Buffer: tensor.BufferID(id), Offset: m.ArenaBytes, Bytes: b.Bytes(), Last: len(p.Ops) - 1,
		})
		m.ArenaBytes += b.Bytes()
	}
	return m
}

// maxThreads bounds Options.Threads, which the reference doesn't use.
const maxThreads = 1024

func checkOptions(p *tensor.Plan, o tensor.Options) error {
	if o.Precision != tensor.FP32 {
		return fmt.Errorf("the reference computes in fp32, not %v", o.Precision)
	}
	if o.Threads < 0 || o.Threads > maxThreads {
		return fmt.Errorf("invalid number of threads %d", o.Threads)
	}
	return p.Validate()
}

// Compile makes a program, or refuses it with a *tensor.MemoryError.
func (d *ReferenceDevice) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	state, ok := s.(*referenceState)
	if !ok || state.device != d {
		return nil, errors.New("the state belongs to another device")
	}
	e, err := d.Estimate(p, o)
	if err := errors.Join(err, d.alive()); err != nil {
		return nil, err
	}
	m := e.Memory
	if have := d.Limit - d.Usage().Bytes; d.Limit > 0 && m.Total() > have {
		return nil, &tensor.MemoryError{Need: m.Total(), Have: have}
	}
	r, err := tensor.NewReference[float32](p, state)
	if err != nil {
		return nil, err
	}
	d.note(func(u *Usage) {
		u.Compiled++
		u.Programs++
		u.Bytes += m.Total()
	})
	if o.Progress != nil {
		o.Progress(1, 1)
	}
	prog := &referenceProgram{
		device: d, state: state, plan: p, memory: m, run: r, version: state.Version(), kernels: e.Kernels,
	}
	prog.progress.Store(-1)
	return prog, nil
}

// traffic is the bytes of a kernel's operands, parameters and results, counting
// what passes between absorbed operations too.
func traffic(p *tensor.Plan, k tensor.KernelInfo) (bytes int64) {
	for _, i := range append([]int{k.Op}, k.Absorbed...) {
		op := p.Ops[i]
		for _, id := range append(append([]tensor.BufferID(nil), op.In...), op.Out...) {
			bytes += p.Buffers[id].Bytes()
		}
		for _, id := range op.Params {
			bytes += p.Params[id].Bytes()
		}
	}
	return bytes
}
