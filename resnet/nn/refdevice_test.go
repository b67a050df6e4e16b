package nn_test

import (
	"context"
	"errors"
	"sync"

	"resnet-tui/tensor"
)

// refDevice runs plans by the plain reference: slow, right, and with as little
// memory as a test wants.
type refDevice struct {
	limit    int64 // bytes that programs may hold together, 0 for no limit
	held     int64
	compiled int
}

func (d *refDevice) Info() tensor.Info { return tensor.Info{ID: "ref", Name: "reference"} }
func (d *refDevice) Close() error      { return nil }

func (d *refDevice) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	return &refState{source: source, written: map[string]*tensor.Tensor{}}, nil
}

// Estimate counts every buffer.
func (d *refDevice) Estimate(p *tensor.Plan, o tensor.Options) (e tensor.Estimate, err error) {
	for _, b := range p.Buffers {
		e.Memory.ArenaBytes += b.Bytes()
	}
	for _, g := range p.Groups(o.Fuse) {
		e.Kernels = append(e.Kernels, tensor.KernelInfo{Op: g.Head, Absorbed: g.Absorbed, Name: "reference"})
	}
	return e, nil
}

func (d *refDevice) Ceilings(context.Context, int) (tensor.Ceilings, error) {
	return tensor.Ceilings{FLOPS: 1e9, BytesPerSecond: 1e9}, nil
}

var errNoRoom = errors.New("it does not fit")

func (d *refDevice) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	e, _ := d.Estimate(p, o)
	m := e.Memory
	if d.limit > 0 && d.held+m.Total() > d.limit {
		return nil, errNoRoom
	}
	r, err := tensor.NewReference[float32](p, s.(*refState))
	if err != nil {
		return nil, err
	}
	d.compiled++
	d.held += m.Total()
	if o.Progress != nil {
		o.Progress(1, 1)
	}
	return &refProgram{Reference: r, plan: p, device: d, memory: m, state: s.(*refState), kernels: e.Kernels}, nil
}

type refState struct {
	mu      sync.Mutex
	source  tensor.Source
	written map[string]*tensor.Tensor
	closed  int
}

func (s *refState) Load(p tensor.Param, t *tensor.Tensor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.written[p.Name]; w != nil {
		copy(t.Data, w.Data)
		return nil
	}
	return s.source.Load(p, t)
}

func (s *refState) Write(name string, t *tensor.Tensor) error {
	s.written[name] = t
	return nil
}

func (s *refState) Read(name string, t *tensor.Tensor) error {
	return s.Load(tensor.Param{Name: name, Shape: t.Shape}, t)
}
func (s *refState) Version() uint64 { return uint64(len(s.written)) }
func (s *refState) Close() error    { s.closed++; return nil }

type refProgram struct {
	*tensor.Reference[float32]
	plan    *tensor.Plan
	device  *refDevice
	memory  tensor.MemoryPlan
	state   *refState
	kernels []tensor.KernelInfo
	scalars []float32
	closed  bool
}

func (p *refProgram) Kernels() []tensor.KernelInfo { return p.kernels }
func (p *refProgram) Memory() tensor.MemoryPlan    { return p.memory }
func (p *refProgram) Progress() int                { return len(p.plan.Ops) - 1 }

func (p *refProgram) Write(id tensor.BufferID, t *tensor.Tensor) error { return p.Set(id, t.Data) }

func (p *refProgram) Read(id tensor.BufferID, t *tensor.Tensor) error {
	copy(t.Data, p.Buffer(id))
	return nil
}

func (p *refProgram) Close() error {
	if p.closed {
		return errors.New("closed twice")
	}
	p.closed = true
	p.device.held -= p.memory.Total()
	return nil
}

// Run computes everything at the first operation, and reports what was asked.
func (p *refProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	if p.closed {
		return errors.New("closed")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.To == 0 {
		o.To = len(p.plan.Ops)
	}
	if o.From == 0 {
		p.scalars = o.Scalars
		if err := p.Reference.Run(o.Scalars); err != nil {
			return err
		}
	}
	for _, k := range p.kernels {
		if k.Op >= o.From && k.Op < o.To && o.Observe != nil {
			o.Observe(tensor.Span{Op: k.Op, End: 1})
		}
	}
	p.keepStatistics()
	return nil
}

// keepStatistics writes what a pass has changed: running statistics and, with
// an update, parameters and slots.
func (p *refProgram) keepStatistics() {
	for _, op := range p.plan.Ops {
		ids := op.Params
		switch {
		case op.Kind == tensor.BatchNorm2d && op.Train:
			ids = ids[2:]
		case op.Kind != tensor.SGD:
			continue
		}
		for _, id := range ids {
			param := p.plan.Params[id]
			p.state.written[param.Name] = &tensor.Tensor{Shape: param.Shape, Data: p.Param(param.Name)}
		}
	}
}
