package profile

import (
	"context"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

const (
	cpuPasses = 10
	cpuTime   = time.Second
)

// cpuTimes is a resnet.CPUTimer that adds up what the threads used, by kernel.
// Passes that it watches are slower, so they don't count.
type cpuTimes struct {
	plan   *tensor.Plan
	index  kernelIndex
	sums   []time.Duration
	passes int
	err    error
}

// measureCPU is the processor time of each kernel in a pass; nil if the device
// doesn't report it.
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

// TimesCPU asks for the spans' processor time.
func (*cpuTimes) TimesCPU() {}

// Begin starts a pass.
func (*cpuTimes) Begin(*nn.Lowered) {}

// Span adds a worker's part of a kernel.
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
