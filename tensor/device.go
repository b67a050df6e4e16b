package tensor

import (
	"context"
	"errors"
	"slices"
)

// Device runs plans on one processor.
//
// Its methods may be called from several goroutines at once; a State and the
// Programs on it may not (see there). Programs and states must be closed before
// their device.
type Device interface {
	// Info describes the processor, with the memory that is free now.
	Info() Info

	// NewState makes the lasting state of a net: masters, running statistics
	// and optimiser slots. A parameter that was never written is read from
	// source when a program is compiled, and again when another layout of it
	// is needed, so an inference program need not hold masters beside its
	// packed copies. Two parameters of one name, or a shape that fails
	// Shape.Check, are an error. A nil source is allowed as long as each
	// parameter is written before a program needs it.
	NewState(params []Param, source Source) (State, error)

	// Compile chooses a kernel for each operation, packs weights and places
	// buffers. The plan must not change afterwards. The state must be one of
	// this device's. The error is
	//   - a *MemoryError if the program does not fit into the memory that is free;
	//   - an error of Plan.Validate, or one that names the operation, if the
	//     device can't run the plan or the options;
	//   - the source's, if it can't load a parameter.
	// After an error nothing is held, and programs on the state run on.
	Compile(p *Plan, s State, o Options) (Program, error)

	// Fusions says which operations Compile would run as one kernel: the Op and
	// Absorbed of Program.Kernels, in the same order; the rest is zero. It
	// is much quicker than Estimate. An invalid plan or option is an error.
	Fusions(p *Plan, o Options) ([]KernelInfo, error)

	// Estimate says what Compile would make of the plan, without making it: it
	// reads no parameter and takes no memory to speak of. Its errors are those
	// of Compile, except that a plan that does not fit is none of them:
	// compare Estimate.Memory with Info.Free. Options.Progress is not called.
	Estimate(p *Plan, o Options) (Estimate, error)

	// Ceilings measures what the processor can do at best with that many
	// threads (0: with all of its cores, which is also the most). It takes a
	// second or two, during which nothing else should run. When the context is
	// cancelled it returns early with the context's error.
	Ceilings(ctx context.Context, threads int) (Ceilings, error)

	// Close frees what the device holds, such as its threads.
	Close() error
}

// Source provides the initial values of parameters: a checkpoint or an
// initialisation. Load fills t, whose shape is the parameter's. It may be called
// from several goroutines, and must give the same values each time.
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
	Kernels  string // the family of kernels in use: "avx512", "avx2", "neon", "generic", "spir-v"

	Kind       DeviceKind
	Driver     string               // its name and version, "" for a CPU
	API        string               // what it is driven by, "Vulkan 1.3.277"; "" for a CPU
	Precisions []Precision          // that Options may ask for; FP32 is always among them
	Lacks      map[Precision]string // what it would need for others, where that is known
	Products   map[Precision]string // what multiplies in one below FP32, where that is known: "avx512_bf16"
	Heaps      []Heap               // its memories, largest first; nil for a CPU
	Sensors    Sensors              // as they are now

	// CheckKey names what the self-check of a Checker holds for: the device, its driver
	// and the kernels. "" where none is needed.
	CheckKey string
}

// DeviceKind says what sort of processor a device is.
type DeviceKind string

// The kinds of devices. KindSoftware is a GPU's driver that computes on the CPU.
const (
	KindCPU        DeviceKind = "cpu"
	KindDiscrete   DeviceKind = "discrete"
	KindIntegrated DeviceKind = "integrated"
	KindVirtual    DeviceKind = "virtual"
	KindSoftware   DeviceKind = "software"
)

// IsCPU reports whether it is the CPU, whose threads run the kernels. So is what does not
// say its kind: recordings of times when there was no other device.
func (k DeviceKind) IsCPU() bool { return k == "" || k == KindCPU }

// Heap is one of a device's memories.
type Heap struct {
	Size, Free int64 // bytes; Free is 0 if unknown
	Local      bool  // the device's own, rather than the host's
}

// Sensors are what the system tells of a device at this moment; 0 is unknown.
type Sensors struct {
	ClockMHz, MemoryClockMHz float64
	Celsius                  float64
	Watts                    float64
}

// Precision is the arithmetic of convolutions.
type Precision uint8

// The precisions. Every device has FP32. The others round the factors of convolutions
// and of the classifier, and add up in float32.
const (
	FP32 Precision = iota
	TF32
	BF16
	FP16 // with a narrow range, into which devices scale gradients
)

var precisionNames = [...]string{FP32: "fp32", TF32: "tf32", BF16: "bf16", FP16: "fp16"}

// String is the precision's name in flags and on the screen.
func (p Precision) String() string { return precisionNames[p] }

// PrecisionNamed is the precision of a name that String gives.
func PrecisionNamed(name string) (p Precision, known bool) {
	i := slices.Index(precisionNames[:], name)
	return Precision(max(i, 0)), i >= 0
}

// PrecisionNames are the names of all precisions.
func PrecisionNames() []string { return slices.Clone(precisionNames[:]) }

// Options of a compilation.
type Options struct {
	Threads int // 0: as many as the device has cores
	// Fuse lets the device run several operations as one kernel, such as a
	// convolution with the normalisation, addition and ReLU that follow it.
	// Which ones is the device's choice: see Program.Kernels. Without it each
	// operation is a kernel of its own.
	Fuse      bool
	Exact     bool // no algorithm that changes rounding, such as Winograd
	Precision Precision
	// Progress, if not nil, is called as weights become ready: done of total,
	// in elements of parameters. It must be quick and may be called from any
	// goroutine.
	Progress func(done, total int64)
}

// Ceilings are what a processor can do at best, measured.
type Ceilings struct {
	FLOPS          float64 // FLOP/s of multiply-adds in FP32, each counted as two
	BytesPerSecond float64 // bytes/s, reading memory beyond all caches
	// Matrix are the FLOP/s of the units that multiply matrices, by the precision of
	// their factors; nil without any.
	Matrix map[Precision]float64
}

// At is the FLOP/s that convolutions of a precision can reach at best, 0 if that was not
// measured.
func (c Ceilings) At(p Precision) float64 {
	if p == FP32 {
		return c.FLOPS
	}
	return c.Matrix[p]
}

// ErrLost is what the error of a run wraps when the device is gone: its driver has reset
// it, it was unplugged, or it did not end its work in the time that it has. What its
// states held is lost, and all that is left to do with them is to close them.
var ErrLost = errors.New("the device is lost")
