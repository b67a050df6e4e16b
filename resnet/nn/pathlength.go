package nn

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// PathSpectrum is the gradient of the loss at one value of the net, split by the
// number of branches that it came back through (Veit, Wilber and Belongie 2016,
// "Residual Networks Behave Like Ensembles of Relatively Shallow Networks").
// For a given forward pass, going back is linear: with n blocks downstream, the
// gradient is the sum of n+1 parts, which are all exact; nothing is sampled.
type PathSpectrum struct {
	Block    string    // whose input it is, or PathsInput
	Branches []float64 // L2 norms of the parts through 0, 1, 2, … branches
	Rest     float64   // norm of the sum of the parts through more branches
	HasRest  bool      // whether there are any
	Gradient float64   // norm of the ordinary gradient
	// SumError is ‖sum of the parts − ordinary gradient‖ / ‖ordinary
	// gradient‖; the two are computed apart.
	SumError float64
}

// PathsInput stands for the net's own input in PathSpectrum.Block.
const PathsInput = "input"

// PathProbe says where a PathSpectrum is read. Error is the norm of the difference
// between the ordinary gradient and the sum of the parts.
type PathProbe struct {
	Block                 string
	Branches              []Reading // NoReading is 0
	Rest, Gradient, Error Reading

	// Parts hold, at the net's input of a plan with Backward.From, the parts themselves:
	// by number of branches, then the rest. tensor.NoBuffer stands for zero.
	Parts []tensor.BufferID
	Whole tensor.BufferID // the ordinary gradient there
}

// minusOne names the scalar input that turns an addition into a difference.
const minusOne = "minus one"

// paths carries a gradient back through the blocks in parts. parts[k] has passed
// through exactly k branches; the last entry collects all longer paths. NoBuffer
// stands for zero.
type paths struct {
	*backward
	blocks []*Module
	parts  []tensor.BufferID
	whole  tensor.BufferID // the ordinary gradient
	found  []PathProbe
}

// LowerPaths makes the plan of a forward pass and of a backward pass that carries
// k parts and the rest, and says where the spectra are: that of the net's input,
// then those of the blocks'. Of p it takes mode, statistics, and what the gradient is
// of: the loss, or with Backward.From a seed at the output of a block, and then the
// parts at the input are kept. There are no gradients of parameters and no other
// probes. It is an error if the net has no blocks, or k is less than 1.
//
// Each part and the ordinary gradient go back through every block that they can
// reach: up to k+2 times the data gradients of a backward pass, and as many
// buffers of the size of a block's input beside those of the forward pass.
func (m *Model) LowerPaths(p Pass, k int) (*Lowered, []PathProbe, error) {
	blocks := m.Blocks()
	switch {
	case len(blocks) == 0:
		return nil, nil, fmt.Errorf("%s has no blocks, and so no paths", m.Name)
	case k < 1:
		return nil, nil, fmt.Errorf("%d path lengths: it must be at least 1", k)
	}
	from := Backward{Smoothing: p.smoothing(), NoParams: true}
	if p.Backward != nil {
		from.From = p.Backward.From
	}
	f, err := m.newLowering(Pass{Mode: p.Mode, FreezeStats: p.FreezeStats, Backward: &from}, nil)
	if err != nil {
		return nil, nil, err
	}
	if blocks, err = f.upstream(blocks); err != nil {
		return nil, nil, err
	}
	f.forward()
	x := &paths{backward: &backward{lowering: f, toInput: true}, blocks: blocks}
	x.begin()
	x.parts = make([]tensor.BufferID, min(k, len(blocks)+1)+1)
	x.start(f.origin())
	x.run()
	slices.Reverse(x.found)
	l, err := f.finish()
	return l, x.found, err
}

// run goes from the origin of the gradient to the net's input.
func (p *paths) run() {
	last := p.blocks[len(p.blocks)-1]
	p.whole = p.through(p.model.Layers[last.To+1:p.from+1], last.To)[0].id
	for i := range p.parts {
		p.parts[i] = tensor.NoBuffer
	}
	p.parts[0] = p.whole
	for _, b := range slices.Backward(p.blocks) {
		if b.From != b.To {
			p.block(b)
		}
		p.probe(b.Path)
	}
	stem := p.model.Layers[:p.blocks[0].From+1]
	for i, dy := range p.parts {
		if dy != tensor.NoBuffer {
			p.parts[i] = p.part(stem, dy, -1)[0].id
		}
	}
	p.whole = p.part(stem, p.whole, -1)[0].id
	p.probe(PathsInput)
	if p.Seed != tensor.NoBuffer {
		p.keep(&p.found[len(p.found)-1])
	}
}

// part takes one gradient of the last of these layers back through them, to the
// result of layer from: one flow, or one per path of a block.
func (p *paths) part(layers []*Layer, dy tensor.BufferID, from int) []flow {
	p.flows[layers[len(layers)-1].Index] = []flow{{dy, Trunk}}
	return p.through(layers, from)
}

// through takes what has reached these layers back through them.
func (p *paths) through(layers []*Layer, from int) []flow {
	for _, l := range slices.Backward(layers) {
		p.layer(l)
		p.flows[l.Index] = nil
	}
	at := (from + len(p.flows)) % len(p.flows)
	flows := p.flows[at]
	p.flows[at] = nil
	slices.SortStableFunc(flows, func(x, y flow) int { return int(x.part) - int(y.part) })
	return flows
}

