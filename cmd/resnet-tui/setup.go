package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// setup is a net, a device and an input, ready to make a session of.
type setup struct {
	model   *resnet.Model
	device  tensor.Device
	options resnet.SessionOptions
	images  *images // nil: random
	weights *checkpoint.File
	from    string // --weights
	target  []int  // the images' classes, or random ones for a backward pass; nil: none

	labelled bool // the target is no random one

	ops report.Convention
}

// prepare opens everything that the flags name. Nothing is computed yet.
func prepare(cmd *cobra.Command, m *modelFlags, r *runFlags) (*setup, error) {
	s := &setup{from: m.weights}
	err := cmp.Or(r.settle(cmd), m.adoptBuiltin(cmd.Flags()))
	if err != nil {
		return nil, err
	}
	if len(r.input) == 0 {
		s.images, s.target, err = m.samples()
	} else {
		s.images, err = readInput(cmd.Context(), r.input, &m.config, cmd.Flags(), cmd.ErrOrStderr())
	}
	if err != nil {
		return nil, err
	}
	if s.model, err = m.build(); err != nil {
		return nil, err
	}
	if r.count != "" {
		if s.ops, err = report.FindConvention(s.model, r.count); err != nil {
			return nil, asUsage(err)
		}
	}
	s.options = resnet.SessionOptions{
		Train: r.mode == "train", Fuse: !r.noFuse, Exact: r.exact, Threads: r.threads, Precision: r.tensorPrecision(),
		Seed: m.seed, Calibrate: !r.noCalibrate,
	}
	if err := s.step(r); err != nil {
		return nil, err
	}
	if s.device, err = openDevice(r.device, r.precision); err != nil {
		return nil, err
	}
	if err := s.openWeights(m.weights); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openWeights opens a checkpoint and matches it with the net's parameters.
func (s *setup) openWeights(path string) error {
	f, source, err := openWeights(path, s.model)
	s.weights, s.options.Source = f, source
	return err
}

// openWeights is the checkpoint's file and what it gives for m's parameters;
// both nil without a path.
func openWeights(path string, m *resnet.Model) (*checkpoint.File, tensor.Source, error) {
	if path == "" {
		return nil, nil, nil
	}
	f, err := openCheckpoint(path)
	if err != nil {
		return nil, nil, asUsage(fmt.Errorf("--weights: %w", err))
	}
	source, err := f.Source(m.Params)
	if err != nil {
		f.Close()
		return nil, nil, asUsage(fmt.Errorf("--weights for %s: %w", m.Name, err))
	}
	return f, source, nil
}

// openCheckpoint opens a file, or weights that the program carries.
func openCheckpoint(path string) (*checkpoint.File, error) {
	name, ok := strings.CutPrefix(path, builtinPrefix)
	if !ok {
		return checkpoint.Open(path)
	}
	n, err := builtin.Find(name)
	if err != nil {
		return nil, err
	}
	return n.Open()
}

// session compiles the net and sets its input.
func (s *setup) session(ctx context.Context, p *progress) (*resnet.Session, error) {
	if err := s.checkMemory(); err != nil {
		return nil, err
	}
	s.options.Progress = p.session
	session, err := resnet.NewSession(ctx, s.device, s.model, s.options)
	p.clear()
	if err != nil {
		return nil, s.explain(err)
	}
	if err := cmp.Or(session.SetInput(s.input()), s.aim(session)); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return session, nil
}

// input is what the flags gave, or seeded noise.
func (s *setup) input() *tensor.Tensor {
	if s.images != nil {
		return s.images.batch
	}
	return resnet.RandomInput(s.options.Seed, s.model.Root.In)
}

// describeInput says what the input is, and the names of its pictures.
func (s *setup) describeInput() report.RunInput {
	in := report.RunInput{Shape: s.model.Root.In, Source: fmt.Sprintf("random, seed %d", s.options.Seed)}
	if s.images != nil {
		in.Source, in.Names = s.images.source, s.images.names
	}
	return in
}

// weightsLine says where the weights come from.
func (s *setup) weightsLine(calibrated bool) string {
	switch {
	case s.from != "":
		return s.from
	case calibrated:
		return fmt.Sprintf("random, seed %d, calibrated on random input", s.options.Seed)
	}
	return fmt.Sprintf("random, seed %d", s.options.Seed)
}

// describe names the net in reports.
func (s *setup) describe(session *resnet.Session) profile.Model {
	return profile.Describe(s.model, s.weightsLine(session.Calibrated()))
}

func (s *setup) close() error {
	var closers []io.Closer
	if s.device != nil {
		closers = append(closers, s.device)
	}
	if s.weights != nil {
		closers = append(closers, s.weights)
	}
	var err error
	for _, c := range closers {
		err = errors.Join(err, c.Close())
	}
	return err
}
