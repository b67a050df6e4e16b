//go:build !nogpu

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// segment is steps that are given to the GPU at once. It is recorded once.
type segment struct {
	from, to int
	timed    bool
}

// A segment holds as many steps as are done in a fraction of a second by a small GPU:
// between two the run looks whether it was cancelled, and a driver's watchdog resets a
// GPU that works for about two seconds.
const (
	segmentFLOPs = 50e9
	segmentBytes = 4e9
	softwareSlow = 250 // how much slower a driver on the CPU is taken to be
)

// segments cuts steps.
func (p *program) segments(from, to int, timed bool) []segment {
	slow := 1.0
	if p.dev.p.software() {
		slow = softwareSlow
	}
	var list []segment
	var work float64 // in segments
	for i := from; i < to; i++ {
		st := p.Steps[i]
		work += slow * (float64(st.FLOPs)/segmentFLOPs + float64(st.Bytes)/segmentBytes)
		if work >= 1 || i == to-1 {
			list = append(list, segment{from, i + 1, timed})
			from, work = i+1, 0
		}
	}
	return list
}

// Run runs the plan, or a part of it. It returns ctx's error if that is cancelled between
// two segments, and a *tensor.TargetError for a target that is no class.
func (p *program) Run(ctx context.Context, o tensor.RunOptions) error {
	from, to, err := p.part(o)
	if err != nil {
		return err
	}
	if err := p.checkTargets(from, to); err != nil {
		return err
	}
	p.dev.mu.Lock()
	defer p.dev.mu.Unlock()
	defer p.progress.Store(-1)
	if p.dev.closed {
		return errDeviceClosed
	}
	if o.Observe != nil {
		p.began = time.Now()
	}
	p.setWords(o.Scalars)
	if err := p.derive(); err != nil {
		return err
	}
	switch {
	case o.Label != nil, o.Observe != nil && p.dev.p.coarse():
		return p.stepwise(ctx, from, to, o)
	case o.Observe != nil:
		return p.pipelined(ctx, p.segments(from, to, true), o.Observe)
	case from == 0 && to == len(p.Steps):
		return p.pipelined(ctx, p.whole, nil)
	}
	return p.pipelined(ctx, p.segments(from, to, false), nil)
}

// pipelined submits segments, the next while the GPU works on one, and reports the spans
// of those that ran.
func (p *program) pipelined(ctx context.Context, list []segment, observe func(tensor.Span)) error {
	p.flights = p.flights[:0]
	done, err := p.feed(ctx, list)
	p.noteChanges(list[:done])
	if p.dev.lost != nil || observe == nil || done == 0 {
		return err
	}
	return errors.Join(err, p.tell(list[:done], observe))
}

// feed submits segments and waits for them, even after an error: the GPU still works. It
// returns how many were submitted.
func (p *program) feed(ctx context.Context, list []segment) (done int, err error) {
	waited := 0
	for i, seg := range list {
		if i >= len(p.dev.fences) {
			if err := p.land(waited, list[waited].timed); err != nil {
				return done, err
			}
			waited++
		}
		if seg.timed {
			p.flights = append(p.flights, flight{from: time.Since(p.began)})
		}
		if err = p.start(ctx, seg, i%2); err != nil {
			break
		}
		done++
	}
	for ; waited < done; waited++ {
		if lost := p.land(waited, list[waited].timed); lost != nil {
			return done, errors.Join(err, lost)
		}
	}
	return done, err
}

// land waits for submission i of a run.
func (p *program) land(i int, timed bool) error {
	err := p.dev.wait(i % 2)
	if timed {
		p.flights[i].to = time.Since(p.began)
	}
	return err
}

// start submits a segment, unless the context was cancelled.
func (p *program) start(ctx context.Context, seg segment, fence int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cb, err := p.recording(seg)
	if err != nil {
		return err
	}
	if err := p.dev.submit(cb, fence); err != nil {
		return err
	}
	p.progress.Store(int64(p.Steps[seg.from].Group.Head))
	return nil
}

// stepwise runs each step by itself: the goroutine carries its label meanwhile. The time
// is the GPU's or, if that has none, the host's.
func (p *program) stepwise(ctx context.Context, from, to int, o tensor.RunOptions) error {
	defer pprof.SetGoroutineLabels(ctx)
	for i := from; i < to; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		head := p.Steps[i].Group.Head
		if o.Label != nil {
			if labels := o.Label(head); labels != nil {
				pprof.SetGoroutineLabels(labels)
			}
		}
		seg := segment{i, i + 1, o.Observe != nil}
		f := flight{from: time.Since(p.began)}
		if err := p.start(context.Background(), seg, 0); err != nil {
			return err
		}
		if err := p.dev.wait(0); err != nil {
			return err
		}
		p.noteChanges([]segment{seg})
		if o.Observe == nil {
			continue
		}
		f.to = time.Since(p.began)
		if p.dev.p.stampBits > 0 {
			ran, err := p.elapsed(i)
			if err != nil {
				return err
			}
			f = f.last(ran)
		}
		o.Observe(tensor.Span{Op: head, Start: f.from, End: f.to})
	}
	return nil
}

