package profile

import (
	"time"

	"resnet-tui/resnet"
)

// Tree sums what groups took along the tree of modules. A group belongs to the
// module of its head's layer, and to all above it; a probe belongs to the
// layer that it looks at, which is the last one lowered before it.
type Tree struct {
	Modules []*resnet.Module // depth first, parents before children
	parent  []int            // by module, −1 for the root
	home    []int            // group → the module of its head
	index   map[*resnet.Module]int
}

// NewTree indexes the modules of m for the groups of l, which is m lowered.
func NewTree(m *resnet.Model, l *resnet.Lowered) *Tree {
	t := &Tree{index: map[*resnet.Module]int{}, home: make([]int, len(l.Groups))}
	t.add(m.Root, -1)
	for g, group := range l.Groups {
		op := group.Head
		for op > 0 && l.OpLayer[op] < 0 {
			op--
		}
		if layer := l.OpLayer[op]; layer >= 0 {
			t.home[g] = t.index[m.Layers[layer].Module]
		}
	}
	return t
}

func (t *Tree) add(m *resnet.Module, parent int) {
	i := len(t.Modules)
	t.Modules, t.parent = append(t.Modules, m), append(t.parent, parent)
	t.index[m] = i
	for _, c := range m.Children {
		t.add(c, i)
	}
}

// Index is a module's place in Modules, −1 for a module of another tree.
func (t *Tree) Index(m *resnet.Module) int {
	if i, ok := t.index[m]; ok {
		return i
	}
	return -1
}

// Flat sums the groups' times by the module that holds their heads itself.
// The result has one entry a module; into is reused if it is large enough.
func (t *Tree) Flat(groups, into []time.Duration) []time.Duration {
	if cap(into) < len(t.Modules) {
		into = make([]time.Duration, len(t.Modules))
	}
	into = into[:len(t.Modules)]
	clear(into)
	for g, d := range groups {
		into[t.home[g]] += d
	}
	return into
}

// Cumulative sums the groups' times by module, what is below included: the
// root's is the sum of all groups.
func (t *Tree) Cumulative(groups, into []time.Duration) []time.Duration {
	into = t.Flat(groups, into)
	for i := len(into) - 1; i > 0; i-- {
		into[t.parent[i]] += into[i]
	}
	return into
}

// Groups lists the groups whose heads lie in m or below it, in execution order.
func (t *Tree) Groups(m *resnet.Module) []int {
	want := t.Index(m)
	var groups []int
	for g, i := range t.home {
		for i > want && i >= 0 {
			i = t.parent[i]
		}
		if i == want {
			groups = append(groups, g)
		}
	}
	return groups
}
