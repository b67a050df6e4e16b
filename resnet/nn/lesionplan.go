package nn

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// lesionPlan says what lesions do to a net while it is built.
type lesionPlan struct {
	blocks map[string]*blockLesions // by path
	order  map[string][]string      // by the path of a stage: its blocks' names, in the order in which they run
}

// blockLesions says what is done to one block.
type blockLesions struct {
	cutSkip, dropBranch, scale, freeze bool

	mark string // for views: "drop-branch, freeze"
}

// planLesions checks lesions against a net, in their order.
func planLesions(whole *Model, lesions []Lesion) (lesionPlan, error) {
	p := lesionPlan{map[string]*blockLesions{}, map[string][]string{}}
	for _, l := range lesions {
		if err := p.add(whole, l); err != nil {
			return p, fmt.Errorf("lesion %v: %w", l, err)
		}
	}
	return p, nil
}

// lesionsOf says what is done to a block of the net that is being built.
func (b *Builder) lesionsOf(path string) blockLesions {
	if l := b.lesions.blocks[path]; l != nil {
		return *l
	}
	return blockLesions{}
}

// of is the entry of a block, made if necessary.
func (p *lesionPlan) of(path string) *blockLesions {
	l := p.blocks[path]
	if l == nil {
		l = &blockLesions{}
		p.blocks[path] = l
	}
	return l
}

// at is the number of the block at position i of a stage.
func (p *lesionPlan) at(stage string, i int) int {
	order := p.order[stage]
	if order == nil {
		return i
	}
	number, err := strconv.Atoi(order[i])
	if err != nil {
		return i // blocks are numbered; another name never moves
	}
	return number
}

// add takes in one lesion.
func (p *lesionPlan) add(whole *Model, l Lesion) error {
	block, err := whole.findBlock(l.Path)
	if err != nil {
		return err
	}
	b := p.of(l.Path)
	switch l.Kind {
	case CutSkip:
		b.cutSkip = true
	case DropBranch:
		b.dropBranch = true
	case ScaleBranch:
		if b.scale {
			return errors.New("its branch is scaled already")
		}
		b.scale = true
	case Freeze:
		b.freeze = true
	case Swap:
		if err := p.swap(whole, block, l.Other); err != nil {
			return err
		}
	default:
		return fmt.Errorf("there is no lesion %d", l.Kind)
	}
	b.note(l)
	return b.check(block.Block.Skip == NoSkip)
}

// findBlock is the block at a path.
func (m *Model) findBlock(path string) (*Module, error) {
	blocks := m.Blocks()
	if len(blocks) == 0 {
		return nil, fmt.Errorf("%s has no blocks", m.Name)
	}
	at := slices.IndexFunc(blocks, func(b *Module) bool { return b.Path == path })
	if at < 0 {
		first, last := blocks[0].Path, blocks[len(blocks)-1].Path
		return nil, fmt.Errorf("%s has no block %q: its blocks are %s to %s", m.Name, path, first, last)
	}
	return blocks[at], nil
}

// note adds a lesion to the block's mark, without the path: "scale:0.5".
func (b *blockLesions) note(l Lesion) {
	l.Path = ""
	if b.mark != "" {
		b.mark += ", "
	}
	b.mark += l.String()[1:]
}

// check refuses lesions that leave nothing of a block, or that have no effect.
func (b *blockLesions) check(plain bool) error {
	switch {
	case b.cutSkip && plain:
		return errors.New("the block is plain: it has no skip to cut")
	case b.dropBranch && plain:
		return errors.New("the block is plain: without its branch nothing is left of it")
	case b.dropBranch && b.cutSkip:
		return errors.New("without its skip and its branch nothing is left of the block")
	case b.dropBranch && b.scale:
		return errors.New("a branch that is dropped can't be scaled")
	}
	return nil
}

// swap exchanges the positions of two blocks.
func (p *lesionPlan) swap(whole *Model, block *Module, other string) error {
	o, err := whole.findBlock(other)
	switch {
	case err != nil:
		return err
	case o == block:
		return errors.New("a block can't be swapped with itself")
	case block.Parent != o.Parent || !block.In.Equal(o.In) || !block.Out.Equal(o.Out):
		return fmt.Errorf("the blocks are unlike: %s takes %v and gives %v, %s takes %v and gives %v",
			block.Path, block.In, block.Out, o.Path, o.In, o.Out)
	}
	stage := block.Parent
	order := p.order[stage.Path]
	if order == nil {
		for _, c := range stage.Children {
			order = append(order, c.Name)
		}
		p.order[stage.Path] = order
	}
	i, j := slices.Index(order, block.Name), slices.Index(order, o.Name)
	order[i], order[j] = order[j], order[i]
	p.of(o.Path).note(Lesion{Kind: Swap, Other: block.Path})
	return nil
}

// alphaName names the scalar input that scales a block's branch.
func alphaName(path string) string { return "α " + path }

// Alphas are the values to begin with of the scalar inputs that ScaleBranch
// lesions add, by name.
func (m *Model) Alphas() map[string]float32 {
	alphas := map[string]float32{}
	for _, l := range m.Lesions {
		if l.Kind == ScaleBranch {
			alphas[alphaName(l.Path)] = float32(l.Alpha)
		}
	}
	return alphas
}
