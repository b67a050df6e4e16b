package app

import (
	"context"
	"errors"

	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Look says where in a net one looks, and at which image.
type Look struct {
	At    string // a layer or block, see inspect.Find
	Image int    // of the batch, from 0
}

// openLook opens a spec to look at what it holds at a place. Mistakes in the look cost
// nothing: they are found before the device and the weights are opened.
func (v Service) openLook(ctx context.Context, spec Spec, look Look, l Listener) (*Bench, inspect.Place, error) {
	var place inspect.Place
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, place, err
	}
	if place, err = s.place(look.At); err != nil {
		return nil, place, err
	}
	if err := s.checkImage(look.Image); err != nil {
		return nil, place, err
	}
	b, err := v.equip(ctx, s, l)
	return b, place, err
}

// place finds the layer or block that {at} names.
func (s *subject) place(at string) (inspect.Place, error) {
	if at == "" {
		return inspect.Place{}, refuse("{at} is missing: the path of a layer or block, such as %s",
			inspect.LastBlock(s.model.Model).Path)
	}
	p, err := inspect.Find(s.model.Model, at)
	if err != nil {
		return p, refuse("{at}: %w", err)
	}
	return p, nil
}

// checkImage refuses an {image} that the batch does not have.
func (s *subject) checkImage(i int) error {
	if n := s.model.Config.Batch; i < 0 || i >= n {
		return refuse("{image} %d: the batch has %d, counted from 0 ({batch} takes more)", i, n)
	}
	return nil
}

// keep makes a pass and returns what left the place: N×C×H×W, or N×C.
func (b *Bench) keep(ctx context.Context, place inspect.Place) (_ *nn.Session, t *tensor.Tensor, err error) {
	s, err := b.session(ctx, nn.Probe{At: place.At(), What: nn.Keep})
	if err != nil {
		return nil, nil, err
	}
	if err = s.Run(ctx, nil); err == nil {
		t, err = s.Kept(place.At())
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, t, nil
}
