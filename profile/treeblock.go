package profile

import (
	"fmt"
	"slices"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// block fills in a block's row and those under it.
func (b *builder) block(r *Row) {
	r.Kind, r.Skip = BlockRow, r.Module.Block.Skip
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

// parts are a block's rows as the paper draws it: the branch downwards, the
// skip beside it, the ⊕ where they meet, and what comes after.
type parts struct {
	branch, skip, after []*Row
	join                *Row // nil if a kernel of the branch adds the skip
}

// divide sorts a block's rows into parts.
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

// layersOf are a block's layers, with those that a lesion added where they run.
func (b *builder) layersOf(m *nn.Module) []*nn.Layer {
	runs := b.modules[m.Path]
	if runs == nil {
		return m.Layers
	}
	layers := slices.Clone(m.Layers)
	at := 0
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

// absorbedJoin adds the ⊕ of a block whose last convolution's kernel adds the
// skip. The row stands for the skip's own kernel, where there is one.
func (b *builder) absorbedJoin(r *Row) {
	p := &b.parts
	if len(p.skip) == 1 {
		p.join, p.skip = p.skip[0], p.skip[:0]
		return
	}
	p.join = b.newRow(Row{ID: b.text("j:", r.Path), Path: r.Path, Parent: r, Module: r.Module, Out: r.Module.Out})
}

// setRails leads the skip from the block's row past its children to the join,
// the child at index at.
func setRails(r *Row, at int) {
	r.Rail = RailTop
	for _, c := range r.Children[:at] {
		setRail(c, r.Skip, RailMid)
	}
	setRail(r.Children[at], r.Skip, RailEnd)
}

// setRail leads a skip past a row and all below it.
func setRail(r *Row, skip nn.SkipKind, rail Rail) {
	r.Skip, r.Rail = skip, rail
	for _, c := range r.Children {
		setRail(c, skip, rail)
	}
}

// blockLeaves fills in a block in a tree without kernels.
func (b *builder) blockLeaves(r *Row) {
	r.Children = b.leaves(r)
	at := slices.IndexFunc(r.Children, func(c *Row) bool { return len(c.Layers) > 0 && c.Layers[0].Kind == tensor.Add })
	if at >= 0 {
		setRails(r, at)
	}
}
