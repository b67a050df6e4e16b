package inspect

import (
	"image"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Box is a rectangle of input pixels. Bottom and Right are exclusive. It may reach beyond
// the image.
type Box struct {
	Top    int `json:"top"`
	Left   int `json:"left"`
	Bottom int `json:"bottom"`
	Right  int `json:"right"`
}

// Rectangle is the box in the image package's terms.
func (b Box) Rectangle() image.Rectangle { return image.Rect(b.Left, b.Top, b.Right, b.Bottom) }

// union is the smallest box around two. The zero Box is none.
func (b Box) union(o Box) Box {
	if b == (Box{}) {
		return o
	}
	return Box{min(b.Top, o.Top), min(b.Left, o.Left), max(b.Bottom, o.Bottom), max(b.Right, o.Right)}
}

// Field is the theoretical receptive field of the unit in row y and column x of a layer's
// output: the smallest box around all pixels that any path through the net can bring to it,
// as if the image went on beyond its edges. Of a vector, y and x are 0.
func Field(m *nn.Model, l *nn.Layer, y, x int) Box {
	need := make([]Box, l.Index+1) // by layer: the units of its result that the unit sees
	need[l.Index] = Box{y, x, y + 1, x + 1}
	var field Box
	for i := l.Index; i >= 0; i-- {
		if need[i] == (Box{}) {
			continue
		}
		seen := behind(m.Layers[i], need[i])
		for _, from := range m.Layers[i].Inputs {
			if from < 0 {
				field = field.union(seen)
			} else {
				need[from] = need[from].union(seen)
			}
		}
	}
	return field
}

// behind are the units of a layer's operands that those in a box of its result see.
func behind(l *nn.Layer, b Box) Box {
	switch w := l.Op.Window; l.Kind {
	case tensor.Conv2d, tensor.MaxPool2d, tensor.AvgPool2d:
		return Box{
			b.Top*w.SH - w.Top, b.Left*w.SW - w.Left,
			(b.Bottom-1)*w.SH - w.Top + w.KH, (b.Right-1)*w.SW - w.Left + w.KW,
		}
	case tensor.Pad: // every stride-th row and column of the operand
		return Box{b.Top * w.SH, b.Left * w.SW, (b.Bottom-1)*w.SH + 1, (b.Right-1)*w.SW + 1}
	case tensor.AdaptiveAvgPool2d:
		h, wd, oh, ow := l.In[2], l.In[3], l.Out[2], l.Out[3]
		return Box{b.Top * h / oh, b.Left * wd / ow, (b.Bottom*h + oh - 1) / oh, (b.Right*wd + ow - 1) / ow}
	case tensor.Flatten:
		return Box{0, 0, l.In[2], l.In[3]}
	}
	return b // element by element
}
