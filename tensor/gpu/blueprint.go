package gpu

import (
	"fmt"
	"slices"
	"strings"

	"resnet-tui/tensor"
	"resnet-tui/tensor/fusion"
)

// Bindings is how many buffers a kernel may have.
const Bindings = 10

// Threads is the size of a workgroup, in every kernel.
const Threads = 256

// Traits are what lowering must know of a device.
type Traits struct {
	Name, Driver  string
	Precisions    []tensor.Precision
	Align         int64    // of a buffer's place, in bytes
	MaxBuffer     int64    // bytes that a kernel can see as one buffer
	MaxAllocation int64    // bytes that can be taken at once
	Shared        int64    // bytes of shared memory that a workgroup may take
	Wrong         []string // kernels that are not to be used
	Avoid         []string // kernels that are only to be used where no other can be
	Matrices      []Matrices
}

// MaxTensor is how many bytes a tensor may have.
func (t *Traits) MaxTensor() int64 { return min(t.MaxBuffer, t.MaxAllocation) }

// Blueprint is a program before it takes memory.
type Blueprint struct {
	Plan    *tensor.Plan
	Steps   []*Step   // one a group of fused operations
	Derived []Derived // what must be ready before
	Words   int       // of the uniform memory that RunWords fills, 32 bits each
	Chunk   int64     // the arena is cut into pieces of that many bytes
	Memory  tensor.MemoryPlan
	masks   []*tensor.Op // dropouts in train mode
	traits  Traits
	options tensor.Options
	updated map[tensor.ParamID]bool // by the plan
	laidOut map[int]tensor.ParamID  // by scratch that has a parameter's values
	places  []int64                 // by buffer, then scratch; −1 for one that lives inside a group
	sizes   []int64                 // alike
}

// Step is what runs for a group: kernels, one after the other.
type Step struct {
	Group   fusion.Group
	Kernels []Kernel
	FLOPs   int64             // executed, a multiply-add counted as two
	Bytes   int64             // of operands, results and parameters
	Changes []tensor.ParamID  // parameters that it writes
	Targets []tensor.BufferID // operands that must be class indices below Classes
	Classes int
}

// Kernel is one dispatch.
type Kernel struct {
	Name      string
	Constants []uint32      // by which the kernel is specialised
	Push      []uint32      // its arguments
	Buffers   [Bindings]Ref // what it reads and writes
	Writes    uint16        // a bit for each of Buffers that it writes
	Groups    int64         // workgroups
	Wait      bool          // for all kernels before it
}

// Derived is a kernel that lays a parameter out in the arena as others read it. It must run
// before the first step does, and again when the parameter was changed.
type Derived struct {
	Param  tensor.ParamID
	Kernel Kernel
}

// Ref names memory that a kernel is given.
type Ref struct {
	Kind RefKind
	ID   int
}

// RefKind says which memory a Ref names.
type RefKind uint8

// The kinds of memory.
const (
	Absent  RefKind = iota
	Arena           // ID is for Blueprint.Place
	Param           // ID is a tensor.ParamID
	Uniform         // what RunWords fills
)

// New makes the blueprint of a plan. An invalid plan, a precision that the device
// lacks, a tensor that is too large for it or a kernel that is wrong on it is an error.
func New(p *tensor.Plan, o tensor.Options, t Traits) (*Blueprint, error) {
	if err := Check(p, o, t); err != nil {
		return nil, err
	}
	bp := &Blueprint{
		Plan: p, Words: len(p.Scalars), traits: t, options: o,
		updated: updated(p), laidOut: map[int]tensor.ParamID{},
	}
	for _, b := range p.Buffers {
		bp.sizes = append(bp.sizes, roundUp(b.Bytes(), t.Align))
	}
	for _, g := range fusion.Split(p, o.Fuse) {
		st := &Step{Group: g}
		op := &p.Ops[g.Head]
		err := bp.lower(st, op)
		if err == nil {
			err = bp.checkKernels(st)
		}
		if err != nil {
			return nil, fmt.Errorf("%v %s: %w", op.Kind, op.Path, err)
		}
		st.Bytes = bp.traffic(st)
		bp.Steps = append(bp.Steps, st)
	}
	if err := bp.place(); err != nil {
		return nil, err
	}
	bp.order()
	return bp, nil
}

// maxThreads bounds Options.Threads as the CPU does.
const maxThreads = 1024

// Check reports an invalid plan, or options that the device can't take.
func Check(p *tensor.Plan, o tensor.Options, t Traits) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if o.Threads < 0 || o.Threads > maxThreads {
		return fmt.Errorf("%d threads: a GPU uses none, and takes 0 to %d", o.Threads, maxThreads)
	}
	if !slices.Contains(t.Precisions, o.Precision) {
		return fmt.Errorf("%s computes in %s, not in %v", t.Name, list(t.Precisions), o.Precision)
	}
	return nil
}

func list(all []tensor.Precision) string {
	s := fmt.Sprint(all[0])
	for _, p := range all[1:] {
		s += fmt.Sprint(" or ", p)
	}
	return s
}

// Kernels describes the steps.
func (bp *Blueprint) Kernels() []tensor.KernelInfo {
	list := make([]tensor.KernelInfo, len(bp.Steps))
	for i, st := range bp.Steps {
		list[i] = tensor.KernelInfo{
			Op: st.Group.Head, Absorbed: st.Group.Absorbed, Name: st.name(), FLOPs: st.FLOPs, Bytes: st.Bytes,
		}
	}
	return list
}

// name is that of the kernel that does the step's work.
func (st *Step) name() string {
	for _, k := range st.Kernels {
		if !strings.HasPrefix(k.Name, arranging) {
			return k.Name
		}
	}
	return ""
}

// Place is where a buffer of the arena begins, and its size, in bytes. It lies in
// one piece.
func (bp *Blueprint) Place(id int) (offset, bytes int64) { return bp.places[id], bp.sizes[id] }

// Used reports whether a buffer has a place: not if it lives inside a group, or
// nobody reads it.
func (bp *Blueprint) Used(id tensor.BufferID) bool { return bp.places[id] >= 0 }

// ParamBytes is what a parameter takes.
func (bp *Blueprint) ParamBytes(id int) int64 { return bp.Plan.Params[id].Bytes() }

// traffic is the bytes that a step reads and writes at least: operands, results and
// parameters once.
func (bp *Blueprint) traffic(st *Step) int64 {
	p := bp.Plan
	inside := map[tensor.BufferID]bool{}
	ops := append([]int{st.Group.Head}, st.Group.Absorbed...)
	for _, i := range ops[:len(ops)-1] {
		inside[p.Ops[i].Out[0]] = true
	}
	var bytes int64
	for _, i := range ops {
		op := &p.Ops[i]
		for _, id := range append(slices.Clone(op.In), op.Out...) {
			if !inside[id] {
				bytes += p.Buffers[id].Bytes()
			}
		}
		for _, id := range op.Params {
			bytes += p.Params[id].Bytes()
		}
	}
	for _, id := range st.Changes { // read and written
		bytes += p.Params[id].Bytes()
	}
	return bytes
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }
func ceil(a, b int) int         { return (a + b - 1) / b }
