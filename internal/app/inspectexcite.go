package app

import (
	"context"
	"errors"
	"image"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Excite says what excites which channels.
type Excite struct {
	At      string
	Channel *int // nil: all
	Top     int  // images a channel; 0 is 9
	Photos  bool // also read the images again, for a picture of those of the first channels
}

// MaxTop bounds Excite.Top.
const MaxTop = 1000

// InspectExcite runs a net on the images of a data set and reports which excite the
// channels of a layer or block most, and where.
func (v Service) InspectExcite(ctx context.Context, spec Spec, o Excite, l Listener) (_ *report.Excite, err error) {
	s, data, err := lookAtSet(ctx, spec, l)
	if err != nil {
		return nil, err
	}
	place, err := s.place(o.At)
	if err != nil {
		return nil, err
	}
	gathered, err := o.gathering(place)
	if err != nil {
		return nil, err
	}
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	session, err := b.session(ctx, keepAll([]nn.At{place.At()})...)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	var classes []int
	err = b.eachBatch(ctx, session, data, func(labels []int) error {
		kept, err := session.Kept(place.At())
		if err == nil {
			gathered.Add(kept, len(labels))
			classes = append(classes, labels...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r := report.NewExcite(gathered, func(p inspect.Peak) inspect.Box {
		return inspect.Field(b.model.Model, place.Layer, p.Y, p.X)
	})
	r.Model, r.Device, r.Mode = b.describe(session), b.describeDevice(), b.spec.Run.Mode
	r.Data, r.At, r.Layer = b.spec.Input.nameSet(), o.At, string(place.At())
	r.SetClasses(classes, data.Classes())
	if o.Photos {
		r.Photos, err = photosOf(data, r.Pictured())
	}
	return r, err
}

// gathering is for the channels that are asked for.
func (o *Excite) gathering(place inspect.Place) (*inspect.Excitation, error) {
	var channels []int
	n := place.Layer.Out[1]
	switch {
	case o.Top < 0 || o.Top > MaxTop:
		return nil, refuse("{top} %d: it must be from 1 to %d", o.Top, MaxTop)
	case o.Channel == nil:
		for c := range n {
			channels = append(channels, c)
		}
	case *o.Channel < 0 || *o.Channel >= n:
		return nil, refuse("{channel} %d: %s has %d channels, counted from 0", *o.Channel, place.Path, n)
	default:
		channels = []int{*o.Channel}
	}
	top := o.Top
	if top == 0 {
		top = 9
	}
	return inspect.NewExcitation(channels, top), nil
}

// photosOf reads some images of a set as pictures.
func photosOf(data vision.Dataset, numbers []int) (map[int]image.Image, error) {
	c, h, w := data.Shape()
	one, norm := tensor.New(1, c, h, w), vision.NormOf(data)
	photos := make(map[int]image.Image, len(numbers))
	for _, i := range numbers {
		if photos[i] != nil {
			continue
		}
		if _, err := data.Read(i, one.Data); err != nil {
			return nil, err
		}
		var err error
		if photos[i], err = photograph(one, 0, norm); err != nil {
			return nil, err
		}
	}
	return photos, nil
}
