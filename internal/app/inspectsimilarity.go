package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
)

// Similarity says which nets are compared, and how.
type Similarity struct {
	With      *Spec  // the other net, see Variation; nil: the net with itself
	Estimator string // see inspect.Estimators; "" is debiased
}

// Estimators are the names that Similarity.Estimator takes, the default first.
func Estimators() []string { return inspect.Estimators }

// InspectSimilarity compares what leaves the blocks of one net, or of two, over all images
// of a set.
func (v Service) InspectSimilarity(ctx context.Context, spec Spec, o Similarity, l Listener) (*report.Similarity, error) {
	estimator := cmp.Or(o.Estimator, string(inspect.Debiased))
	if !slices.Contains(inspect.Estimators, estimator) {
		return nil, refuse("{estimator} %s: it must be one of %s", o.Estimator, strings.Join(inspect.Estimators, ", "))
	}
	if spec.Input.Data.Name == "" && len(spec.Input.Files) == 0 {
		return nil, refuse("{data} or {input} is missing: similarity is measured on images, on noise it means nothing")
	}
	x, data, err := lookAtSet(ctx, spec, l)
	if err != nil {
		return nil, err
	}
	sides := []*subject{x}
	if o.With != nil {
		y, err := x.besideSet(*o.With, data.Len(), l)
		if err != nil {
			return nil, err
		}
		sides = append(sides, y)
	}
	if err := checkGrams(sides, data.Len()); err != nil {
		return nil, err
	}
	r := report.NewSimilarity(data.Len(), estimator)
	r.Data = x.spec.Input.nameSet()
	for i, s := range sides {
		side, grams, err := v.similaritySide(ctx, s, data, l)
		if err != nil {
			return nil, err
		}
		r.SetSide(i, side, grams)
	}
	r.Compare()
	return r, nil
}

// besideSet is the other net, for the same images as s.
func (s *subject) besideSet(with Spec, images int, l Listener) (*subject, error) {
	other, err := s.other(&with)
	if err != nil {
		return nil, err
	}
	c, err := other.config(l)
	if err != nil {
		return nil, err
	}
	of := s.model.Config
	c.Classes, c.Channels = cmp.Or(c.Classes, of.Classes), cmp.Or(c.Channels, of.Channels)
	c.Height, c.Width, c.Batch = cmp.Or(c.Height, of.Height), cmp.Or(c.Width, of.Width), cmp.Or(c.Batch, of.Batch)
	y, err := newSubject(other, c, nil)
	if err != nil {
		return nil, err
	}
	if a, b := s.model.Root.In[1:], y.model.Root.In[1:]; !a.Equal(b) {
		return nil, refuse("%s takes images of %v and %s of %v: both must take the same", s.model.Name, a, y.model.Name, b)
	}
	return y, y.wholeBatches(images)
}

// gramBytes bounds what the Gram matrices of all places take, which grow with the square
// of the number of images.
const gramBytes = 4 << 30

// checkGrams refuses too few images and too many.
func checkGrams(sides []*subject, images int) error {
	if err := inspect.CheckImages(images); err != nil {
		return refuse("%w", err)
	}
	places := 0
	for _, s := range sides {
		places += len(inspect.Stations(s.model.Model))
	}
	most := 0
	for (most+100)*(most+100)*8*places <= gramBytes {
		most += 100
	}
	if images > most {
		return refuse("%d images at %d places are too many to compare each with each: {limit} %d takes the first",
			images, places, most)
	}
	return nil
}

// similaritySide gathers what one net makes of the images.
func (v Service) similaritySide(
	ctx context.Context, s *subject, data vision.Dataset, l Listener,
) (side report.SimilaritySide, grams []*inspect.Gram, err error) {
	b, err := v.equip(ctx, s, l)
	if err != nil {
		return side, nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	places := inspect.Stations(s.model.Model)
	var at []nn.At
	for _, p := range places {
		side.Paths, at = append(side.Paths, p.Path), append(at, p.At())
	}
	session, err := b.session(ctx, keepAll(at)...)
	if err != nil {
		return side, nil, err
	}
	defer session.Close()
	side.Model, side.Device = b.describe(session), b.describeDevice()
	g, err := inspect.NewGrams(b.device, places, data.Len(), b.spec.Run.Threads)
	if err != nil {
		return side, nil, err
	}
	defer g.Close()
	for sweep := range g.Sweeps() {
		if err := b.sweep(ctx, session, data, at, g, sweep); err != nil {
			return side, nil, err
		}
	}
	return side, g.Grams, nil
}

// sweep runs the net on all images once.
func (b *Bench) sweep(
	ctx context.Context, s *nn.Session, data vision.Dataset, at []nn.At, g *inspect.Grams, sweep int,
) error {
	g.Begin(sweep)
	err := b.eachBatch(ctx, s, data, func(labels []int) error {
		return g.Add(len(labels), func(place int) (*tensor.Tensor, error) { return s.Kept(at[place]) })
	})
	if err != nil {
		return err
	}
	if n := g.Sweeps(); n > 1 {
		b.listener.progress(Progress{
			Stage: "products", Done: int64(sweep), Total: int64(n),
			Text: fmt.Sprintf("products, sweep %d of %d", sweep+1, n),
		})
	}
	return g.End(ctx)
}
