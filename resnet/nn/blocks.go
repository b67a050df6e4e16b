package nn

// Block adds a residual block, or its plain twin, named by its number in its
// stage. build adds the branch and ends with Join, whose result it returns. All
// that it adds belongs to the branch, except what Shared and Join add.
func (b *Builder) Block(x Value, name, kind string, block Block, build func() Value) Value {
	return b.Within(name, kind, func() Value {
		m := b.at
		lesions := b.lesionsOf(m.Path)
		block.Lesion = lesions.mark
		if lesions.cutSkip {
			block.Skip = NoSkip
		}
		m.Block = &block
		m.In, m.Out = x.Shape, x.Shape // what they are if lesions leave no layer
		b.part = Branch
		b.frozen, b.skipped = lesions.freeze, lesions.dropBranch
		y := build()
		b.part = Trunk
		b.frozen, b.skipped = false, false
		m.From, m.To = x.layer, y.layer
		return y
	})
}

// Shared adds what both paths of a block read: the normalisation and ReLU before
// the branch and the projection of a pre-activation block.
func (b *Builder) Shared(build func() Value) Value {
	part, skipped := b.part, b.skipped
	b.part, b.skipped = Trunk, false
	y := build()
	b.part, b.skipped = part, skipped
	return y
}

// Join adds the block's skip, which skip adds, to its branch. A plain block has
// none: skip is nil.
func (b *Builder) Join(branch Value, skip func() Value) Value {
	lesions := b.lesionsOf(b.at.Path)
	scaled := ""
	if lesions.scale {
		scaled = alphaName(b.at.Path)
	}
	b.skipped = false
	if skip == nil {
		return b.scaleAlone(branch, scaled)
	}
	if lesions.cutSkip {
		branch = b.scaleAlone(branch, scaled)
	}
	b.part, b.skipped = Skip, lesions.cutSkip
	s := skip()
	b.part, b.skipped = Join, false
	switch {
	case lesions.cutSkip:
		return branch
	case lesions.dropBranch:
		return s
	}
	return b.addition(branch, s, scaled)
}

// scaleAlone scales a branch that nothing is added to, if a lesion asks for it.
func (b *Builder) scaleAlone(branch Value, scaled string) Value {
	if scaled == "" {
		return branch
	}
	return b.scale(branch, scaled)
}

// BlockAt is the number of the block at position i of the module that is being
// built: i, unless a lesion swaps blocks.
func (b *Builder) BlockAt(i int) int { return b.lesions.at(b.at.Path, i) }
