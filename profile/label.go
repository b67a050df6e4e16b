package profile

import (
	"fmt"
	"strings"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// noteOf says how much a module holds.
func noteOf(r *Row) string {
	if r.Parent == nil || len(r.Children) == 0 || r.Children[0].Kind == LeafRow {
		return ""
	}
	what := "kernel"
	if r.Children[0].Kind == BlockRow {
		what = "block"
	}
	if len(r.Children) > 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", len(r.Children), what)
}

// kernelLabel names the layers of a kernel as they stand in a module:
// "conv1 bn1 relu", "conv3 bn3 ⊕ relu", "downsample".
func (b *builder) kernelLabel(in *nn.Module, layers []*nn.Layer) string {
	if whole := wholeModule(in, layers); whole != "" {
		return whole
	}
	head := layerLabel(in, layers[0], true)
	if len(layers) == 1 {
		return head
	}
	return b.withAbsorbed(head, in, layers)
}

// withAbsorbed is a name, and those of the layers that the first absorbed.
func (b *builder) withAbsorbed(head string, in *nn.Module, layers []*nn.Layer) string {
	from := b.names.Len()
	b.names.WriteString(head)
	for _, l := range layers[min(1, len(layers)):] {
		b.names.WriteByte(' ')
		b.names.WriteString(layerLabel(in, l, false))
	}
	return b.names.String()[from:]
}

// wholeModule is the name of the inner module that the layers make up, or empty.
func wholeModule(in *nn.Module, layers []*nn.Layer) string {
	m := layers[0].Module.Parent
	if m == nil || m.Path == in.Path || len(m.Layers) != len(layers) || layers[0].Path == in.Path {
		return ""
	}
	for _, l := range layers {
		if l.Module.Parent != m {
			return ""
		}
	}
	return below(in, m.Path)
}

// below is a path as seen from a module above it.
func below(in *nn.Module, path string) string {
	rest, inside := strings.CutPrefix(path, in.Path)
	if name, ok := strings.CutPrefix(rest, "."); inside && ok {
		return name
	}
	return path
}

// layerLabel is a layer's name; one that is only a number also has its kind.
func layerLabel(in *nn.Module, l *nn.Layer, head bool) string {
	if l.Kind == tensor.Add {
		return "⊕"
	}
	name := below(in, l.Path)
	last := name[strings.LastIndexByte(name, '.')+1:]
	if !isNumber(last) {
		return name
	}
	if !head {
		return KindLabel(l.Kind)
	}
	return name + " " + KindLabel(l.Kind)
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// joinLabel names the row in which a block's skip is added: the skip's own
// kernel, or the addition and what its kernel absorbed.
func (b *builder) joinLabel(block, join *Row) string {
	switch {
	case len(join.Layers) > 0 && join.Layers[0].Kind != tensor.Add:
		return join.Label
	case block.Skip == nn.Identity:
		return b.withAbsorbed("identity", block.Module, join.Layers)
	}
	return b.withAbsorbed("add", block.Module, join.Layers)
}

// KindLabel is a kind of layer as it stands in labels: "conv", "bn", "fc",
// "maxpool", else its name in small letters.
func KindLabel(k tensor.Kind) string {
	switch k {
	case tensor.Conv2d:
		return "conv"
	case tensor.BatchNorm2d:
		return "bn"
	case tensor.Linear:
		return "fc"
	case tensor.MaxPool2d:
		return "maxpool"
	case tensor.AdaptiveAvgPool2d:
		return "avgpool"
	}
	return strings.ToLower(k.String())
}
