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

// cpuTimes is a resnet.CPUTimer that adds up what the threads used, by group.
// Passes that it watches are slower, so they don't count.
type cpuTimes struct {
	groupOf map[int]int
	sums    []time.Duration
	passes  int
}

// measureCPU is the processor time of each group in a pass; nil if the device
// does not tell.
func measureCPU(ctx context.Context, s Runner) ([]time.Duration, error) {
	groups := s.Lowered().Groups
	c := &cpuTimes{groupOf: make(map[int]int, len(groups)), sums: make([]time.Duration, len(groups))}
	for g := range groups {
		c.groupOf[groups[g].Head] = g
	}
	for begin := time.Now(); c.passes < cpuPasses && time.Since(begin) < cpuTime; c.passes++ {
		if err := s.Run(ctx, c); err != nil {
			return nil, err
		}
	}
	var all time.Duration
	for g := range c.sums {
		c.sums[g] /= time.Duration(c.passes)
		all += c.sums[g]
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

// Span adds a worker's part of a group.
func (c *cpuTimes) Span(s tensor.Span) {
	if g, ok := c.groupOf[s.Op]; ok {
		c.sums[g] += s.CPU
	}
}

// End ends a pass.
func (*cpuTimes) End(time.Duration) {}
