//go:build !nogpu

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/fusion"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// Config of a device.
type Config struct {
	Number int // as in List; negative is the best GPU, which is never software
}

// device is an opened GPU.
type device struct {
	vk.DeviceCommands
	in     *instance
	p      *physical
	traits gpu.Traits
	handle vk.Handle
	queue  vk.Handle

	setLayout, layout vk.Handle // of all kernels
	pool              vk.Handle // of the command buffer for transfers
	transfers         vk.Handle
	fences            [2]vk.Handle
	staging           *memory
	code              func(kernel string) ([]byte, error) // SPIR-V
	patience          time.Duration                       // with a submission
	closing           atomic.Bool                         // whoever waits for the GPU is to give up soon

	mu        sync.Mutex // of the queue, and of what is above
	lost      error      // after which nothing works
	closed    bool
	keep      sync.Mutex // of what is below
	wrong     []string   // kernels that a self-check has found to be
	pipelines map[string]vk.Handle
	children  map[io.Closer]bool // states and programs
	taken     int64              // bytes of memory
}

var errDeviceClosed = errors.New("the device is closed")

// New opens a GPU. Its programs run one at a time: a run waits for the one before it.
func New(c Config) (tensor.Device, error) {
	in, err := connect()
	if err != nil {
		return nil, err
	}
	p, err := in.choose(c.Number)
	if err != nil {
		return nil, err
	}
	d, err := newDevice(in, p)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", p.id(), p.name(), err)
	}
	return d, nil
}

// newDevice opens a physical device.
func newDevice(in *instance, p *physical) (*device, error) {
	d := &device{
		in: in, p: p, traits: p.traits(), patience: p.patience(), code: code,
		pipelines: map[string]vk.Handle{}, children: map[io.Closer]bool{},
	}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// List describes the devices that New can open, in the order of their numbers.
func List() ([]tensor.Info, error) {
	in, err := connect()
	if err != nil {
		return nil, err
	}
	var list []tensor.Info
	for _, p := range in.devices {
		list = append(list, in.info(p))
	}
	return list, nil
}

// open makes what all programs share.
func (d *device) open() error {
	if err := d.create(); err != nil {
		return err
	}
	find := func(name *byte) uintptr { return d.in.GetDeviceProcAddr.Address(d.handle, name) }
	if err := vk.Resolve(&d.DeviceCommands, find); err != nil {
		if d.DestroyDevice != 0 {
			d.DestroyDevice.Call(d.handle, 0)
		}
		d.handle = 0 // nothing else can be called
		return err
	}
	d.GetDeviceQueue.Call(d.handle, d.p.family, 0, &d.queue)
	if err := d.makeLayout(); err != nil {
		return err
	}
	var err error
	if d.pool, err = d.commandPool(vk.PoolResettable); err != nil {
		return err
	}
	if d.transfers, err = d.commandBuffer(d.pool); err != nil {
		return err
	}
	fence := vk.FenceCreateInfo{Head: vk.Head{SType: vk.TypeFenceCreateInfo}}
	for i := range d.fences {
		if err := d.CreateFence.Make("making a fence", &d.fences[i], d.handle, &fence, 0); err != nil {
			return err
		}
	}
	d.staging, err = d.allocate(stagingBytes, staging)
	return err
}

// create makes the device with one queue.
func (d *device) create() error {
	one := float32(1)
	queue := vk.DeviceQueueCreateInfo{
		Head:   vk.Head{SType: vk.TypeDeviceQueueCreateInfo},
		Family: d.p.family, Count: 1, Priorities: &one,
	}
	info := vk.DeviceCreateInfo{Head: vk.Head{SType: vk.TypeDeviceCreateInfo}, QueueCount: 1, Queues: &queue}
	var names []*byte
	if d.p.extensions[subset] { // which must be asked for where it is
		names = append(names, vk.CString(subset))
	}
	names = append(names, d.p.askForMatrices(&info)...)
	info.ExtensionCount, info.Extensions = uint32(len(names)), unsafe.SliceData(names)
	return d.in.CreateDevice.Make("opening it", &d.handle, d.p.handle, &info, 0)
}

// makeLayout makes the one layout that all kernels have: buffers 0 to 9, and push
// constants.
func (d *device) makeLayout() error {
	var binds [gpu.Bindings]vk.DescriptorSetLayoutBinding
	for i := range binds {
		binds[i] = vk.DescriptorSetLayoutBinding{Binding: uint32(i), Kind: vk.StorageBuffer, Count: 1, Stages: vk.StageCompute}
	}
	set := vk.DescriptorSetLayoutCreateInfo{
		Head: vk.Head{SType: vk.TypeDescriptorSetLayoutCreateInfo}, Count: uint32(len(binds)), Bindings: &binds[0],
	}
	if err := d.CreateDescriptorSetLayout.Make("making a layout of buffers", &d.setLayout, d.handle, &set, 0); err != nil {
		return err
	}
	push := vk.PushConstantRange{Stages: vk.StageCompute, Size: pushBytes}
	info := vk.PipelineLayoutCreateInfo{
		Head: vk.Head{SType: vk.TypePipelineLayoutCreateInfo}, SetCount: 1, Sets: &d.setLayout, RangeCount: 1, Ranges: &push,
	}
	return d.CreatePipelineLayout.Make("making a layout of kernels", &d.layout, d.handle, &info, 0)
}

// pushBytes is what Vulkan guarantees for a kernel's arguments.
const pushBytes = 128

// Info describes the GPU, and its memory and sensors as they are now.
func (d *device) Info() tensor.Info {
	i := d.in.info(d.p)
	if d.p.sensors != nil {
		i.Sensors = d.p.sensors.Read()
	}
	return i
}

// NewState makes a net's state.
func (d *device) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	if d.isClosed() {
		return nil, errDeviceClosed
	}
	s, err := newState(d, params, source)
	if err != nil {
		return nil, err
	}
	d.adopt(s)
	return s, nil
}