// block takes every part back through a block: what came through the skip keeps
// its number of branches, what came through the branch has one more.
func (p *paths) block(b *Module) {
	next := slices.Repeat([]tensor.BufferID{tensor.NoBuffer}, len(p.parts))
	p.split = map[*Module]bool{b: true}
	for i, dy := range p.parts {
		if dy == tensor.NoBuffer {
			continue
		}
		for _, f := range p.part(b.Layers, dy, b.From) {
			to := i
			if f.part == Branch {
				to = min(i+1, len(next)-1)
			}
			next[to] = p.plus(b, next[to], f.id)
		}
	}
	p.parts, p.split = next, nil
	flows := p.part(b.Layers, p.whole, b.From)
	p.whole = flows[0].id
	for _, f := range flows[1:] {
		p.whole = p.plus(b, p.whole, f.id)
	}
}

// plus adds two gradients of a block's input.
func (p *paths) plus(b *Module, x, y tensor.BufferID) tensor.BufferID {
	if x == tensor.NoBuffer {
		return y
	}
	return p.sum(b.From, x, y)
}

// probe takes the norms of the parts, of the ordinary gradient, and of the
// difference between it and their sum.
func (p *paths) probe(block string) {
	probe := PathProbe{Block: block, Rest: NoReading}
	rest, sum := len(p.parts)-1, tensor.NoBuffer
	for i, id := range p.parts {
		r := NoReading
		if id != tensor.NoBuffer {
			r = Reading{Buffer: p.norm(block, id)}
			if sum == tensor.NoBuffer {
				sum = id
			} else {
				sum = p.sumFor(block, sum, id, tensor.NoScalar)
			}
		}
		if i == rest {
			probe.Rest = r
		} else if i <= p.reach() {
			probe.Branches = append(probe.Branches, r)
		}
	}
	probe.Gradient = Reading{Buffer: p.norm(block, p.whole)}
	probe.Error = Reading{Buffer: p.norm(block, p.sumFor(block, p.whole, sum, p.scalar(minusOne)))}
	p.found = append(p.found, probe)
}

// reach is the largest number of branches that a path from the loss to here
// can have.
func (p *paths) reach() int {
	n := len(p.found) + 1
	return min(n, len(p.blocks))
}

// sumFor is scale·x + y, for a probe.
func (p *paths) sumFor(block string, x, y tensor.BufferID, scale int) tensor.BufferID {
	out := p.buffer(block+".grad_sum", p.Plan.Buffers[x].Shape, tensor.Scratch)
	p.add(tensor.Op{
		Kind: tensor.Add, Pass: tensor.Backward, Path: block, Scalar: scale,
		In: []tensor.BufferID{x, y}, Out: []tensor.BufferID{out},
	}, -1)
	return out
}

// read makes a PathSpectrum of a probe's readings.
func (p PathProbe) read(value func(Reading) float64) PathSpectrum {
	s := PathSpectrum{Block: p.Block, Rest: value(p.Rest), HasRest: p.Rest != NoReading, Gradient: value(p.Gradient)}
	for _, r := range p.Branches {
		s.Branches = append(s.Branches, value(r))
	}
	if s.Gradient != 0 {
		s.SumError = value(p.Error) / s.Gradient
	}
	return s
}

// PathLengths splits the gradient for the session's input and target by path
// length, with k exact parts, in the session's mode; running statistics stay as
// they are. See LowerPaths for what it costs, and for errors. The first spectrum
// is that of the net's input. progress, if not nil, is told how many operations
// are done, from any goroutine.
func (s *Session) PathLengths(ctx context.Context, k int, progress func(done, total int64)) ([]PathSpectrum, error) {
	switch {
	case s.program == nil:
		return nil, errClosed
	case s.input == nil || s.target == nil:
		return nil, errors.New("paths need an input and a target")
	}
	pass := s.options.Pass
	pass.FreezeStats = true
	l, probes, err := s.model.LowerPaths(pass, k)
	if err != nil {
		return nil, err
	}
	p, err := s.device.Compile(l.Plan, s.state, s.options.compile(nil))
	if err != nil {
		return nil, err
	}
	spectra, err := s.runPaths(ctx, p, l, probes, progress)
	return spectra, errors.Join(err, p.Close())
}

// runPaths runs a plan of LowerPaths and reads its probes.
func (s *Session) runPaths(
	ctx context.Context, p tensor.Program, l *Lowered, probes []PathProbe, progress func(done, total int64),
) ([]PathSpectrum, error) {
	target := tensor.New(len(s.target))
	for i, class := range s.target {
		target.Data[i] = float32(class)
	}
	scalars, err := s.scalarsOf(l.Plan)
	if err := errors.Join(err, p.Write(l.Input, s.input), p.Write(l.Target, target)); err != nil {
		return nil, err
	}
	o := tensor.RunOptions{Scalars: scalars, Observe: spansDone(len(l.Plan.Ops), progress)}
	if err := p.Run(ctx, o); err != nil {
		return nil, err
	}
	var failed error
	var spectra []PathSpectrum
	for _, probe := range probes {
		spectra = append(spectra, probe.read(func(r Reading) float64 {
			if r == NoReading {
				return 0
			}
			t := tensor.New(1)
			failed = errors.Join(failed, p.Read(r.Buffer, t))
			return float64(t.Data[0])
		}))
	}
	return spectra, failed
}
