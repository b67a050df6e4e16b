package live

import (
	"context"
	"errors"

	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Images that similarity takes: so many of seeded noise where fewer are given than the
// estimate needs, and so many in a pass.
const (
	alikeNoise = 32
	alikeBatch = 8
)

// resemble measures how alike what leaves the blocks is: of the net, and of its twin if that
// is there.
func (r *runner) resemble(ctx context.Context) error {
	images := r.options.Input
	noise := images == nil || images.Shape[0] < inspect.LeastImages
	if noise {
		shape := r.whole.Input.Clone()
		shape[0] = alikeNoise
		images = nn.RandomInput(r.options.Session.Seed, shape)
	}
	found := &Similarity{Images: images.Shape[0], Noise: noise}
	sides := []*nn.Session{r.session}
	if r.twin != nil {
		sides = append(sides, r.twin.session)
	}
	for i, s := range sides {
		progress := func(done int) { r.report("similarity", int64(i*found.Images+done), int64(len(sides)*found.Images)) }
		alike, err := r.alike(ctx, s, images, progress)
		switch {
		case err != nil:
			return err
		case i == 0:
			found.Net = *alike
		default:
			found.Twin = alike
		}
	}
	r.results.Similarity = found
	return nil
}

// alike measures one net, in a session beside its own.
func (r *runner) alike(
	ctx context.Context, of *nn.Session, images *tensor.Tensor, progress func(done int),
) (a *Alike, err error) {
	m, err := of.Model().WithBatch(min(images.Shape[0], alikeBatch))
	if err != nil {
		return nil, err
	}
	places := inspect.Stations(m)
	pass := nn.Pass{}
	a = &Alike{Name: m.Name}
	for _, p := range places {
		a.Paths = append(a.Paths, p.Path)
		pass.Probes = append(pass.Probes, nn.Probe{At: p.At(), What: nn.Keep})
	}
	change := func(o *nn.SessionOptions) { o.Pass, o.Progress = pass, nil }
	o := of.Options()
	change(&o)
	if err := r.fits(m, o); err != nil {
		return nil, err
	}
	s, err := of.Share(ctx, m, change)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	a.CKA, err = r.align(ctx, s, places, images, progress)
	return a, err
}

// align compares what leaves places, each with each, over all images.
func (r *runner) align(
	ctx context.Context, s *nn.Session, places []inspect.Place, images *tensor.Tensor, progress func(done int),
) (cka [][]float64, err error) {
	g, err := inspect.NewGrams(r.device, places, images.Shape[0], r.options.Session.Threads)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	for sweep := range g.Sweeps() {
		g.Begin(sweep)
		if err := addAll(ctx, s, g, places, images, progress); err != nil {
			return nil, err
		}
		if err := g.End(ctx); err != nil {
			return nil, err
		}
	}
	return inspect.CKA(g.Grams, g.Grams, inspect.Debiased), nil
}

// addAll runs a session on all images once. The last batch is filled up with zeros, which
// are left out.
func addAll(
	ctx context.Context, s *nn.Session, g *inspect.Grams, places []inspect.Place, images *tensor.Tensor, progress func(int),
) error {
	n, batch := images.Shape[0], s.Model().Batch()
	per := len(images.Data) / n
	for from := 0; from < n; from += batch {
		part := tensor.New(s.Model().Input...)
		copy(part.Data, images.Data[from*per:])
		if err := errors.Join(s.SetInput(part), ctx.Err()); err != nil {
			return err
		}
		if err := s.Run(ctx, nil); err != nil {
			return err
		}
		count := min(batch, n-from)
		kept := func(place int) (*tensor.Tensor, error) { return s.Kept(places[place].At()) }
		if err := g.Add(count, kept); err != nil {
			return err
		}
		progress(from + count)
	}
	return nil
}
