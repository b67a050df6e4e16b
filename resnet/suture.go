package resnet

import "slices"

// close puts the net together again, each block on the one before it.
func (s *surgery) close() {
	value, layers := s.head[len(s.head)-1], slices.Clone(s.head)
	for _, p := range s.blocks {
		s.rewire(p.layers, p.taken, value)
		if p.given == p.taken {
			p.given = value
		}
		p.taken, value = value, p.given
		layers = append(layers, p.layers...)
	}
	s.rewire(s.tail, s.result, value)
	s.Layers = append(layers, s.tail...)
	for i, l := range s.Layers {
		l.Index = i
	}
	for _, p := range s.blocks {
		p.from, p.to = p.taken.Index, p.given.Index
	}
	s.number()
	s.Root.reset()
	for _, l := range s.Layers {
		for m := l.Module; m != nil; m = m.Parent {
			m.Layers = append(m.Layers, l)
		}
	}
	s.Root.prune()
	s.Root.finish()
	s.Total = s.Root.Cost
}

// rewire gives some layers one value in the place of another.
func (s *surgery) rewire(layers []*Layer, from, to *Layer) {
	for _, l := range layers {
		for i, in := range s.inputs[l] {
			if in == from {
				s.inputs[l][i] = to
			}
		}
	}
}

// number makes the layers' inputs and what they see anew.
func (s *surgery) number() {
	for _, l := range s.Layers {
		l.Inputs, l.RF, l.Jump = nil, 0, 0
		for _, in := range s.inputs[l] {
			if in == nil {
				l.Inputs = append(l.Inputs, -1)
				l.see(1, 1)
			} else {
				l.Inputs = append(l.Inputs, in.Index)
				l.see(in.RF, in.Jump)
			}
		}
	}
}

// reset forgets what finish makes, and the layers.
func (m *Module) reset() {
	walk(m, func(m *Module) { m.Layers, m.Cost, m.Alike = nil, Cost{}, 1 })
}

// prune removes modules that are not called any more, but for blocks.
func (m *Module) prune() {
	m.Children = slices.DeleteFunc(m.Children, func(c *Module) bool { return len(c.Layers) == 0 && c.Block == nil })
	for _, c := range m.Children {
		c.prune()
	}
}
