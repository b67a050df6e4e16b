package inspect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet-tui/resnet/nn"
)

// Place is an output of a net: that of a layer, or of a block, which is what leaves the
// block's last layer.
type Place struct {
	Path  string     // as it was asked for
	Layer *nn.Layer  // whose output it is
	Block *nn.Module // if the path names a block; else nil
}

// At names the layer's output for a probe.
func (p Place) At() nn.At { return p.Layer.At() }

// Find looks up a layer by its path ("layer2.0.conv1"), one of its calls
// ("layer2.0.relu#0"; without a number the last one's), or a block ("layer2.0").
func Find(m *nn.Model, path string) (Place, error) {
	if b := block(m, path); b != nil {
		if b.To < 0 {
			return Place{}, fmt.Errorf("%s: lesions have left nothing of that block, its output is the net's input", path)
		}
		return Place{path, m.Layers[b.To], b}, nil
	}
	name, number, numbered := strings.Cut(path, "#")
	var found *nn.Layer
	calls := 0
	for _, l := range m.Layers {
		if l.Path != name {
			continue
		}
		calls++
		if !numbered || strconv.Itoa(l.Call) == number {
			found = l
		}
	}
	switch {
	case found != nil:
		return Place{Path: path, Layer: found}, nil
	case calls > 0:
		return Place{}, fmt.Errorf("%s: %s is called %s", path, name, callCount(calls))
	}
	return Place{}, fmt.Errorf("%s has no layer or block %q: names are PyTorch's, such as %s (summary lists them)",
		m.Name, path, examples(m))
}

// callCount says how often a module is called, for an error.
func callCount(n int) string {
	if n == 1 {
		return "once, which is #0"
	}
	return fmt.Sprintf("%d times, from #0 to #%d", n, n-1)
}

// block is the block of that path, nil if there is none.
func block(m *nn.Model, path string) *nn.Module {
	blocks := m.Blocks()
	if i := slices.IndexFunc(blocks, func(b *nn.Module) bool { return b.Path == path }); i >= 0 {
		return blocks[i]
	}
	return nil
}

// LastBlock is the output of the net's last block, and without blocks that of its last
// layer with rows and columns.
func LastBlock(m *nn.Model) Place {
	if blocks := m.Blocks(); len(blocks) > 0 && blocks[len(blocks)-1].To >= 0 {
		b := blocks[len(blocks)-1]
		return Place{b.Path, m.Layers[b.To], b}
	}
	last := m.Layers[0]
	for _, l := range m.Layers {
		if len(l.Out) == 4 && l.Out[2]*l.Out[3] > 1 {
			last = l
		}
	}
	return Place{Path: last.Path, Layer: last}
}

// examples are paths that a net has: a block and a layer.
func examples(m *nn.Model) string {
	layer := m.Layers[len(m.Layers)/2].Path
	if blocks := m.Blocks(); len(blocks) > 0 {
		return blocks[len(blocks)/2].Path + " or " + layer
	}
	return layer
}
