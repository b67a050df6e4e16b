package tensor

import (
	"context"
	"time"
)

// Device runs plans on one processor.
type Device interface {
	Info() Info
	// NewState makes the lasting state of a net: masters, running statistics.
	// A parameter that was never written is read from source when a program
	// is compiled, and again when another layout of it is needed; so an
	// inference program need not hold masters beside its packed copies.
	NewState(params []Param, source Source) (State, error)
	// Compile chooses a kernel for each operation, packs weights and places
	// buffers. The plan must not change afterwards.
	Compile(p *Plan, s State, o Options) (Program, error)
	// Estimate is the memory that Compile would take, without taking it.
	Estimate(p *Plan, o Options) (MemoryPlan, error)
	Close() error
}

// Source gives parameters their first values: a checkpoint or an
// initialisation. Load fills t, whose shape is the parameter's; it may be
// called from several goroutines, and must give the same values each time.
type Source interface {
	Load(p Param, t *Tensor) error
}

// Info describes a device.
type Info struct {
	ID       string // "cpu", "cuda:0"
	Name     string // the processor's own name
	Cores    int    // cores or SMs that a program may use
	Memory   int64  // bytes, 0 if unknown
	Free     int64  // bytes that a program could take now, 0 if unknown
	Features []string
	Kernels  string // the family of kernels in use: "avx512", "avx2", "neon", "generic"
}

// Precision is the arithmetic of convolutions.
type Precision uint8

// The precisions. The CPU has FP32.
const (
	FP32 Precision = iota
	TF32
	BF16
)

// String is the precision's name in flags and on the screen.
func (p Precision) String() string { return [...]string{"fp32", "tf32", "bf16"}[p] }

// Options of a compilation.
type Options struct {
	Threads   int  // 0: what the device finds fit
	Fuse      bool // absorb normalisation, addition and ReLU into the kernel before them (see Fuse)
	Exact     bool // no algorithm that changes rounding, such as Winograd
	Precision Precision
	// Progress, if not nil, is called as weights become ready: done of total
	// parameters' elements. It must be quick and may come from any goroutine.
	Progress func(done, total int64)
}

// State outlives programs: a change of batch, mode or fusion compiles a new
// Program on the same State. It is safe for use by one goroutine at a time.
type State interface {
	Write(name string, t *Tensor) error // PyTorch's name
	Read(name string, t *Tensor) error
	Version() uint64 // moves when a master changes
	Close() error
}

// Program is a plan compiled for a device. It is used by one goroutine at a
// time, but for Progress.
type Program interface {
	Kernels() []KernelInfo // one a group, in execution order
	Memory() MemoryPlan
	Write(id BufferID, t *Tensor) error // Input buffers
	Read(id BufferID, t *Tensor) error  // Output and Kept buffers
	Run(ctx context.Context, o RunOptions) error
	Progress() int // the operation that runs now, −1 when none does; safe from any goroutine
	Close() error
}

// RunOptions of one run.
type RunOptions struct {
	From, To int // operations [From, To); To 0 means all. Partial runs need an unfused program.
	// Observe, if not nil, gets the spans of each kernel, one after the other, soon
	// after it has ended or, from a device that learns them late, after the pass.
	// nil is throughput mode: no clock is read.
	Observe func(Span)
	// Workers asks an observed run for a span of every worker, and of each of the
	// parts in which a kernel runs; otherwise there is one for a whole group, which
	// is cheaper to tell.
	Workers bool
	// CPU asks for the processor time of spans, and so for those of every worker.
	// The clock of a thread is dear to read: such runs are slower.
	CPU bool
	// Label, if not nil, gives a context whose labels (runtime/pprof) workers
	// carry while the group with that head runs, for the profiler of the CPU.
	Label   func(head int) context.Context
	Scalars []float32 // by Plan.Scalars
}

// Span is the time of a group or, if RunOptions.Workers asked, of a worker in it.
// Op is the group's head (see Group); times count from the start of the run.
type Span struct {
	Op, Worker int
	Start, End time.Duration
	CPU        time.Duration // that its thread used, if RunOptions.CPU asked and the system tells
}

// KernelInfo says what runs for a group of operations.
type KernelInfo struct {
	Op       int    // the group's head
	Absorbed []int  // operations that run inside the head's kernel
	Name     string // "avx2 6×16 s1", "winograd F(4,3) avx2"
	FLOPs    int64  // executed for the whole batch, multiply and add counted apart
	Bytes    int64  // read and written at least: operands, parameters, results
}

// MemoryPlan says what a program holds.
type MemoryPlan struct {
	Blocks       []Block
	ArenaBytes   int64 // one arena for all buffers
	WeightBytes  int64 // packed copies
	ScratchBytes int64 // workers' scratch
	PeakOp       int   // the operation during which most bytes of the arena live
}

// Total is all that the program holds.
func (m MemoryPlan) Total() int64 { return m.ArenaBytes + m.WeightBytes + m.ScratchBytes }

// Block is a buffer's place in the arena.
type Block struct {
	Buffer        BufferID
	Offset, Bytes int64
	First, Last   int // operations between which it lives, both included
}
