package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"resnet-tui/picture"
	"resnet-tui/profile/export"
	"resnet-tui/profile/report"
	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// pictures are those of a profile whose input is images: why the first one is what the
// net takes it for, the feature maps that decide it, and of four images or more where
// blocks agree. There are none of random input, or of a net whose last block leaves no
// maps.
func (b *Bench) pictures(ctx context.Context) (_ []export.Picture, err error) {
	last := inspect.LastBlock(b.model.Model)
	if b.images == nil || len(last.Layer.Out) != 4 {
		return nil, nil
	}
	places := []inspect.Place{last}
	if inspect.CheckImages(b.model.Batch()) == nil {
		places = inspect.Stations(b.model.Model)
	}
	at := []nn.At{last.At()}
	for _, p := range places {
		if !slices.Contains(at, p.At()) {
			at = append(at, p.At())
		}
	}
	s, err := b.session(ctx, keepAll(at)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Run(ctx, nil); err != nil {
		return nil, err
	}
	kept, err := s.Kept(last.At())
	if err != nil {
		return nil, err
	}
	why, err := b.explanationPicture(ctx, s, last)
	if err != nil {
		return nil, err
	}
	sheet, err := mapsPicture(kept, last)
	if err != nil || len(places) == 1 {
		return []export.Picture{why, sheet}, err
	}
	alike, err := b.similarityPicture(ctx, s, places)
	return []export.Picture{why, sheet, alike}, err
}

// similarityPicture is the similarity of what leaves the blocks for the batch.
func (b *Bench) similarityPicture(ctx context.Context, s *nn.Session, places []inspect.Place) (p export.Picture, err error) {
	g, err := inspect.NewGrams(b.device, places, b.model.Batch(), b.spec.Run.Threads)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	for sweep := range g.Sweeps() {
		g.Begin(sweep)
		err := g.Add(b.model.Batch(), func(place int) (*tensor.Tensor, error) { return s.Kept(places[place].At()) })
		if err := errors.Join(err, g.End(ctx)); err != nil {
			return p, err
		}
	}
	r := report.NewSimilarity(b.model.Batch(), string(inspect.Debiased))
	side := report.SimilaritySide{Model: b.describe(s), Device: b.describeDevice()}
	for _, place := range places {
		side.Paths = append(side.Paths, place.Path)
	}
	r.SetSide(0, side, g.Grams)
	r.Compare()
	img, err := r.Picture()
	if err != nil {
		return p, err
	}
	note := fmt.Sprintf("Linear CKA, debiased, of what leaves each block for the %d images of the batch.", b.model.Batch())
	return asPNG("Where blocks agree.", note, img)
}

// mapsPicture is a contact sheet of what left a block.
func mapsPicture(kept *tensor.Tensor, at inspect.Place) (export.Picture, error) {
	maps := report.NewMaps(kept, 0)
	maps.Layer = at.Path
	img, err := maps.Picture()
	if err != nil {
		return export.Picture{}, err
	}
	note := fmt.Sprintf("%d channels of %d×%d on one scale; those that are 0 everywhere are crossed out.",
		maps.Shape[0], maps.Shape[1], maps.Shape[2])
	return asPNG("Feature maps of "+at.Path+".", note, img)
}

// explanationPicture is the Grad-CAM of the likeliest class over the first image.
func (b *Bench) explanationPicture(ctx context.Context, s *nn.Session, at inspect.Place) (p export.Picture, err error) {
	sample := inspect.Sample{Session: s, Batch: b.input()}
	class, err := likeliest(ctx, sample)
	if err != nil {
		return p, err
	}
	o := inspect.DefaultOptions(inspect.GradCAM, b.model.Input[2], b.model.Input[3])
	o.At = at
	e, err := b.explain(ctx, sample, o, class, false)
	if err != nil {
		return p, err
	}
	img, err := e.Picture()
	if err != nil {
		return p, err
	}
	name := fmt.Sprintf("class %d", class)
	if e.Name != "" {
		name += ", " + e.Name
	}
	note := fmt.Sprintf("Grad-CAM at %s, of what speaks for %s, the likeliest.", at.Path, name)
	return asPNG("Why this class.", note, img)
}

// asPNG is a picture of a report.
func asPNG(title, note string, img image.Image) (export.Picture, error) {
	var file bytes.Buffer
	err := picture.WritePNG(&file, img)
	return export.Picture{Title: title, Note: note, PNG: file.Bytes()}, err
}
