package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Bench is a net with its images, an open device and open weights, ready to be
// compiled. It is used by one goroutine at a time and is to be closed.
type Bench struct {
	*subject
	weights
	device   tensor.Device
	listener Listener
}

// Open resolves a spec and opens everything that it names. Nothing is computed yet.
func (v Service) Open(ctx context.Context, spec Spec, l Listener) (*Bench, error) {
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, err
	}
	return v.equip(ctx, s, l)
}

// openCounted opens a spec, and finds how its report counts operations: before the
// device, so that a wrong name costs nothing.
func (v Service) openCounted(ctx context.Context, spec Spec, count string, l Listener) (*Bench, report.Convention, error) {
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, report.Convention{}, err
	}
	ops, err := s.convention(count)
	if err != nil {
		return nil, ops, err
	}
	b, err := v.equip(ctx, s, l)
	return b, ops, err
}

// equip opens the device and the weights.
func (v Service) equip(ctx context.Context, s *subject, l Listener) (*Bench, error) {
	b := &Bench{subject: s, listener: l}
	var err error
	if b.device, err = v.openDevice(ctx, s.spec.Run, l); err != nil {
		return nil, err
	}
	if b.weights, err = openWeights(&s.spec, s.model, l); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close closes the device and the weights.
func (b *Bench) Close() error {
	err := b.device.Close()
	if b.file != nil {
		err = errors.Join(err, b.file.Close())
	}
	return err
}

// options are those of the bench's sessions.
func (b *Bench) options(probes ...nn.Probe) nn.SessionOptions {
	o := b.spec.sessionOptions(probes...)
	o.Source = b.source
	o.Progress = func(stage string, done, total int64) {
		if total > 0 {
			b.listener.progress(percent(stage, done, total))
		}
	}
	return o
}

func percent(stage string, done, total int64) Progress {
	return Progress{Stage: stage, Done: done, Total: total, Text: fmt.Sprintf("%s %d %%", stage, 100*done/total)}
}

// session compiles the net and sets its input. The session is to be closed before
// the bench.
func (b *Bench) session(ctx context.Context, probes ...nn.Probe) (*nn.Session, error) {
	o := b.options(probes...)
	if err := checkMemory(b.device, b.model.Model, o); err != nil {
		return nil, err
	}
	s, err := nn.NewSession(ctx, b.device, b.model.Model, o)
	if err != nil {
		return nil, ExplainMemory(b.device, b.model.Model, o, err)
	}
	if err := b.feed(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// feed gives a session its input and, if it has a loss, its target.
func (b *Bench) feed(s *nn.Session) error {
	if err := s.SetInput(b.input()); err != nil || !b.spec.Step.Backward {
		return err
	}
	err := s.SetTarget(b.target)
	if b.spec.Step.Update {
		err = cmp.Or(err, s.SetLearningRate(0)) // the weights stay
	}
	return err
}

// describe names the net in reports.
func (b *Bench) describe(s *nn.Session) profile.Model {
	weights := fmt.Sprintf("random, seed %d", b.spec.seed())
	switch {
	case b.spec.Weights != "":
		weights = b.spec.Weights
	case s.Calibrated():
		weights += ", calibrated on random input"
	}
	d := profile.Describe(b.model, weights)
	d.Partial = b.partial
	return d
}

// describeDevice names the device in reports.
func (b *Bench) describeDevice() profile.Device {
	return profile.DescribeDevice(b.device.Info(), b.spec.sessionOptions())
}

// Model is the net, with its lesions.
func (b *Bench) Model() *resnet.Model { return b.model }

// WeightsLine is what the weights are from, and how many of them don't fit, where not all
// had to; "" stands for the He initialisation.
func (b *Bench) WeightsLine() string {
	return profile.Model{Weights: b.spec.Weights, Partial: b.partial}.WeightsLine()
}

// Device is the device that was opened. It is closed with the bench.
func (b *Bench) Device() tensor.Device { return b.device }

// Spec is the spec that was opened, with what its fields imply.
func (b *Bench) Spec() Spec { return b.spec }

// SessionOptions are how the spec runs, weights included, without any probe but the
// gradients at blocks. Progress is left to the caller.
func (b *Bench) SessionOptions() nn.SessionOptions {
	o := b.options(probeBlocks)
	o.Progress = nil
	return o
}

// Images are the net's input, N×C×H×W, and where they are from; nil stands for
// seeded noise.
func (b *Bench) Images() (batch *tensor.Tensor, source string) {
	if b.images == nil {
		return nil, ""
	}
	return b.images.batch, b.images.source
}

// Norm is how samples from 0 to 1 became the images' values: (sample − mean)/std, by
// channel. Both are nil where nobody says.
func (b *Bench) Norm() (mean, std []float32) {
	if b.images == nil {
		return nil, nil
	}
	return b.images.norm.Mean, b.images.norm.Std
}

// Labels are the right classes of the images, nil if they aren't known.
func (b *Bench) Labels() []int {
	if !b.labelled {
		return nil
	}
	return b.target
}

// TwinWeights are carried weights for the plain twin of a net with carried weights:
// their name, and a function that opens them for the twin. Both are zero for another
// net.
func (b *Bench) TwinWeights() (name string, open func(twin *resnet.Model) (tensor.Source, error)) {
	if name = b.spec.twinWeights(); name == "" {
		return "", nil
	}
	return name, func(twin *resnet.Model) (tensor.Source, error) {
		w, err := openWeights(&Spec{Weights: name}, twin, Listener{}) // in memory: there is nothing to close
		return w.source, err
	}
}

// Convention is how operations are counted by that name; "" means MACs.
func (b *Bench) Convention(name string) (report.Convention, error) { return b.convention(name) }
