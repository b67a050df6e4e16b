package tui

import (
	"errors"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// response is the deviation of what a convolution of the main path gives,
// behind its own batch norm where it has one, before any ReLU or addition (He
// et al. 2015, figure 7).
type response struct {
	path string // the convolution's
	std  float64
}

// responses measures them in one pass of the net that s runs, on the same
// weights and images, every layer by itself. None if that can't be done beside
// it, which stops nothing.
func (e *engine) responses(s *resnet.Session) []response {
	m := s.Model()
	b, err := s.Beside(e.ctx, m, func(o *resnet.SessionOptions) {
		o.Fuse, o.Moments, o.Backward, o.Blocks, o.Norms = false, true, false, false, false
	})
	if err != nil {
		return nil
	}
	defer b.Close() // nothing could be done about an error
	if errors.Join(b.SetInput(e.opts.input(m)), b.Run(e.ctx, nil)) != nil {
		return nil
	}
	var all []response
	for _, l := range m.Layers {
		if l.Kind != tensor.Conv2d || l.Part == resnet.Skip {
			continue
		}
		if _, std, ok := b.Stats(responding(m, l)); ok {
			all = append(all, response{l.Path, std})
		}
	}
	return all
}

// responding is the layer whose result a convolution's response is.
func responding(m *resnet.Model, conv *resnet.Layer) int {
	if next := conv.Index + 1; next < len(m.Layers) {
		if l := m.Layers[next]; l.Kind == tensor.BatchNorm2d && l.Inputs[0] == conv.Index {
			return next
		}
	}
	return conv.Index
}
