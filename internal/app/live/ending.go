package live

import (
	"context"

	"resnet-tui/tensor"
)

// endingDevice is a device that reads no more weights once the engine ends: that
// may take long, and NewState has no context.
type endingDevice struct {
	tensor.Device
	ctx context.Context
}

func (d endingDevice) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	return d.Device.NewState(params, endingSource{source, d.ctx})
}

type endingSource struct {
	tensor.Source
	ctx context.Context
}

func (s endingSource) Load(p tensor.Param, t *tensor.Tensor) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return s.Source.Load(p, t)
}