// Fusions are the groups that Compile would make.
func (d *device) Fusions(p *tensor.Plan, o tensor.Options) ([]tensor.KernelInfo, error) {
	if err := gpu.Check(p, o, d.sound()); err != nil {
		return nil, err
	}
	groups := fusion.Split(p, o.Fuse)
	kernels := make([]tensor.KernelInfo, len(groups))
	for i, g := range groups {
		kernels[i] = tensor.KernelInfo{Op: g.Head, Absorbed: g.Absorbed}
	}
	return kernels, nil
}

// Estimate describes the program that Compile would make. It takes no memory.
func (d *device) Estimate(p *tensor.Plan, o tensor.Options) (tensor.Estimate, error) {
	bp, err := gpu.New(p, o, d.sound())
	if err != nil {
		return tensor.Estimate{}, err
	}
	return tensor.Estimate{Kernels: bp.Kernels(), Memory: bp.Memory}, nil
}

// Compile makes a program. A plan that does not fit into the memory that is free now is
// refused with a *tensor.MemoryError.
func (d *device) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	return d.compile(p, s, o, d.sound())
}

// compile makes a program of the kernels that traits allow.
func (d *device) compile(p *tensor.Plan, s tensor.State, o tensor.Options, traits gpu.Traits) (tensor.Program, error) {
	st, ok := s.(*state)
	if !ok || st.dev != d || st.closed {
		return nil, errors.New("the state belongs to another device, or is closed")
	}
	if d.isClosed() {
		return nil, errDeviceClosed
	}
	bp, err := gpu.New(p, o, traits)
	if err != nil {
		return nil, err
	}
	need := bp.Memory.Total() - bp.Memory.WeightBytes + st.missing(p)
	if have := d.free(); need > have {
		return nil, &tensor.MemoryError{Need: need, Have: have}
	}
	before := d.take(0)
	giveBack, err := st.acquire(p, o.Progress)
	if err != nil {
		return nil, explain(err, need, before)
	}
	prog := newProgram(d, st, bp)
	if err := prog.bind(); err != nil {
		err = errors.Join(explain(err, need, before), prog.Close())
		giveBack()
		return nil, err
	}
	d.adopt(prog)
	return prog, nil
}

// explain says of a driver's refusal of memory what was needed, and how much it gave: it
// may have less than it says, for other programs take from it too.
func explain(err error, need, before int64) error {
	var r *refusal
	if errors.As(err, &r) && (vk.Is(err, vk.OutOfDeviceMemory) || vk.Is(err, vk.OutOfHostMemory)) {
		return fmt.Errorf("%w: %w", &tensor.MemoryError{Need: need, Have: min(need-1, max(0, r.taken-before))}, err)
	}
	return err
}

// free is the memory that a program can take: what the driver says or, if it does not,
// what this device has not taken itself.
func (d *device) free() int64 {
	info := d.in.info(d.p)
	if info.Free > 0 {
		return info.Free
	}
	d.keep.Lock()
	defer d.keep.Unlock()
	return max(0, info.Memory-d.taken)
}

func (d *device) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// usable reports whether what lives on the device can be freed: not if it is closed, or
// a GPU that does not answer may still use it.
func (d *device) usable() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed && !errors.Is(d.lost, errHung)
}

// adopt notes what must be closed with the device.
func (d *device) adopt(c io.Closer) {
	d.keep.Lock()
	defer d.keep.Unlock()
	d.children[c] = true
}

// disown forgets what was closed.
func (d *device) disown(c io.Closer) {
	d.keep.Lock()
	defer d.keep.Unlock()
	delete(d.children, c)
}

// orphans are the children that are still open, programs before states.
func (d *device) orphans() []io.Closer {
	d.keep.Lock()
	defer d.keep.Unlock()
	var programs, states []io.Closer
	for c := range d.children {
		if _, ok := c.(*program); ok {
			programs = append(programs, c)
		} else {
			states = append(states, c)
		}
	}
	return append(programs, states...)
}

// Close frees everything, the states and programs that are still open too. A GPU that
// does not answer holds it up for two seconds at most.
func (d *device) Close() error {
	d.closing.Store(true)
	if d.isClosed() || d.handle == 0 {
		return nil
	}
	var errs []error
	for _, c := range d.orphans() {
		errs = append(errs, c.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if errors.Is(d.lost, errHung) {
		return errors.Join(errs...) // freeing what a GPU still uses would block, or crash
	}
	d.destroy()
	return errors.Join(errs...)
}

// destroy gives the driver back what open took.
func (d *device) destroy() {
	h := d.handle
	d.DeviceWaitIdle.Call(h)
	for _, p := range d.pipelines {
		d.DestroyPipeline.Call(h, p, 0)
	}
	if d.staging != nil {
		d.staging.free()
	}
	for _, f := range d.fences {
		d.DestroyFence.Call(h, f, 0)
	}
	d.DestroyCommandPool.Call(h, d.pool, 0)
	d.DestroyPipelineLayout.Call(h, d.layout, 0)
	d.DestroyDescriptorSetLayout.Call(h, d.setLayout, 0)
	d.DestroyDevice.Call(h, 0)
}

// Ceilings measures what the GPU does at best; threads mean nothing to it.
func (d *device) Ceilings(ctx context.Context, threads int) (tensor.Ceilings, error) {
	if threads < 0 {
		return tensor.Ceilings{}, fmt.Errorf("%d threads: it must be 0 or more", threads)
	}
	return d.measure(ctx)
}
