package nn

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"resnet-tui/tensor"
)

// calibrationValues is the number of values per channel that batch statistics
// need at least, at the batch norm that has the fewest: a ResNet-50 reaches it
// with two images of 224×224.
const calibrationValues = 64

// wantsCalibration reports whether the running statistics are still those of
// the initialisation, and the session would normalise by them.
func (s *Session) wantsCalibration() bool {
	o := &s.options
	running := o.Mode != Train || slices.ContainsFunc(s.model.Layers, func(l *Layer) bool { return l.Frozen })
	return o.Calibrate && o.Source == nil && running && !s.calibrated && s.model.Total.Buffers > 0
}

// calibrate sets the running statistics to those of one seeded batch. The pass
// does not depend on the session's batch, lesions and options, so that these do
// not change the net.
func (s *Session) calibrate(ctx context.Context, weights func(done, total int64)) (err error) {
	whole := s.model.Unlesioned()
	m, err := whole.WithBatch(whole.calibrationBatch())
	if err != nil {
		return err
	}
	l, err := m.lowerCalibration()
	if err != nil {
		return err
	}
	o := tensor.Options{Threads: s.options.Threads, Fuse: true, Exact: true, Progress: weights}
	p, err := s.device.Compile(l.Plan, s.state, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Write(l.Input, normal(s.options.Seed, "calibration", m.Input)); err != nil {
		return err
	}
	run := tensor.RunOptions{
		Observe: spansDone(len(l.Plan.Ops), s.stageProgress("calibration")),
		Scalars: make([]float32, len(l.Plan.Scalars)),
	}
	if err := p.Run(ctx, run); err != nil {
		return err
	}
	s.calibrated = true
	return nil
}

// lowerCalibration makes the plan of a forward pass that replaces the running
// statistics by the batch's.
func (m *Model) lowerCalibration() (*Lowered, error) {
	f, err := m.newLowering(Pass{Mode: Train}, nil)
	if err != nil {
		return nil, err
	}
	f.momentum = 1
	f.forward()
	return f.finish()
}

// calibrationBatch is the smallest batch with which every batch norm has
// calibrationValues per channel.
func (m *Model) calibrationBatch() int {
	least := calibrationValues
	for _, l := range m.Layers {
		if l.Kind == tensor.BatchNorm2d {
			least = min(least, l.In[2]*l.In[3])
		}
	}
	return (calibrationValues + least - 1) / least
}

// spansDone is an observer of spans that reports how many operations of a pass
// are done; nil without report. Workers end out of order: it reports the most.
func spansDone(ops int, report func(done, total int64)) func(tensor.Span) {
	if report == nil {
		return nil
	}
	var most atomic.Int64
	return func(span tensor.Span) {
		done := int64(span.Op + 1)
		for old := most.Load(); done > old; old = most.Load() {
			if most.CompareAndSwap(old, done) {
				report(done, int64(ops))
				return
			}
		}
	}
}

// stageProgress reports one stage of a session's start; nil if nobody listens.
func (s *Session) stageProgress(stage string) func(done, total int64) {
	report := s.options.Progress
	if report == nil {
		return nil
	}
	return func(done, total int64) { report(stage, done, total) }
}
