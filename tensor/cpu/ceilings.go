package cpu

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Ceilings measures with the best kernels that the processor has, whichever the
// device was opened with: roofs are the machine's. It takes about one second.
func (d *device) Ceilings(ctx context.Context, threads int) (tensor.Ceilings, error) {
	k := asm.Get("")
	n := d.info.Cores
	if threads > 0 {
		n = min(n, threads)
	}
	p := newPool(n)
	defer p.stop()
	size := int64(readBytes)
	if free := availableMemory(); free > 0 {
		size = min(size, free/int64(4*n)/readCall*readCall)
	}
	if size < readCall {
		return tensor.Ceilings{}, fmt.Errorf("there is too little memory free to measure its bandwidth")
	}
	r, err := newRegion(size * int64(n))
	if err != nil {
		return tensor.Ceilings{}, err
	}
	defer r.free()
	fill := func(_ *worker, part, _ int) { touch(share(r, part, size)) }
	p.do(n, func(*worker) { p.run(&phase{pieces: n, run: fill}) })

	peak := func(kernel func(n int) int64) float64 {
		return best(ctx, p, n, peakTime, func(int) int64 { return kernel(peakRounds) })
	}
	read := func(part int) int64 {
		x := share(r, part, size)
		for at := 0; at < int(size); at += readCall {
			k.Read(unsafe.Pointer(&x[at/floatBytes]), readCall)
		}
		return size
	}
	c := tensor.Ceilings{FLOPS: peak(k.Peak), BytesPerSecond: best(ctx, p, n, readTime, read)}
	// Without products of bf16, its convolutions run on float32's kernels.
	c.Matrix = map[tensor.Precision]float64{tensor.BF16: c.FLOPS}
	if k.Dot != nil {
		c.Matrix[tensor.BF16] = peak(k.Dot.Peak)
	}
	return c, ctx.Err()
}

// share is a thread's part of the region.
func share(r *region, part int, size int64) []float32 {
	n := int(size) / floatBytes
	return r.data[part*n : (part+1)*n]
}

// touch writes to every page: untouched ones are all the same page of zeros.
func touch(x []float32) {
	for i := 0; i < len(x); i += lineBytes / floatBytes {
		x[i] = 1
	}
}

// best is the highest rate per second of several runs of work on all threads.
func best(ctx context.Context, p *pool, threads int, total time.Duration, work func(part int) int64) float64 {
	var most float64
	for range ceilingRuns {
		if ctx.Err() != nil {
			break
		}
		most = max(most, rate(p, threads, total/ceilingRuns, work))
	}
	return most
}

// rate does work on all threads at once, for that time, and returns how much
// they did in a second. Each piece waits for the others, so that every thread
// has one, but no longer than the work lasts, in case the machine is crowded.
func rate(p *pool, threads int, span time.Duration, work func(part int) int64) float64 {
	var arrived, done, busy atomic.Int64
	ph := phase{pieces: threads, run: func(_ *worker, part, _ int) {
		arrived.Add(1)
		for start := time.Now(); arrived.Load() < int64(threads) && time.Since(start) < span; {
		}
		start := time.Now()
		var sum int64
		for time.Since(start) < span {
			sum += work(part)
		}
		done.Add(sum)
		busy.Add(int64(time.Since(start)))
	}}
	p.do(threads, func(*worker) { p.run(&ph) })
	return float64(done.Load()) / (float64(busy.Load()) / float64(threads) / 1e9)
}
