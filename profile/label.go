package profile

import (
	"fmt"
	"strings"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// noteOf returns the note of a module: the number of its blocks or kernels,
// "3 blocks". The net itself and modules of leaves have none.
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

// kernelLabel names a kernel by its layers, relative to the module in: "conv1
// bn1 relu", "conv3 bn3 ⊕ relu". A kernel of all layers of an inner module has
// the name of that module: "downsample".
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

// withAbsorbed returns head followed by the labels of the layers after the first.
// It is a part of names, a buffer that all labels of the tree share.
func (b *builder) withAbsorbed(head string, in *nn.Module, layers []*nn.Layer) string {
	from := b.names.Len()
	b.names.WriteString(head)
	for _, l := range layers[min(1, len(layers)):] {
		b.names.WriteByte(' ')
		b.names.WriteString(layerLabel(in, l, false))
	}
	return b.names.String()[from:]
}

// wholeModule returns the name of the module inside in that consists of exactly
// these layers, or "".
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

// below returns a path relative to a module above it.
func below(in *nn.Module, path string) string {
	rest, inside := strings.CutPrefix(path, in.Path)
	if name, ok := strings.CutPrefix(rest, "."); inside && ok {
		return name
	}
	return path
}

// layerLabel returns a layer's name within a module. Layers of a Sequential are
// numbered, which says nothing to a reader: the head of a kernel then has its
// number and kind ("0 conv"), others have their kind only.
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

// isNumber reports whether s consists of digits.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// joinLabel names the row in which a block's skip is added. A row that shows the
// skip's own kernel keeps its label, "downsample". Others are "identity" or "add",
// followed by the layers that the addition's kernel absorbed.
func (b *builder) joinLabel(block, join *Row) string {
	switch {
	case len(join.Layers) > 0 && join.Layers[0].Kind != tensor.Add:
		return join.Label
	case block.Skip == nn.Identity:
		return b.withAbsorbed("identity", block.Module, join.Layers)
	}
	return b.withAbsorbed("add", block.Module, join.Layers)
}

// KindLabel returns the short name of a kind of layer: "conv", "bn", "fc",
// "maxpool", "avgpool", else its name in lower case.
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
	case tensor.AvgPool2d, tensor.AdaptiveAvgPool2d:
		return "avgpool"
	}
	return strings.ToLower(k.String())
}
