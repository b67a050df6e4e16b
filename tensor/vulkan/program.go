//go:build !nogpu

package vulkan

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// program is a blueprint bound to a state and an arena.
type program struct {
	*gpu.Blueprint
	kernels  []tensor.KernelInfo
	dev      *device
	state    *state
	arena    chunks
	words    *memory       // uniform memory, seen by the host
	pipes    [][]vk.Handle // by step and kernel
	sets     [][]vk.Handle // of descriptors, alike
	derived  derived
	setPool  vk.Handle
	commands vk.Handle // pool of command buffers
	queries  vk.Handle
	stamps   []uint64
	began    time.Time // an observed run
	flights  []flight  // its submissions
	whole    []segment // of a full run
	recorded map[segment]vk.Handle
	targets  map[tensor.BufferID][]float32 // as they were written
	progress atomic.Int64
	closed   bool
}

func newProgram(d *device, s *state, bp *gpu.Blueprint) *program {
	p := &program{
		Blueprint: bp, kernels: bp.Kernels(), dev: d, state: s,
		recorded: map[segment]vk.Handle{}, targets: map[tensor.BufferID][]float32{},
	}
	p.progress.Store(-1)
	for _, st := range bp.Steps {
		for _, id := range st.Targets {
			p.targets[id] = nil
		}
	}
	p.whole = p.segments(0, len(p.Steps), false)
	return p
}

// bind takes memory, and makes all that the steps need.
func (p *program) bind() (err error) {
	d := p.dev
	if p.arena, err = d.reserve(p.Blueprint.Memory.ArenaBytes, p.Chunk); err != nil {
		return err
	}
	words := (4*int64(p.Words) + nowhere - 1) / nowhere * nowhere
	if p.words, err = d.allocate(max(words, nowhere)+nowhere, staging); err != nil {
		return err
	}
	if p.commands, err = d.commandPool(0); err != nil {
		return err
	}
	if err := p.makeSets(); err != nil {
		return err
	}
	p.stamps = make([]uint64, 2*len(p.Steps))
	p.queries, err = d.timestampPool(len(p.stamps))
	return err
}

// makeSets makes the pipelines and descriptor sets of all kernels.
func (p *program) makeSets() error {
	all := p.all()
	if err := p.dev.compileAll(all); err != nil {
		return err
	}
	var err error
	if p.setPool, err = p.dev.descriptorPool(len(all)); err != nil {
		return err
	}
	for _, st := range p.Steps {
		var pipes, sets []vk.Handle
		for i := range st.Kernels {
			pipe, set, err := p.ready(&st.Kernels[i])
			if err != nil {
				return err
			}
			pipes, sets = append(pipes, pipe), append(sets, set)
		}
		p.pipes, p.sets = append(p.pipes, pipes), append(p.sets, sets)
	}
	return p.readyDerived()
}

// all are the kernels of the program.
func (p *program) all() (kernels []*gpu.Kernel) {
	for i := range p.Derived {
		kernels = append(kernels, &p.Derived[i].Kernel)
	}
	for _, st := range p.Steps {
		for i := range st.Kernels {
			kernels = append(kernels, &st.Kernels[i])
		}
	}
	return kernels
}

// ready makes the pipeline and the descriptor set of a kernel.
func (p *program) ready(k *gpu.Kernel) (pipe, set vk.Handle, err error) {
	if pipe, err = p.dev.pipeline(k.Name, k.Constants); err != nil {
		return 0, 0, err
	}
	set, err = p.dev.descriptorSet(p.setPool, func(binding int) place { return p.find(k.Buffers[binding]) })
	return pipe, set, err
}

// nowhere is the bytes, behind the uniform memory, of what a kernel has no use for. Offsets
// may have to be multiples of 256 at most. Nothing else lies there: to validation, a kernel
// writes what it could, also where its arguments forbid it.
const nowhere = 256

// find is where a reference's memory lies.
func (p *program) find(r gpu.Ref) place {
	switch r.Kind {
	case gpu.Arena:
		at, bytes := p.Place(r.ID)
		return place{p.arena[at/p.Chunk], at % p.Chunk, bytes}
	case gpu.Param:
		return p.param(tensor.ParamID(r.ID)).place
	case gpu.Uniform:
		return place{p.words, 0, p.words.bytes - nowhere}
	}
	return place{p.words, p.words.bytes - nowhere, nowhere}
}

func (p *program) param(id tensor.ParamID) *param { return p.state.params[p.Plan.Params[id].Name] }

// Kernels says what runs, step by step.
func (p *program) Kernels() []tensor.KernelInfo { return p.kernels }

// Memory says what the program holds.
func (p *program) Memory() tensor.MemoryPlan { return p.Blueprint.Memory }

// Progress is the head of the step that runs now, or of the first of a few that run
// together, or −1.
func (p *program) Progress() int { return int(p.progress.Load()) }

// Write sets an Input buffer.
func (p *program) Write(id tensor.BufferID, t *tensor.Tensor) error {
	if err := p.check(id, t, tensor.Input); err != nil {
		return err
	}
	if known, ok := p.targets[id]; ok {
		p.targets[id] = append(known[:0], t.Data...)
	}
	if !p.Used(id) {
		return nil
	}
	return p.dev.upload(p.at(id), t.Data)
}

// Read gets an Output or Kept buffer.
func (p *program) Read(id tensor.BufferID, t *tensor.Tensor) error {
	if err := p.check(id, t, tensor.Output, tensor.Kept); err != nil {
		return err
	}
	return p.dev.download(t.Data, p.at(id))
}

func (p *program) at(id tensor.BufferID) place {
	at := p.find(gpu.Ref{Kind: gpu.Arena, ID: int(id)})
	at.bytes = p.Plan.Buffers[id].Bytes()
	return at
}

// check reports a buffer of another class, or a tensor of another shape.
func (p *program) check(id tensor.BufferID, t *tensor.Tensor, classes ...tensor.Class) error {
	if p.closed {
		return errors.New("the program is closed")
	}
	if id < 0 || int(id) >= len(p.Plan.Buffers) {
		return fmt.Errorf("the plan has no buffer %d", id)
	}
	b := &p.Plan.Buffers[id]
	if !b.Shape.Equal(t.Shape) || len(t.Data) != b.Shape.Elems() {
		return fmt.Errorf("buffer %s is %v, not %v of %d values", b.Name, b.Shape, t.Shape, len(t.Data))
	}
	if !slices.Contains(classes, b.Class) {
		return fmt.Errorf("buffer %s can't be accessed: it is of another class", b.Name)
	}
	return nil
}

// setWords fills the uniform memory. No run may be under way.
func (p *program) setWords(scalars []float32) {
	words := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(p.words.mapped))), len(p.words.mapped))
	p.RunWords(words, scalars)
}

// Close frees what the program holds.
func (p *program) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	p.dev.disown(p)
	if !p.dev.usable() {
		return nil
	}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	d, h := p.dev, p.dev.handle
	d.DestroyCommandPool.Call(h, p.commands, 0)
	d.DestroyQueryPool.Call(h, p.queries, 0)
	d.DestroyDescriptorPool.Call(h, p.setPool, 0)
	if p.words != nil {
		p.words.free()
	}
	p.arena.free()
	return nil
}
