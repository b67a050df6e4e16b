//go:build !nogpu

package vulkan

import (
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// appleDriver is MoltenVK's VkDriverId.
const appleDriver = 14

// coarse reports whether timestamps can't tell the steps of one submission apart, so that
// in observed runs each step is submitted by itself: some drivers have none, and Apple's
// GPUs, which drivers reach through another interface, take them where an encoder ends.
func (p *physical) coarse() bool {
	return p.stampBits == 0 || p.driver.ID == appleDriver || p.extensions[subset]
}

// clockFeature says how the times of steps are taken.
func (p *physical) clockFeature() string {
	switch {
	case p.stampBits == 0:
		return "no timestamps: in observed runs each step is submitted by itself, and timed by the host"
	case p.coarse():
		return "timestamps of submissions only: in observed runs each step is submitted by itself"
	}
	return "timestamps of steps"
}

// flight is when a submission was given to the GPU, and when its end was seen: the GPU
// has worked on it between. Times count from the start of the run.
type flight struct{ from, to time.Duration }

// within is the time nearest to t in the flight.
func (f flight) within(t time.Duration) time.Duration { return min(max(t, f.from), f.to) }

// last is the end of the flight, of that length. A GPU that claims to have worked for no
// time at all, or longer, does not stamp what it should: then the flight is all that is
// known.
func (f flight) last(ran time.Duration) flight {
	if ran <= 0 || ran > f.to-f.from {
		return f
	}
	return flight{f.to - ran, f.to}
}

// tell reads the timestamps of an observed run and reports its spans.
func (p *program) tell(list []segment, observe func(tensor.Span)) error {
	d := p.dev
	from, to := list[0].from, list[len(list)-1].to
	n := 2 * (to - from)
	r := d.GetQueryPoolResults.Call(d.handle, p.queries, 2*from, n, 8*n, &p.stamps[0], 8, vk.QueryWait64)
	if err := r.Check("reading timestamps"); err != nil {
		return err
	}
	times := d.p.timeline(p.stamps[:n])
	anchor(times, list, p.flights)
	for i := from; i < to; i++ {
		head := p.Steps[i].Group.Head
		p.progress.Store(int64(head))
		observe(tensor.Span{Op: head, Start: times[2*(i-from)], End: times[2*(i-from)+1]})
	}
	return nil
}

// anchor moves times of the GPU's clock, of which each step of the segments has two, to
// where they belong in the run: as early as no segment begins before it was submitted. Two
// clocks never quite agree, so that a time may still lie outside its flight; it is moved
// to the end of that.
func anchor(times []time.Duration, list []segment, flights []flight) {
	first := list[0].from
	shift := flights[0].from - times[0]
	for i, seg := range list {
		shift = max(shift, flights[i].from-times[2*(seg.from-first)])
	}
	for i, seg := range list {
		for j := 2 * (seg.from - first); j < 2*(seg.to-first); j++ {
			times[j] = flights[i].within(times[j] + shift)
		}
	}
}

// elapsed is how long a step took, by its timestamps.
func (p *program) elapsed(step int) (time.Duration, error) {
	d := p.dev
	r := d.GetQueryPoolResults.Call(d.handle, p.queries, 2*step, 2, 16, &p.stamps[0], 8, vk.QueryWait64)
	return d.p.elapsed(p.stamps[0], p.stamps[1]), r.Check("reading timestamps")
}

// timeline is when timestamps were taken, after the first of them. It adds up the times
// between, so that a run may be longer than the counter lasts.
func (p *physical) timeline(stamps []uint64) []time.Duration {
	times := make([]time.Duration, len(stamps))
	for i := 1; i < len(stamps); i++ {
		times[i] = times[i-1] + p.elapsed(stamps[i-1], stamps[i])
	}
	return times
}

// elapsed is the time between two timestamps, whose counter may have overflowed. It is
// zero if the second is before the first.
func (p *physical) elapsed(from, to uint64) time.Duration {
	mask := ^uint64(0) >> (64 - min(64, p.stampBits))
	ticks := (to - from) & mask
	if ticks > mask/2 {
		return 0
	}
	return time.Duration(float64(ticks) * float64(p.props.Limits.TimestampPeriod())) // the period is in ns
}
