//go:build !nogpu

package vulkan

import (
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// appleDriver is MoltenVK's VkDriverId.
const appleDriver = 14

// coarse reports whether timestamps can't tell the steps of one submission apart:
// Apple's GPUs take them where an encoder ends, and some drivers have none.
func (p *physical) coarse() bool { return p.stampBits == 0 || p.driver.ID == appleDriver }

// tell reads the timestamps of an observed run and reports its spans, counted from the
// first of them.
func (p *program) tell(list []segment, observe func(tensor.Span)) error {
	d := p.dev
	from, to := list[0].from, list[len(list)-1].to
	n := 2 * (to - from)
	r := d.GetQueryPoolResults.Call(d.handle, p.queries, 2*from, n, 8*n, &p.stamps[0], 8, vk.QueryWait64)
	if err := r.Check("reading timestamps"); err != nil {
		return err
	}
	at := func(i int) time.Duration { return d.p.elapsed(p.stamps[0], p.stamps[i]) }
	for i := from; i < to; i++ {
		head := p.Steps[i].Group.Head
		p.progress.Store(int64(head))
		observe(tensor.Span{Op: head, Start: at(2 * (i - from)), End: at(2*(i-from) + 1)})
	}
	return nil
}

// elapsed is how long a step took, by its timestamps.
func (p *program) elapsed(step int) (time.Duration, error) {
	d := p.dev
	r := d.GetQueryPoolResults.Call(d.handle, p.queries, 2*step, 2, 16, &p.stamps[0], 8, vk.QueryWait64)
	return d.p.elapsed(p.stamps[0], p.stamps[1]), r.Check("reading timestamps")
}

// elapsed is the time between two timestamps, whose counter may have overflowed.
func (p *physical) elapsed(from, to uint64) time.Duration {
	mask := ^uint64(0) >> (64 - min(64, p.stampBits))
	return time.Duration(float64((to-from)&mask) * float64(p.props.Limits.TimestampPeriod())) // the period is in ns
}
