package nn

import (
	"math"

	"resnet-tui/tensor"
)

// Reading is one number of a probe's result.
type Reading struct {
	Buffer tensor.BufferID // tensor.NoBuffer: there is none
	At     int
}

// NoReading is where there is no probe.
var NoReading = Reading{Buffer: tensor.NoBuffer}

// BlockProbe says where a block's gradients are read; see BlockGradient.
type BlockProbe struct {
	Path                       string
	Out, In, Skip, Branch, Dot Reading
}

// BlockGradient are the L2 norms of the loss's gradient at a block y = f(F(x) +
// S(x)), over the whole batch. With g = ∂L/∂(F+S), Branch is ‖(∂F/∂x)ᵀg‖, Skip
// is ‖(∂S/∂x)ᵀg‖, In that of their sum, ∂L/∂x, and Out that of ∂L/∂y. In a
// pre-activation block with a projection both paths go back through the
// normalisation that they share.
type BlockGradient struct {
	Path    string
	Out, In float64
	Skip    float64 // if HasSkip: a plain block has none
	Branch  float64 // if HasBranch
	Cosine  float64 // of the angle between the two, if HasBoth and neither is zero; else NaN

	HasSkip, HasBranch bool
}

// HasBoth reports whether the block's input has two gradients that are added.
func (g BlockGradient) HasBoth() bool { return g.HasSkip && g.HasBranch }

// Ratio is Branch / Skip, NaN where there is no such thing.
func (g BlockGradient) Ratio() float64 {
	if !g.HasBoth() || g.Skip == 0 {
		return math.NaN()
	}
	return g.Branch / g.Skip
}

// read makes a BlockGradient of a probe's readings.
func (p BlockProbe) read(value func(Reading) float64) BlockGradient {
	has := func(r Reading) bool { return r.Buffer != tensor.NoBuffer }
	g := BlockGradient{
		Path: p.Path, Out: value(p.Out), In: value(p.In), Skip: value(p.Skip), Branch: value(p.Branch),
		HasSkip: has(p.Skip), HasBranch: has(p.Branch), Cosine: math.NaN(),
	}
	if g.HasBoth() && g.Skip != 0 && g.Branch != 0 {
		g.Cosine = value(p.Dot) / g.Skip / g.Branch
	}
	return g
}

// blockValues are the blocks by the layers whose results they take and give.
type blockValues struct {
	blocks   []*Module
	from, to map[int][]int // by layer: indices of blocks
}

func (m *Model) blockValues() blockValues {
	v := blockValues{blocks: m.Blocks(), from: map[int][]int{}, to: map[int][]int{}}
	for i, b := range v.blocks {
		v.from[b.From] = append(v.from[b.From], i)
		v.to[b.To] = append(v.to[b.To], i)
	}
	return v
}

// boundary reports whether a block begins or ends at a layer's result.
func (v *blockValues) boundary(layer int) bool { return len(v.from[layer])+len(v.to[layer]) > 0 }

// probes are the blocks' probes, with nothing to read yet.
func (v *blockValues) probes() []BlockProbe {
	probes := make([]BlockProbe, len(v.blocks))
	for i, b := range v.blocks {
		probes[i] = BlockProbe{b.Path, NoReading, NoReading, NoReading, NoReading, NoReading}
	}
	return probes
}

// probeBoundary adds the gradients of a value at which a block begins or ends,
// and notes for which blocks its norms are what.
func (b *backward) probeBoundary(layer int, flows []flow) tensor.BufferID {
	sum := flows[0].id
	var whole Reading
	branch, skip, dot := NoReading, NoReading, NoReading
	if len(flows) == 2 {
		op, at := b.fork(layer, tensor.Join, flows[0].id, flows[1].id)
		probe := b.buffer(op.Path+".grad_norms", tensor.Shape{4}, tensor.Kept)
		op.Out = append(op.Out, probe)
		b.add(op, at)
		sum = op.Out[0]
		branch, skip, dot, whole = Reading{probe, 0}, Reading{probe, 1}, Reading{probe, 2}, Reading{probe, 3}
	} else {
		whole = Reading{Buffer: b.norm(b.boundaryPath(layer), sum)}
		if flows[0].part == Branch {
			branch = whole
		} else {
			skip = whole
		}
	}
	for _, i := range b.blocks.to[layer] {
		b.Blocks[i].Out = whole
	}
	for _, i := range b.blocks.from[layer] {
		p := &b.Blocks[i]
		p.In = whole
		if m := b.blocks.blocks[i]; m.From == m.To { // lesions have left nothing but its skip
			p.Skip = whole
			continue
		}
		p.Branch, p.Skip, p.Dot = branch, skip, dot
	}
	return sum
}

// boundaryPath names the probe at a block's edge.
func (b *backward) boundaryPath(layer int) string {
	if at := b.blocks.from[layer]; len(at) > 0 {
		return b.blocks.blocks[at[len(at)-1]].Path + ".grad_in"
	}
	return b.blocks.blocks[b.blocks.to[layer][0]].Path + ".grad_out"
}
