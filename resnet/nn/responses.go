package nn

import (
	"context"
	"errors"

	"resnet-tui/tensor"
)

// Response is the standard deviation of the output of a convolution on the main
// path: after its own batch norm where it has one, before any ReLU or addition
// (He et al. 2015, figure 7).
type Response struct {
	Path string // the convolution's
	At   string // of the layer whose output it is: the batch norm's, or the convolution's own
	Std  float64
}

// Responses measures the responses in one more pass on the session's input, in
// its mode, with one kernel per layer. It needs memory for a second program.
func (s *Session) Responses(ctx context.Context) (r []Response, err error) {
	if s.input == nil {
		return nil, errors.New("no input is set")
	}
	b, err := s.Share(ctx, s.model, func(o *SessionOptions) {
		o.Fuse = false
		o.Pass = Pass{Mode: o.Mode, FreezeStats: o.FreezeStats, Probes: []Probe{{At: EveryLayer, What: Moments}}}
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := errors.Join(b.SetInput(s.input), b.Run(ctx, nil)); err != nil {
		return nil, err
	}
	for _, l := range s.model.Layers {
		if l.Kind != tensor.Conv2d || l.Part == Skip {
			continue
		}
		at := s.model.responding(l)
		if _, std, ok := b.Stats(at); ok {
			r = append(r, Response{l.Path, s.model.Layers[at].Path, std})
		}
	}
	return r, nil
}

// responding is the layer whose output is a convolution's response.
func (m *Model) responding(conv *Layer) int {
	if next := conv.Index + 1; next < len(m.Layers) {
		if l := m.Layers[next]; l.Kind == tensor.BatchNorm2d && l.Inputs[0] == conv.Index {
			return next
		}
	}
	return conv.Index
}
