package profile

import (
	"fmt"
	"strconv"
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
func kernelLabel(in *nn.Module, layers []*nn.Layer) string {
	if whole := wholeModule(in, layers); whole != "" {
		return whole
	}
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = layerLabel(in, l, i == 0)
	}
	return strings.Join(names, " ")
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
	if in.Path == "" {
		return path
	}
	return strings.TrimPrefix(path, in.Path+".")
}

// layerLabel is a layer's name; one that is only a number also has its kind.
func layerLabel(in *nn.Module, l *nn.Layer, head bool) string {
	if l.Kind == tensor.Add {
		return "⊕"
	}
	name := below(in, l.Path)
	last := name[strings.LastIndexByte(name, '.')+1:]
	if _, err := strconv.Atoi(last); err != nil {
		return name
	}
	if !head {
		return KindLabel(l.Kind)
	}
	return name + " " + KindLabel(l.Kind)
}

// joinLabel names the row in which a block's skip is added: the skip's own
// kernel, or the addition and what its kernel absorbed.
func joinLabel(block, join *Row) string {
	switch {
	case len(join.Layers) > 0 && join.Layers[0].Kind != tensor.Add:
		return join.Label
	case block.Skip == nn.Identity:
		return "identity" + absorbedLabels(block, join)
	}
	return "add" + absorbedLabels(block, join)
}

func absorbedLabels(block, join *Row) string {
	s := ""
	for i, l := range join.Layers {
		if i > 0 {
			s += " " + layerLabel(block.Module, l, false)
		}
	}
	return s
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
