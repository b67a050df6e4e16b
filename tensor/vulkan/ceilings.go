//go:build !nogpu

package vulkan

import (
	"context"
	"errors"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// How much the measurements do. Many more workgroups than any GPU runs at once, so that
// it hardly idles at the end; runs so long that starting them takes no time to speak of,
// and so short that no watchdog minds; so many runs that its clocks have risen.
const (
	peakGroups     = 65535
	readGroups     = 4096
	softwareGroups = 1024
	roundFLOPs     = 2 * 256 * gpu.Threads // of a workgroup, FMA
	roundProducts  = 8                     // of a subgroup, MATRIX
	readBytes      = 2 << 30               // beyond all caches
	softwareRead   = 64 << 20
	runTime        = 20 * time.Millisecond  // of a run, about
	measureTime    = 300 * time.Millisecond // of all runs, at least
)

// measure finds what the GPU does at best, by its own timestamps where it has them.
func (d *device) measure(ctx context.Context) (tensor.Ceilings, error) {
	var c tensor.Ceilings
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return c, errDeviceClosed
	}
	groups, bytes := peakGroups, int64(readBytes)
	if d.p.software() {
		groups, bytes = softwareGroups, softwareRead
	}
	bytes = min(bytes, d.traits.MaxTensor(), d.free()/4) &^ 63
	if bytes <= 0 {
		return c, errors.New("there is too little memory free to measure its bandwidth")
	}
	m, err := d.allocate(bytes, local)
	if err != nil {
		return c, err
	}
	defer m.free()
	b, err := d.newBench(m)
	if err != nil {
		return c, err
	}
	defer b.close()
	fma := work{kernel: "peak_fma", groups: groups, each: float64(groups) * roundFLOPs, arg: 1, grows: true}
	if c.FLOPS, err = b.best(ctx, fma); err != nil {
		return c, err
	}
	if c.BytesPerSecond, err = b.reading(ctx, m.bytes); err != nil {
		return c, err
	}
	for _, units := range d.p.matrices {
		peak, err := b.best(ctx, matrixWork(units, groups))
		if err != nil {
			return c, err
		}
		if c.Matrix == nil {
			c.Matrix = map[tensor.Precision]float64{}
		}
		c.Matrix[units.Precision] = peak
	}
	return c, nil
}

// matrixWork is products on matrix units.
func matrixWork(m gpu.Matrices, groups int) work {
	products := float64(groups) * float64(m.Subgroups) * roundProducts
	return work{
		kernel: "peak_matrix_" + m.Precision.String(), constants: []uint32{uint32(m.M), uint32(m.N), uint32(m.K)},
		groups: groups, each: products * 2 * float64(m.M) * float64(m.N) * float64(m.K), arg: 1, grows: true,
	}
}

// reading is the most bytes a second that are read from memory that was written before.
func (b *bench) reading(ctx context.Context, bytes int64) (float64, error) {
	count := uint32(bytes / 4)
	if _, err := b.run(work{kernel: "peak_fill", groups: readGroups, arg: count}); err != nil {
		return 0, err
	}
	return b.best(ctx, work{kernel: "peak_read", groups: readGroups, each: 4, arg: count})
}

// work is what a kernel is given to do.
type work struct {
	kernel    string
	constants []uint32
	groups    int
	each      float64 // operations or bytes for each of arg
	arg       uint32
	grows     bool // arg, until a run is long enough
}

// longer is the work, more of it if a run of it took too little time.
func (w work) longer(took time.Duration) work {
	if w.grows && took < runTime/2 && w.arg < 1<<24 {
		w.arg *= 2
		if took < runTime/64 {
			w.arg *= 8
		}
	}
	return w
}

// bench runs single kernels and takes their time.
type bench struct {
	dev      *device
	commands vk.Handle // pool of command
	command  vk.Handle
	setPool  vk.Handle
	set      vk.Handle
	queries  vk.Handle
}

// newBench makes a bench whose kernels see m at every binding.
func (d *device) newBench(m *memory) (*bench, error) {
	b := &bench{dev: d}
	if err := b.open(m); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) open(m *memory) (err error) {
	d := b.dev
	if b.commands, err = d.commandPool(vk.PoolResettable); err != nil {
		return err
	}
	if b.command, err = d.commandBuffer(b.commands); err != nil {
		return err
	}
	if b.setPool, err = d.descriptorPool(1); err != nil {
		return err
	}
	if b.set, err = d.descriptorSet(b.setPool, func(int) place { return place{m, 0, m.bytes} }); err != nil {
		return err
	}
	b.queries, err = d.timestampPool(2)
	return err
}

func (b *bench) close() {
	d, h := b.dev, b.dev.handle
	d.DestroyCommandPool.Call(h, b.commands, 0)
	d.DestroyDescriptorPool.Call(h, b.setPool, 0)
	d.DestroyQueryPool.Call(h, b.queries, 0)
}

// best is the most work a second that a kernel does in some runs.
func (b *bench) best(ctx context.Context, w work) (best float64, err error) {
	for began, n := time.Now(), 0; n < 3 || time.Since(began) < measureTime; n++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		t, err := b.run(w)
		if err != nil {
			return 0, err
		}
		best = max(best, float64(w.arg)*w.each/t.Seconds())
		if next := w.longer(t); next.arg != w.arg {
			w, n, best = next, -1, 0 // short runs are none to go by
		}
	}
	return best, nil
}

// run does the work once and returns the time that it took.
func (b *bench) run(w work) (time.Duration, error) {
	d := b.dev
	pipe, err := d.pipeline(w.kernel, w.constants)
	if err != nil {
		return 0, err
	}
	if err := d.record(b.command, vk.BeginOnce, func(cb vk.Handle) { b.put(cb, pipe, w) }); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := d.submit(b.command, 0); err != nil {
		return 0, err
	}
	if err := d.wait(0); err != nil {
		return 0, err
	}
	f := flight{to: max(1, time.Since(began))}
	if d.p.stampBits == 0 {
		return f.to, nil
	}
	var stamps [2]uint64
	r := d.GetQueryPoolResults.Call(d.handle, b.queries, 0, 2, 16, &stamps[0], 8, vk.QueryWait64)
	err = r.Check("reading timestamps")
	f = f.last(d.p.elapsed(stamps[0], stamps[1]))
	return f.to - f.from, err
}

func (b *bench) put(cb, pipe vk.Handle, w work) {
	d := b.dev
	if d.p.stampBits > 0 {
		d.CmdResetQueryPool.Call(cb, b.queries, 0, 2)
		d.CmdWriteTimestamp.Call(cb, vk.StageShaders, b.queries, 0)
	}
	d.CmdBindPipeline.Call(cb, vk.BindCompute, pipe)
	d.CmdBindDescriptorSets.Call(cb, vk.BindCompute, d.layout, 0, 1, &b.set, 0, 0)
	d.CmdPushConstants.Call(cb, d.layout, vk.StageCompute, 0, 4, &w.arg)
	d.CmdDispatch.Call(cb, w.groups, 1, 1)
	if d.p.stampBits > 0 {
		d.CmdWriteTimestamp.Call(cb, vk.StageShaders, b.queries, 1)
	}
	d.waitForKernels(cb)
}
