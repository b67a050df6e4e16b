package resnet

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// BuildLesioned builds a net and damages it. The result has the same
// parameters, so that it runs on the same state, though it may not use all of
// them. A lesion that the net can't have is an error.
func BuildLesioned(c Config, lesions []Lesion) (*Model, error) {
	m, err := Build(c)
	if err != nil || len(lesions) == 0 {
		return m, err
	}
	s := openUp(m)
	for _, l := range lesions {
		if err := s.note(l); err != nil {
			return nil, fmt.Errorf("lesion %v: %w", l, err)
		}
	}
	s.operate()
	s.close()
	m.Lesions = slices.Clone(lesions)
	return m, nil
}

// alphaName names the scalar input that scales a block's branch.
func alphaName(path string) string { return "α " + path }

// alphas are the first values of these.
func (m *Model) alphas() map[string]float32 {
	alphas := map[string]float32{}
	for _, l := range m.Lesions {
		if l.Kind == ScaleBranch {
			alphas[alphaName(l.Path)] = float32(l.Alpha)
		}
	}
	return alphas
}

// surgery is a net taken apart: what stands before its blocks, the blocks in
// their order, and what stands behind, wired by pointers.
type surgery struct {
	*Model
	head, tail []*Layer
	result     *Layer // what the tail takes, as it was at first
	blocks     []*patient
	at         map[string]*patient
	inputs     map[*Layer][]*Layer // nil is the image
}

// patient is a block and what is to be done to it. A block without layers
// gives what it takes.
type patient struct {
	*Module
	layers            []*Layer
	taken, given      *Layer // its input and output, as they were at first
	cut, drop, freeze bool
	scale             bool
}

// openUp takes a net apart.
func openUp(m *Model) *surgery {
	s := &surgery{Model: m, at: map[string]*patient{}, inputs: map[*Layer][]*Layer{}}
	for _, b := range m.Blocks() {
		p := &patient{Module: b, layers: slices.Clone(b.Layers), taken: m.Layers[b.from], given: m.Layers[b.to]}
		s.blocks, s.at[b.Path] = append(s.blocks, p), p
	}
	for _, l := range m.Layers {
		for _, i := range l.Inputs {
			if i < 0 {
				s.inputs[l] = append(s.inputs[l], nil)
			} else {
				s.inputs[l] = append(s.inputs[l], m.Layers[i])
			}
		}
	}
	if n := len(s.blocks); n > 0 {
		s.head = m.Layers[:s.blocks[0].layers[0].Index]
		s.result = s.blocks[n-1].given
		s.tail = m.Layers[s.result.Index+1:]
	}
	return s
}

// note takes in one lesion.
func (s *surgery) note(l Lesion) error {
	p, err := s.find(l.Path)
	if err != nil {
		return err
	}
	switch l.Kind {
	case CutSkip:
		p.cut = true
	case DropBranch:
		p.drop = true
	case ScaleBranch:
		if p.scale {
			return errors.New("its branch is scaled already")
		}
		p.scale = true
	case Freeze:
		p.freeze = true
	case Swap:
		if err := s.swap(p, l.Other); err != nil {
			return err
		}
	default:
		return fmt.Errorf("there is no lesion %d", l.Kind)
	}
	p.mark(l)
	return p.check()
}

// find is the block of a path.
func (s *surgery) find(path string) (*patient, error) {
	n := len(s.blocks)
	switch {
	case n == 0:
		return nil, fmt.Errorf("%s has no blocks", s.Name)
	case s.at[path] == nil:
		return nil, fmt.Errorf("%s has no block %q: its blocks are %s to %s", s.Name, path, s.blocks[0].Path, s.blocks[n-1].Path)
	}
	return s.at[path], nil
}

// mark notes a lesion on the block, for views.
func (p *patient) mark(l Lesion) {
	l.Path = ""
	if p.Block.Lesion != "" {
		p.Block.Lesion += ", "
	}
	p.Block.Lesion += l.String()[1:]
}

