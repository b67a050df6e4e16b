package tensortest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"resnet-tui/tensor"
)

// Fake is a device that computes nothing: kernels, times, values and errors are
// what a test scripts. Its zero value works: kernels take no time and all
// values are zero. Fields must not change while a program runs.
type Fake struct {
	About  tensor.Info                            // what Info returns
	Peak   tensor.Ceilings                        // what Ceilings returns
	Memory func(p *tensor.Plan) tensor.MemoryPlan // of a program; nil for what Reference takes
	// Kernels are those of a plan; nil for Reference's.
	Kernels func(p *tensor.Plan, fuse bool) []tensor.KernelInfo
	// Spans are the heads that are reported to an observer when a kernel has run;
	// nil for the kernel's own, as the contract requires. Others test what a
	// caller does with a device that breaks the contract.
	Spans func(k tensor.KernelInfo) []int
	// Kernel names a kernel and gives its costs; nil leaves them empty. Op and
	// Absorbed stay as they are.
	Kernel func(p *tensor.Plan, k tensor.KernelInfo) tensor.KernelInfo
	// Time is what a kernel is said to take in a program's pass 1, 2, 3, …;
	// nil for none.
	Time  func(p *tensor.Plan, k tensor.KernelInfo, pass int) time.Duration
	Value func(id tensor.BufferID, i int) float32 // element i of what is read; nil for 0

	Delay        time.Duration // slept in each kernel, whatever Time says
	CompileGate  chan struct{} // if not nil, Compile waits until it can receive
	CompileError error
	RunError     error
	RunPanic     any // if not nil, Run panics with it

	ran atomic.Int64
}

// Ran is how many kernels have run. It is safe from any goroutine.
func (f *Fake) Ran() int64 { return f.ran.Load() }

// Info is About.
func (f *Fake) Info() tensor.Info { return f.About }

// Close does nothing.
func (f *Fake) Close() error { return nil }

// NewState makes a state that holds nothing.
func (f *Fake) NewState([]tensor.Param, tensor.Source) (tensor.State, error) { return fakeState{}, nil }

type fakeState struct{}

func (fakeState) Write(string, *tensor.Tensor) error { return nil }
func (fakeState) Read(string, *tensor.Tensor) error  { return nil }
func (fakeState) Version() uint64                    { return 0 }
func (fakeState) Close() error                       { return nil }

// Fusions are those of the kernels that Program makes.
func (f *Fake) Fusions(p *tensor.Plan, o tensor.Options) ([]tensor.KernelInfo, error) {
	return bare(f.kernels(p, o.Fuse)), nil
}

// Estimate is what Program makes, or fails with a CompileError that is the plan's fault.
func (f *Fake) Estimate(p *tensor.Plan, o tensor.Options) (tensor.Estimate, error) {
	var large *tensor.TooLargeError
	if errors.As(f.CompileError, &large) {
		return tensor.Estimate{}, f.CompileError
	}
	return tensor.Estimate{Kernels: f.kernels(p, o.Fuse), Memory: f.memory(p)}, nil
}

// Ceilings are Peak.
func (f *Fake) Ceilings(ctx context.Context, _ int) (tensor.Ceilings, error) {
	return f.Peak, ctx.Err()
}

func (f *Fake) memory(p *tensor.Plan) tensor.MemoryPlan {
	if f.Memory == nil {
		return keepAll(p)
	}
	return f.Memory(p)
}

// Compile reports progress 1 and 3 of 3, before and after it waits for
// CompileGate, and fails with CompileError.
func (f *Fake) Compile(p *tensor.Plan, _ tensor.State, o tensor.Options) (tensor.Program, error) {
	progress := func(done int64) {
		if o.Progress != nil {
			o.Progress(done, 3)
		}
	}
	progress(1)
	if f.CompileGate != nil {
		<-f.CompileGate
	}
	if f.CompileError != nil {
		return nil, f.CompileError
	}
	progress(3)
	return f.Program(p, o.Fuse), nil
}

// Program is a program without a state, as Compile returns it.
func (f *Fake) Program(p *tensor.Plan, fuse bool) tensor.Program {
	r := &fakeProgram{device: f, plan: p, kernels: f.kernels(p, fuse)}
	r.progress.Store(-1)
	return r
}

// kernels are those of a program, as scripted.
func (f *Fake) kernels(p *tensor.Plan, fuse bool) []tensor.KernelInfo {
	var list []tensor.KernelInfo
	if f.Kernels != nil {
		list = f.Kernels(p, fuse)
	} else {
		list = kernels(p, fuse)
	}
	if f.Kernel == nil {
		return list
	}
	for i, k := range list {
		list[i] = f.Kernel(p, k)
		list[i].Op, list[i].Absorbed = k.Op, k.Absorbed
	}
	return list
}

type fakeProgram struct {
	device   *Fake
	plan     *tensor.Plan
	kernels  []tensor.KernelInfo
	progress atomic.Int64
	mu       sync.Mutex
	passes   int
}

func (p *fakeProgram) Kernels() []tensor.KernelInfo                { return p.kernels }
func (p *fakeProgram) Memory() tensor.MemoryPlan                   { return p.device.memory(p.plan) }
func (p *fakeProgram) Write(tensor.BufferID, *tensor.Tensor) error { return nil }
func (p *fakeProgram) Progress() int                               { return int(p.progress.Load()) }
func (p *fakeProgram) Close() error                                { return nil }

func (p *fakeProgram) Read(id tensor.BufferID, t *tensor.Tensor) error {
	for i := range t.Data {
		if t.Data[i] = 0; p.device.Value != nil {
			t.Data[i] = p.device.Value(id, i)
		}
	}
	return nil
}

// Run reports each kernel's scripted time, one after the other.
func (p *fakeProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	if p.device.RunPanic != nil {
		panic(p.device.RunPanic)
	}
	if p.device.RunError != nil {
		return p.device.RunError
	}
	p.mu.Lock()
	p.passes++
	pass := p.passes
	p.mu.Unlock()
	defer p.progress.Store(-1)
	at := time.Duration(0)
	for _, k := range p.kernels {
		if k.Op < o.From || o.To > 0 && k.Op >= o.To {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		at = p.step(k, pass, at, o.Observe)
	}
	return nil
}

// step "runs" a kernel that begins at a time, and returns when it ends.
func (p *fakeProgram) step(
	k tensor.KernelInfo, pass int, begin time.Duration, observe func(tensor.Span),
) time.Duration {
	p.progress.Store(int64(k.Op))
	p.device.ran.Add(1)
	time.Sleep(p.device.Delay)
	end := begin
	if p.device.Time != nil {
		end += p.device.Time(p.plan, k, pass)
	}
	if observe == nil {
		return end
	}
	heads := []int{k.Op}
	if p.device.Spans != nil {
		heads = p.device.Spans(k)
	}
	for _, op := range heads {
		observe(tensor.Span{Op: op, Start: begin, End: end})
	}
	return end
}
