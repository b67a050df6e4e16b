package nn

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// PathParts are the parts of a gradient at the net's input: by number of branches that
// they came back through, and whole, each N×C×H×W. A part that is zero throughout since
// no path has that many branches is nil.
type PathParts struct {
	Branches []*tensor.Tensor // from 0 to the number of blocks that it came through
	Whole    *tensor.Tensor   // the ordinary gradient
	SumError float64          // ‖sum of the parts − whole‖ / ‖whole‖, 0 if whole is 0
}

// PathsFrom splits the gradient of ⟨seed, output⟩ at the net's input by path length, for
// the session's input and in its mode; running statistics stay as they are. from is a
// layer whose output is a block's, and seed has the shape of that output. See LowerPaths
// for what it costs.
func (s *Session) PathsFrom(ctx context.Context, from At, seed *tensor.Tensor) (*PathParts, error) {
	switch {
	case s.program == nil:
		return nil, errClosed
	case s.input == nil:
		return nil, errors.New("paths need an input")
	}
	pass := Pass{Mode: s.options.Mode, FreezeStats: true, Backward: &Backward{From: from}}
	l, probes, err := s.model.LowerPaths(pass, len(s.model.Blocks())+1)
	if err != nil {
		return nil, err
	}
	p, err := s.device.Compile(l.Plan, s.state, s.options.compile(nil))
	if err != nil {
		return nil, err
	}
	parts, err := s.runPathsFrom(ctx, p, l, probes[0], seed)
	return parts, errors.Join(err, p.Close())
}

// runPathsFrom runs a plan of LowerPaths from a seed, and reads the parts at the input.
func (s *Session) runPathsFrom(
	ctx context.Context, p tensor.Program, l *Lowered, probe PathProbe, seed *tensor.Tensor,
) (*PathParts, error) {
	scalars, err := s.scalarsOf(l.Plan)
	if err := errors.Join(err, p.Write(l.Input, s.input), p.Write(l.Seed, seed)); err != nil {
		return nil, err
	}
	if err := p.Run(ctx, tensor.RunOptions{Scalars: scalars}); err != nil {
		return nil, err
	}
	read := func(id tensor.BufferID) *tensor.Tensor {
		t := tensor.New(l.Plan.Buffers[id].Shape...)
		err = errors.Join(err, p.Read(id, t))
		return t
	}
	parts := &PathParts{Whole: read(probe.Whole)}
	for _, id := range probe.Parts[:len(probe.Branches)] {
		var part *tensor.Tensor
		if id != tensor.NoBuffer {
			part = read(id)
		}
		parts.Branches = append(parts.Branches, part)
	}
	parts.SumError = probe.read(func(r Reading) float64 {
		if r == NoReading {
			return 0
		}
		return float64(read(r.Buffer).Data[r.At])
	}).SumError
	return parts, err
}

// upstream are the blocks that the gradient goes back through: all, or those up to the
// one at whose output it begins.
func (f *lowering) upstream(blocks []*Module) ([]*Module, error) {
	from := f.pass.Backward.From
	if from == "" {
		return blocks, nil
	}
	for i, b := range blocks {
		if b.To == f.from {
			return blocks[:i+1], nil
		}
	}
	return nil, fmt.Errorf("paths from %s: it is not the output of a block", from)
}

// keep keeps the parts of the gradient and the whole, where they have arrived.
func (p *paths) keep(probe *PathProbe) {
	for _, id := range append(slices.Clone(p.parts), p.whole) {
		if id != tensor.NoBuffer && id != p.Seed {
			p.Plan.Buffers[id].Class = tensor.Kept
		}
	}
	probe.Parts, probe.Whole = slices.Clone(p.parts), p.whole
}