// check reports what leaves nothing of a block, or does nothing to it.
func (p *patient) check() error {
	switch {
	case p.cut && p.Block.Skip == NoSkip:
		return errors.New("the block is plain: it has no skip to cut")
	case p.drop && p.Block.Skip == NoSkip:
		return errors.New("the block is plain: without its branch nothing is left of it")
	case p.drop && p.cut:
		return errors.New("without its skip and its branch nothing is left of the block")
	case p.drop && p.scale:
		return errors.New("a branch that is dropped can't be scaled")
	}
	return nil
}

// swap exchanges two blocks' positions.
func (s *surgery) swap(p *patient, other string) error {
	o, err := s.find(other)
	switch {
	case err != nil:
		return err
	case o == p:
		return errors.New("a block can't change places with itself")
	case p.Parent != o.Parent || !p.In.Equal(o.In) || !p.Out.Equal(o.Out):
		return fmt.Errorf("the blocks are unlike: %s takes %v and gives %v, %s takes %v and gives %v", p.Path, p.In, p.Out, o.Path, o.In, o.Out)
	}
	exchange(s.blocks, p, o)
	exchange(p.Parent.Children, p.Module, o.Module)
	o.mark(Lesion{Kind: Swap, Other: p.Path})
	return nil
}

func exchange[T comparable](list []T, a, b T) {
	i, j := slices.Index(list, a), slices.Index(list, b)
	list[i], list[j] = list[j], list[i]
}

// operate damages each block.
func (s *surgery) operate() {
	for _, p := range s.blocks {
		join := slices.IndexFunc(p.layers, func(l *Layer) bool { return l.Kind == tensor.Add })
		switch {
		case p.cut:
			s.replace(p, p.layers[join], 0, Skip)
			p.Block.Skip = NoSkip
		case p.drop:
			s.replace(p, p.layers[join], 1, Branch)
		}
		if p.scale && p.Block.Skip == NoSkip {
			s.insertScale(p)
		} else if p.scale {
			p.layers[join].scaled = alphaName(p.Path)
		}
		for _, l := range p.layers {
			l.Frozen = p.freeze
		}
	}
}

// replace puts one operand in the place of the addition, and removes the other
// part of the block.
func (s *surgery) replace(p *patient, join *Layer, operand int, gone Part) {
	stays := s.inputs[join][operand]
	s.redirect(p, join, stays)
	p.layers = slices.DeleteFunc(p.layers, func(l *Layer) bool { return l == join || l.Part == gone })
}

// redirect gives to those in the block who take one value another.
func (s *surgery) redirect(p *patient, from, to *Layer) {
	s.rewire(p.layers, from, to)
	if p.given == from {
		p.given = to
	}
}

// insertScale scales a branch that nothing is added to.
func (s *surgery) insertScale(p *patient) {
	f := p.given
	if !p.Block.PreAct {
		f = s.inputs[f][0] // before the last ReLU
	}
	leaf := &Module{Name: "scale", Path: dotted(p.Path, "scale"), Kind: tensor.Scale.String(), Parent: p.Module, In: f.Out, Out: f.Out}
	p.Children = append(p.Children, leaf)
	l := &Layer{
		Path: leaf.Path, Kind: tensor.Scale, Module: leaf, In: f.Out, Out: f.Out, Part: Branch, reach: 1, step: 1,
		op: tensor.Op{Kind: tensor.Scale, Path: leaf.Path}, scaled: alphaName(p.Path),
	}
	bytes := activationBytes(l.Out)
	l.Cost = Cost{FLOPs: perImage(l.Out), ReadBytes: bytes, WriteBytes: bytes, ActivationBytes: bytes}
	s.redirect(p, f, l)
	s.inputs[l] = []*Layer{f}
	p.layers = slices.Insert(p.layers, slices.Index(p.layers, f)+1, l)
}
