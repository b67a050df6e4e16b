package tensor

import (
	"context"
	"time"
)

// State holds the parameters of a net. It outlives programs: a change of batch,
// mode or fusion compiles a new Program on the same State.
//
// Not safe for concurrent use: a state and all programs on it belong to one
// goroutine at a time.
type State interface {
	// Write sets a parameter, running statistic or slot by its PyTorch name.
	// Programs on the state use the new value from their next run on. An
	// unknown name or another shape is an error.
	Write(name string, t *Tensor) error
	// Read copies a parameter's current value into t, which has its shape. It
	// fails for an unknown name or another shape, and for a parameter that was
	// never written if the source can't load it.
	Read(name string, t *Tensor) error
	// Version changes whenever a parameter does.
	Version() uint64
	// Close frees the state. Programs on it must be closed before.
	Close() error
}

// Program is a plan compiled for a device.
//
// Not safe for concurrent use, except Progress; see State.
type Program interface {
	// Kernels says what runs, in execution order: each operation of the plan
	// belongs to one kernel, as its head or absorbed by it. It does not change
	// during the program's life.
	Kernels() []KernelInfo
	// Memory says what the program holds.
	Memory() MemoryPlan
	// Write sets an Input buffer. Another class or shape is an error.
	Write(id BufferID, t *Tensor) error
	// Read copies an Output or Kept buffer of the last run into t. Another
	// class or shape is an error.
	Read(id BufferID, t *Tensor) error
	// Run runs the plan, or the part that the options ask for, and waits for
	// it. When the context is cancelled it stops between two kernels and
	// returns the context's error; outputs are then undefined. A loss with an
	// invalid target fails with a *TargetError, wrapped.
	Run(ctx context.Context, o RunOptions) error
	// Progress is the head of the kernel that runs now, −1 when none does. It
	// may be called from any goroutine.
	Progress() int
	// Close frees the program. Its state stays.
	Close() error
}

// RunOptions of one run.
type RunOptions struct {
	// From and To select operations [From, To); a To of 0 means all from From
	// on. Running a part requires a program that was compiled without fusion;
	// buffers keep their values from one part to the next.
	From, To int
	// Observe, if not nil, is called with the spans of every kernel that runs:
	// one call after the other, soon after a kernel has ended or, by a device
	// that learns its times late, after the pass. With nil no clock is read.
	Observe func(Span)
	// Workers asks for a span per worker, and per part if a kernel runs in
	// several; otherwise there is exactly one per kernel, which is cheaper.
	Workers bool
	// CPU asks for the processor time of spans, and implies Workers. Reading a
	// thread's CPU clock is expensive, so these runs are slower.
	CPU bool
	// Label, if not nil, returns a context by the head of a kernel. Workers
	// carry its labels (runtime/pprof) while the kernel runs, for the profiler
	// of the CPU.
	Label   func(head int) context.Context
	Scalars []float32 // in the order of Plan.Scalars
}

// Span is when a kernel ran or, with RunOptions.Workers, when a worker took part
// in it. Times count from the start of the run.
type Span struct {
	Op, Worker int // Op is the kernel's head
	Start, End time.Duration
	CPU        time.Duration // that its thread used, if RunOptions.CPU asked and the system reports it
}

// KernelInfo says what one kernel of a program computes.
type KernelInfo struct {
	Op       int    // the head: the first of its operations, an index into Plan.Ops
	Absorbed []int  // operations that run inside the head's kernel, in order
	Name     string // "avx2 6×16 s1", "winograd F(4,3) avx2"
	FLOPs    int64  // executed for the whole batch, a multiply-add counted as two
	Bytes    int64  // read and written at least: operands, parameters, results
}

// Last is the kernel's last operation: its result is the kernel's.
func (k *KernelInfo) Last() int {
	if n := len(k.Absorbed); n > 0 {
		return k.Absorbed[n-1]
	}
	return k.Op
}

// Estimate is what Device.Compile would make of a plan.
type Estimate struct {
	Kernels []KernelInfo // as Program.Kernels
	Memory  MemoryPlan   // as Program.Memory
}