// noteChanges moves the versions of parameters that changed.
func (p *program) noteChanges(list []segment) {
	for _, seg := range list {
		for _, st := range p.Steps[seg.from:seg.to] {
			for _, id := range st.Changes {
				p.state.changed(p.param(id))
			}
		}
	}
}

// recording is the commands of a segment, recorded the first time.
func (p *program) recording(seg segment) (vk.Handle, error) {
	if cb, ok := p.recorded[seg]; ok {
		return cb, nil
	}
	d := p.dev
	cb, err := d.commandBuffer(p.commands)
	if err != nil {
		return 0, err
	}
	if err := d.record(cb, 0, func(cb vk.Handle) { p.put(cb, seg) }); err != nil {
		return 0, err
	}
	p.recorded[seg] = cb
	return cb, nil
}

// put writes the commands of a segment. Before it is a barrier for all that came before;
// behind it one for transfers.
func (p *program) put(cb vk.Handle, seg segment) {
	d := p.dev
	stamp := func(i int) {
		if seg.timed && d.p.stampBits > 0 {
			d.CmdWriteTimestamp.Call(cb, vk.StageShaders, p.queries, i)
		}
	}
	if seg.timed && d.p.stampBits > 0 {
		d.CmdResetQueryPool.Call(cb, p.queries, 2*seg.from, 2*(seg.to-seg.from))
	}
	d.waitForAll(cb)
	for i := seg.from; i < seg.to; i++ {
		stamp(2 * i)
		for j := range p.Steps[i].Kernels {
			k := &p.Steps[i].Kernels[j]
			if k.Wait && (i > seg.from || j > 0) && !(seg.timed && j == 0) {
				d.waitForKernels(cb)
			}
			p.dispatch(cb, k, p.pipes[i][j], p.sets[i][j])
		}
		stamp(2*i + 1)
		if seg.timed { // so that a step's time is its own
			d.waitForKernels(cb)
		}
	}
	d.barrier(cb, vk.ShaderWrite, vk.TransferRead|vk.TransferWrite, vk.StageShaders, vk.StageTransfer)
}

// dispatch writes the commands of a kernel.
func (p *program) dispatch(cb vk.Handle, k *gpu.Kernel, pipe, set vk.Handle) {
	d := p.dev
	d.CmdBindPipeline.Call(cb, vk.BindCompute, pipe)
	d.CmdBindDescriptorSets.Call(cb, vk.BindCompute, d.layout, 0, 1, &set, 0, 0)
	d.CmdPushConstants.Call(cb, d.layout, vk.StageCompute, 0, 4*len(k.Push), &k.Push[0])
	x := min(k.Groups, maxGroups)
	d.CmdDispatch.Call(cb, x, (k.Groups+x-1)/x, 1)
}

// maxGroups is the largest count of workgroups in one direction everywhere.
const maxGroups = 65535

// checkTargets reports a target that is no class.
func (p *program) checkTargets(from, to int) error {
	for _, st := range p.Steps[from:to] {
		for _, id := range st.Targets {
			for i, v := range p.targets[id] {
				if !(v >= 0 && v < float32(st.Classes)) || v != float32(int(v)) {
					op := &p.Plan.Ops[st.Group.Head]
					wrong := &tensor.TargetError{Image: i, Target: float64(v), Classes: st.Classes}
					return fmt.Errorf("%v %s: %w", op.Kind, op.Path, wrong)
				}
			}
		}
	}
	return nil
}

// part is the steps that a run asks for.
func (p *program) part(o tensor.RunOptions) (from, to int, err error) {
	n := len(p.Steps)
	switch {
	case p.closed || p.state.closed:
		return 0, 0, errors.New("the program is closed")
	case len(o.Scalars) != len(p.Plan.Scalars):
		return 0, 0, fmt.Errorf("the plan takes %d scalars %v, not %d", len(p.Plan.Scalars), p.Plan.Scalars, len(o.Scalars))
	case o.To == 0 && o.From == 0:
		return 0, n, nil
	case n != len(p.Plan.Ops):
		return 0, 0, errors.New("a part of a fused program can't be run: compile it without fusion")
	}
	if o.To == 0 {
		o.To = n
	}
	if o.From < 0 || o.From > o.To || o.To > n {
		return 0, 0, fmt.Errorf("operations %d to %d are not among the plan's %d", o.From, o.To, n)
	}
	return o.From, o.To, nil
}
