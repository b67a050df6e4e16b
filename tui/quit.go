package tui

import (
	"context"

	"resnet-tui/tensor"
)

// quitter is a device whose compilations end when the program does: weights
// are read through it, and reading fails from then on.
type quitter struct {
	tensor.Device
	ctx context.Context
}

func (q quitter) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	return q.Device.NewState(params, quitSource{source, q.ctx})
}

type quitSource struct {
	tensor.Source
	ctx context.Context
}

func (s quitSource) Load(p tensor.Param, t *tensor.Tensor) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return s.Source.Load(p, t)
}
