package profile

import (
	"context"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// CPU times are means over cpuPasses passes, or over those that start within
// cpuTime. No statistics are made of them, so a few passes are enough.
const (
	cpuPasses = 10
	cpuTime   = time.Second
)

// cpuTimes is an nn.CPUTimer that sums the CPU time of all threads by kernel.
// Reading a thread's CPU clock is expensive, so the passes that it observes are
// slower and must not be among the measured ones.
type cpuTimes struct {
	plan   *tensor.Plan
	index  kernelIndex
	sums   []time.Duration // by kernel
	passes int
	err    error // first span of an unknown kernel
}

// measureCPU returns the mean CPU time of each kernel per pass, summed over
// threads, or nil if the device doesn't report CPU times. It runs passes of its
// own. Its errors are those of the runner, and a *SpanError.
func measureCPU(ctx context.Context, s Runner) ([]time.Duration, error) {
	plan, kernels := s.Lowered().Plan, s.Kernels()
	c := &cpuTimes{plan: plan, index: indexKernels(plan, kernels), sums: make([]time.Duration, len(kernels))}
	for begin := time.Now(); c.passes < cpuPasses && time.Since(begin) < cpuTime; c.passes++ {
		if err := s.Run(ctx, c); err != nil {
			return nil, err
		}
		if c.err != nil {
			return nil, c.err
		}
	}
	var all time.Duration
	for k := range c.sums {
		c.sums[k] /= time.Duration(c.passes)
		all += c.sums[k]
	}
	if all == 0 {
		return nil, nil
	}
	return c.sums, nil
}

// TimesCPU requests the CPU time of each span.
func (*cpuTimes) TimesCPU() {}

// Begin starts a pass.
func (*cpuTimes) Begin(*nn.Lowered) {}

// Span adds one worker's share of a kernel.
func (c *cpuTimes) Span(s tensor.Span) {
	k := c.index.of(s.Op)
	if k < 0 {
		c.err = unknownHead(c.plan, s.Op)
		return
	}
	c.sums[k] += s.CPU
}

// End ends a pass.
func (*cpuTimes) End(time.Duration) {}
