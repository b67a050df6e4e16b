package nn

// Find is the module at a path, or nil. The root's path is empty.
func (m *Model) Find(path string) *Module {
	var found *Module
	m.Walk(func(n *Module) {
		if n.Path == path {
			found = n
		}
	})
	return found
}

// Walk visits the tree, parents before children.
func (m *Model) Walk(visit func(*Module)) { walk(m.Root, visit) }

func walk(m *Module, visit func(*Module)) {
	visit(m)
	for _, c := range m.Children {
		walk(c, visit)
	}
}

// Blocks are the residual blocks, or their plain twins, in execution order.
func (m *Model) Blocks() []*Module {
	var blocks []*Module
	m.Walk(func(n *Module) {
		if n.Block != nil {
			blocks = append(blocks, n)
		}
	})
	return blocks
}
