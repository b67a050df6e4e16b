package cpu

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/fusion"
)

// Config of a device.
type Config struct {
	// Kernels names a set of kernels: "avx512", "avx2", "neon" or "generic";
	// "" is the best that the processor has.
	Kernels string
}

var errDeviceClosed = errors.New("the device is closed")

// maxThreads bounds Options.Threads: each thread costs memory and wake-ups.
const maxThreads = 1024

// device runs plans on the processor's cores.
type device struct {
	kern *asm.Kernels
	info tensor.Info

	mu     sync.Mutex // of the pool: one program runs at a time
	pool   *pool      // nil until something runs
	closed bool
}

// New opens the CPU. It fails if the processor can't run the kernels of that name.
// Its programs run one at a time: a run waits for the one before it.
func New(c Config) (tensor.Device, error) {
	k := asm.Get(c.Kernels)
	if k == nil {
		has := strings.Join(asm.Names(), ", ")
		return nil, fmt.Errorf("this processor can't run the kernels %q; it has %s", c.Kernels, has)
	}
	return &device{kern: k, info: tensor.Info{
		ID: "cpu", Name: processorName(), Kind: tensor.KindCPU, Cores: usableCores(), Memory: totalMemory(),
		Precisions: []tensor.Precision{tensor.FP32, tensor.BF16},
		Products:   map[tensor.Precision]string{tensor.BF16: products(k)},
		Features:   features(), Kernels: k.Name,
	}}, nil
}

// products says what multiplies bf16.
func products(k *asm.Kernels) string {
	if k.Dot == nil {
		return k.Name + ", widened"
	}
	return k.Dot.Name
}

// Info describes the processor, and the memory as it is now.
func (d *device) Info() tensor.Info {
	info := d.info
	info.Free = availableMemory()
	return info
}

// NewState makes a net's state.
func (d *device) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errDeviceClosed
	}
	return newState(params, source)
}

// threads is what Options.Threads asks for.
func (d *device) threads(o tensor.Options) (int, error) {
	switch {
	case o.Threads < 0 || o.Threads > maxThreads:
		return 0, fmt.Errorf("%d threads: it must be 1 to %d, or 0 for as many as fit", o.Threads, maxThreads)
	case o.Threads == 0:
		return d.info.Cores, nil
	}
	return o.Threads, nil
}

// Fusions are the kernels of the schedule before anything else is decided.
func (d *device) Fusions(p *tensor.Plan, o tensor.Options) ([]tensor.KernelInfo, error) {
	if _, err := d.threads(o); err != nil {
		return nil, err
	}
	if err := check(p, o); err != nil {
		return nil, err
	}
	list := fusion.Split(p, o.Fuse)
	kernels := make([]tensor.KernelInfo, len(list))
	for i := range list {
		kernels[i] = tensor.KernelInfo{Op: list[i].Head, Absorbed: list[i].Absorbed}
	}
	return kernels, nil
}

// Estimate describes the schedule that Compile would bind. It reads no weights and
// takes no memory for the program.
func (d *device) Estimate(p *tensor.Plan, o tensor.Options) (tensor.Estimate, error) {
	n, err := d.threads(o)
	if err != nil {
		return tensor.Estimate{}, err
	}
	sc, err := newSchedule(p, o, n, d.kern)
	if err != nil {
		return tensor.Estimate{}, err
	}
	return tensor.Estimate{Kernels: sc.kernels(), Memory: sc.memory}, nil
}

// Compile makes a program, and packs the weights that the state doesn't have packed
// yet. A plan that does not fit into the memory that is available now is refused
// with a *tensor.MemoryError, before anything is taken.
func (d *device) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	st, ok := s.(*state)
	if !ok || st.closed {
		return nil, errors.New("the state belongs to another device, or is closed")
	}
	n, err := d.threads(o)
	if err != nil {
		return nil, err
	}
	sc, err := newSchedule(p, o, n, d.kern)
	if err != nil {
		return nil, err
	}
	// Packed weights and masters that other programs made already cost nothing.
	need := sc.memory.Total() - sc.memory.WeightBytes + st.missing(sc.weights) + st.unmade(sc.launches)
	if have := availableMemory(); have > 0 && need > have {
		return nil, &tensor.MemoryError{Need: need, Have: have}
	}
	if err := st.acquire(sc.weights, n, o.Progress); err != nil {
		return nil, err
	}
	prog := &program{schedule: sc, dev: d, state: st, version: st.version}
	prog.progress.Store(-1)
	if err := errors.Join(prog.bind(), d.grow(n)); err != nil {
		return nil, errors.Join(err, prog.Close())
	}
	prog.version = st.version
	return prog, nil
}

// grow makes a pool of at least n workers, in the place of a smaller one.
func (d *device) grow(n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errDeviceClosed
	}
	if d.pool != nil && len(d.pool.workers) >= n {
		return nil
	}
	if d.pool != nil {
		d.pool.stop()
	}
	d.pool = newPool(n)
	return nil
}

// Close ends the workers.
func (d *device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pool != nil {
		d.pool.stop()
		d.pool = nil
	}
	d.closed = true
	return nil
}
