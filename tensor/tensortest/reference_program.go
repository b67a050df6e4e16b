package tensortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"resnet-tui/tensor"
)

// referenceProgram runs a plan operation by operation, in the order of its
// kernels.
type referenceProgram struct {
	device   *ReferenceDevice
	state    *referenceState
	plan     *tensor.Plan
	memory   tensor.MemoryPlan
	kernels  []tensor.KernelInfo
	run      *tensor.Reference[float32]
	version  uint64 // of the state that the parameters are from
	progress atomic.Int64
	closed   bool
}

func (p *referenceProgram) Kernels() []tensor.KernelInfo { return slices.Clone(p.kernels) }
func (p *referenceProgram) Memory() tensor.MemoryPlan    { return p.memory }
func (p *referenceProgram) Progress() int                { return int(p.progress.Load()) }

func (p *referenceProgram) Write(id tensor.BufferID, t *tensor.Tensor) error {
	if err := errors.Join(p.alive(), checkAccess(p.plan, id, t, tensor.Input)); err != nil {
		return err
	}
	return p.run.Set(id, t.Data)
}

func (p *referenceProgram) Read(id tensor.BufferID, t *tensor.Tensor) error {
	if err := errors.Join(p.alive(), checkAccess(p.plan, id, t, tensor.Output, tensor.Kept)); err != nil {
		return err
	}
	copy(t.Data, p.run.Buffer(id))
	return nil
}

// checkAccess reports a buffer that isn't there or of another class, or a
// tensor of another shape.
func checkAccess(p *tensor.Plan, id tensor.BufferID, t *tensor.Tensor, classes ...tensor.Class) error {
	if id < 0 || int(id) >= len(p.Buffers) {
		return fmt.Errorf("the plan has no buffer %d", id)
	}
	b := p.Buffers[id]
	if !b.Shape.Equal(t.Shape) {
		return fmt.Errorf("buffer %s is %v, not %v", b.Name, b.Shape, t.Shape)
	}
	if !slices.Contains(classes, b.Class) {
		return fmt.Errorf("buffer %s can't be accessed: it is of another class", b.Name)
	}
	return checkLength(t)
}

var errProgramClosed = errors.New("the program is closed")

func (p *referenceProgram) alive() error {
	if p.closed || p.state.isClosed() {
		return errProgramClosed
	}
	return p.device.alive()
}

// Run runs the plan, or a part of it. It looks at ctx before each kernel.
func (p *referenceProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	todo, err := selected(p.plan, p.kernels, o)
	if err := errors.Join(err, p.alive(), p.refresh()); err != nil {
		return err
	}
	defer p.progress.Store(-1)
	began := time.Now()
	for _, k := range todo {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.progress.Store(int64(k.Op))
		if o.Label != nil {
			o.Label(k.Op)
		}
		start := time.Since(began)
		if err := p.compute(k, o.Scalars); err != nil {
			return err
		}
		if o.Observe != nil {
			o.Observe(tensor.Span{Op: k.Op, Start: start, End: time.Since(began)})
		}
	}
	return nil
}

// selected is the kernels that a run asks for.
func selected(p *tensor.Plan, all []tensor.KernelInfo, o tensor.RunOptions) ([]tensor.KernelInfo, error) {
	switch {
	case len(o.Scalars) != len(p.Scalars):
		return nil, fmt.Errorf("the plan takes %d scalars %v, not %d", len(p.Scalars), p.Scalars, len(o.Scalars))
	case o.From == 0 && o.To == 0:
		return all, nil
	case len(all) != len(p.Ops):
		return nil, errors.New("a part of a fused program can't be run: compile it without fusion")
	case o.To == 0:
		o.To = len(all)
	}
	if o.From < 0 || o.From > o.To || o.To > len(all) {
		return nil, fmt.Errorf("operations %d to %d are not among the plan's %d", o.From, o.To, len(all))
	}
	return all[o.From:o.To], nil
}

// refresh reads the parameters again if somebody changed them.
func (p *referenceProgram) refresh() error {
	now := p.state.Version()
	if p.version == now {
		return nil
	}
	for _, param := range p.plan.Params {
		x := &tensor.Tensor{Shape: param.Shape, Data: p.run.Param(param.Name)}
		if err := p.state.Read(param.Name, x); err != nil {
			return err
		}
	}
	p.version = now
	return nil
}

// compute runs a kernel's operations, and gives the state what they changed.
func (p *referenceProgram) compute(k tensor.KernelInfo, scalars []float32) error {
	for _, i := range append([]int{k.Op}, k.Absorbed...) {
		if err := p.run.RunPart(i, i+1, scalars); err != nil {
			return err
		}
		if ids := changed(&p.plan.Ops[i]); len(ids) > 0 {
			p.version = p.state.keep(p.plan, p.run, ids)
		}
	}
	return nil
}

// changed are the parameters that an operation changes.
func changed(op *tensor.Op) []tensor.ParamID {
	switch {
	case op.Kind == tensor.BatchNorm2d && op.Train:
		return op.Params[2:] // running statistics
	case op.Kind == tensor.SGD:
		return op.Params
	}
	return nil
}

// Close frees the program. To close it again does nothing but count.
func (p *referenceProgram) Close() error {
	twice := p.closed
	p.closed = true
	p.device.note(func(u *Usage) {
		if twice {
			u.ClosedTwice++
			return
		}
		u.Programs--
		u.Bytes -= p.memory.Total()
	})
	return nil
}
