package resnet

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

// Blocks are the blocks in execution order.
func (m *Model) Blocks() []*Module {
	var blocks []*Module
	m.Walk(func(n *Module) {
		if n.Block != nil {
			blocks = append(blocks, n)
		}
	})
	return blocks
}

// Pair is the block of one path in two nets; A or B is nil where a net has
// none.
type Pair struct {
	Path string
	A, B *Module
}

// Align pairs the blocks of two nets by path: a's in order, then those that
// only b has. A net and its plain twin pair completely.
func Align(a, b *Model) []Pair {
	at := map[string]int{}
	var pairs []Pair
	for _, m := range a.Blocks() {
		at[m.Path] = len(pairs)
		pairs = append(pairs, Pair{Path: m.Path, A: m})
	}
	for _, m := range b.Blocks() {
		if i, ok := at[m.Path]; ok {
			pairs[i].B = m
		} else {
			pairs = append(pairs, Pair{Path: m.Path, B: m})
		}
	}
	return pairs
}
