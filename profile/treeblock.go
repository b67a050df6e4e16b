package profile

import (
	"fmt"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// block fills in the row of a block and those below it. The rows below are, from
// top to bottom, the branch, the skip's own kernels, the join, and what follows the
// addition. If a kernel of the branch adds the skip, as fused programs do, the join
// shows the skip's own kernel, or none for an identity:
//
//	┏━   0                     ┌─   1
//	┃      conv1 bn1 relu      │      conv1 bn1 relu     branch
//	┃      conv2 bn2 ⊕ relu    │      conv2 bn2 ⊕ relu   branch
//	┗━   ⊕ downsample          └─   ⊕ identity           join
//
// Blocks of plain nets have no join.
func (b *builder) block(r *Row) {
	r.Kind = BlockRow
	r.Skip = r.Module.Block.Skip
	if s := r.Module.Block.Stride; s > 1 {
		r.Note = fmt.Sprintf("stride %d", s)
	}
	if b.net.Lowered == nil {
		b.blockLeaves(r)
		return
	}
	b.divide(r)
	p := &b.parts
	if r.Skip == nn.NoSkip {
		r.Children = b.children.concat(p.branch, p.skip, p.after)
		return
	}
	if p.join == nil {
		b.absorbedJoin(r)
	}
	p.join.Kind = JoinRow
	p.join.Label = b.joinLabel(r, p.join)
	r.Children = b.children.concat(p.branch, p.skip, []*Row{p.join}, p.after)
	setRails(r, len(p.branch)+len(p.skip))
}

// parts holds the rows of a block as He et al. 2015 draw it: the branch, the skip
// beside it, the ⊕ where they meet, and what comes after.
type parts struct {
	branch, skip, after []*Row
	join                *Row // nil if a kernel of the branch adds the skip
}

// divide makes the rows of a block's layers, sorted into parts. The parts' memory
// is reused from block to block.
func (b *builder) divide(r *Row) {
	p := &b.parts
	*p = parts{branch: p.branch[:0], skip: p.skip[:0], after: p.after[:0]}
	for _, l := range b.layersOf(r.Module) {
		switch {
		case l.Kind == tensor.Add:
			if rows := b.addLayer(nil, r, l); len(rows) > 0 && !rows[0].Gone {
				p.join = rows[0]
			}
		case l.Part == nn.Skip:
			p.skip = b.addLayer(p.skip, r, l)
		case l.Part == nn.Join:
			p.after = b.addLayer(p.after, r, l)
		default:
			p.branch = b.addLayer(p.branch, r, l)
		}
	}
}

// layersOf returns the layers of a block of the whole net, plus those that a lesion
// added, at the place where they run.
func (b *builder) layersOf(m *nn.Module) []*nn.Layer {
	runs := b.modules[m.Path]
	if runs == nil {
		return m.Layers
	}
	layers := slices.Clone(m.Layers)
	at := 0 // after the last layer that both have
	for _, l := range runs.Layers {
		if i := slices.IndexFunc(layers, func(o *nn.Layer) bool { return callOf(o) == callOf(l) }); i >= 0 {
			at = i + 1
			continue
		}
		layers = slices.Insert(layers, at, l)
		at++
	}
	return layers
}

// absorbedJoin sets the join of a block in which the kernel of a convolution adds
// the skip. If the skip has a kernel of its own, its row becomes the join; else
// the join has no kernel.
func (b *builder) absorbedJoin(r *Row) {
	p := &b.parts
	if len(p.skip) == 1 {
		p.join, p.skip = p.skip[0], p.skip[:0]
		return
	}
	p.join = b.newRow(Row{ID: b.text("j:", r.Path), Path: r.Path, Parent: r, Module: r.Module, Out: r.Module.Out})
}

// setRails sets the rails of a block: from its own row past its children to the
// join, which is the child at index at.
func setRails(r *Row, at int) {
	r.Rail = RailTop
	for _, c := range r.Children[:at] {
		setRail(c, r.Skip, RailMid)
	}
	setRail(r.Children[at], r.Skip, RailEnd)
}

// setRail sets the rail of a row and of all rows below it.
func setRail(r *Row, skip nn.SkipKind, rail Rail) {
	r.Skip, r.Rail = skip, rail
	for _, c := range r.Children {
		setRail(c, skip, rail)
	}
}

// blockLeaves fills in the rows below a block in a tree without kernels.
func (b *builder) blockLeaves(r *Row) {
	r.Children = b.leaves(r)
	at := slices.IndexFunc(r.Children, func(c *Row) bool {
		return len(c.Layers) > 0 && c.Layers[0].Kind == tensor.Add
	})
	if at >= 0 {
		setRails(r, at)
	}
}
