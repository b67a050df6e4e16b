package nn

import (
	"math"

	"resnet-tui/tensor"
)

// Reading says where one number of a probe's result is.
type Reading struct {
	Buffer tensor.BufferID // tensor.NoBuffer: there is none
	At     int             // the index in the buffer
}

// NoReading is where there is no probe.
var NoReading = Reading{Buffer: tensor.NoBuffer}

// BlockProbe says where a block's gradients are read; see BlockGradient. Dot is
// the dot product of the branch's and the skip's gradient.
type BlockProbe struct {
	Path                       string
	Out, In, Skip, Branch, Dot Reading
}

// BlockGradient holds the L2 norms of the loss's gradient at a block y = f(F(x) +
// S(x)), over the whole batch. With g = ∂L/∂(F+S), Branch is ‖(∂F/∂x)ᵀg‖, Skip
// is ‖(∂S/∂x)ᵀg‖, In is the norm of their sum, ∂L/∂x, and Out that of ∂L/∂y. In
// a pre-activation block with a projection, both paths go back through the
// normalisation that they share.
type BlockGradient struct {
	Path    string
	Out, In float64
	Skip    float64 // if HasSkip: a plain block has none
	Branch  float64 // if HasBranch: a lesion may have dropped it
	Cosine  float64 // of the angle between the two; NaN unless HasBoth and neither is zero

	HasSkip, HasBranch bool
}

// HasBoth reports whether the block's input has two gradients that are added.
func (g BlockGradient) HasBoth() bool { return g.HasSkip && g.HasBranch }

// Ratio is Branch / Skip; NaN unless HasBoth, and where Skip is zero.
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

// noBlockProbes are the probes of blocks with nothing to read yet.
func noBlockProbes(blocks []*Module) []BlockProbe {
	probes := make([]BlockProbe, len(blocks))
	for i, b := range blocks {
		probes[i] = BlockProbe{b.Path, NoReading, NoReading, NoReading, NoReading, NoReading}
	}
	return probes
}

// blockEdges are blocks by the layers whose results they take and give.
type blockEdges struct {
	blocks   []*Module     // of the whole net
	from, to map[int][]int // by layer, −1 for the net's input: indices of blocks that begin or end there
	chosen   map[*Module]bool
}

// newBlockEdges are those of the blocks that choose picks by index.
func newBlockEdges(blocks []*Module, choose func(i int) bool) blockEdges {
	e := blockEdges{blocks: blocks, from: map[int][]int{}, to: map[int][]int{}, chosen: map[*Module]bool{}}
	for i, b := range blocks {
		if choose(i) {
			e.from[b.From] = append(e.from[b.From], i)
			e.to[b.To] = append(e.to[b.To], i)
			e.chosen[b] = true
		}
	}
	return e
}

// any reports whether there is any block.
func (e *blockEdges) any() bool { return len(e.chosen) > 0 }

// has reports whether a block begins or ends at a layer's result.
func (e *blockEdges) has(layer int) bool { return len(e.from[layer])+len(e.to[layer]) > 0 }

// probeBoundary adds up the gradients of a value at which a block begins or
// ends, takes their norms, and records which norm belongs to which block.
func (b *backward) probeBoundary(layer int, flows []flow) tensor.BufferID {
	sum, norms := b.measureFlows(layer, flows)
	for _, i := range b.edges.to[layer] {
		b.blockProbes[i].Out = norms.In
	}
	for _, i := range b.edges.from[layer] {
		p := &b.blockProbes[i]
		p.In = norms.In
		if m := b.edges.blocks[i]; m.From == m.To { // lesions have left nothing but its skip
			p.Skip = norms.In
			continue
		}
		p.Branch, p.Skip = norms.Branch, norms.Skip
		p.Dot = norms.Dot
	}
	return sum
}

// measureFlows adds up the gradients of a value and takes the norms of the sum,
// In, and of its parts, as of a block that begins there.
func (b *backward) measureFlows(layer int, flows []flow) (sum tensor.BufferID, norms BlockProbe) {
	norms = BlockProbe{Branch: NoReading, Skip: NoReading, Dot: NoReading}
	if len(flows) == 2 { // one operation adds the two and takes all four numbers
		op, at := b.fork(layer, tensor.Join, flows[0].id, flows[1].id)
		probe := b.buffer(op.Path+".grad_norms", tensor.Shape{4}, tensor.Kept)
		op.Out = append(op.Out, probe)
		b.add(op, at)
		norms.Branch, norms.Skip = Reading{probe, 0}, Reading{probe, 1}
		norms.Dot, norms.In = Reading{probe, 2}, Reading{probe, 3}
		return op.Out[0], norms
	}
	norms.In = Reading{Buffer: b.norm(b.boundaryPath(layer), flows[0].id)}
	if flows[0].part == Branch {
		norms.Branch = norms.In
	} else {
		norms.Skip = norms.In
	}
	return flows[0].id, norms
}

// boundaryPath names the probe at a block's edge.
func (b *backward) boundaryPath(layer int) string {
	if at := b.edges.from[layer]; len(at) > 0 {
		return b.edges.blocks[at[len(at)-1]].Path + ".grad_in"
	}
	return b.edges.blocks[b.edges.to[layer][0]].Path + ".grad_out"
}
