package inspect

import (
	"context"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Stations are the places where similarity is measured: what enters the first block, every
// block, and the global pool; of a net without blocks, every pool.
func Stations(m *nn.Model) (all []Place) {
	blocks := m.Blocks()
	if len(blocks) > 0 {
		if from := blocks[0].From; from >= 0 {
			all = append(all, Place{Path: m.Layers[from].Path, Layer: m.Layers[from]})
		}
	}
	for _, b := range blocks {
		if b.To >= 0 { // else lesions have left nothing before it either
			all = append(all, Place{b.Path, m.Layers[b.To], b})
		}
	}
	for _, l := range m.Layers {
		pool := l.Kind == tensor.AdaptiveAvgPool2d || l.Kind == tensor.MaxPool2d && len(blocks) == 0
		if pool {
			all = append(all, Place{Path: l.Path, Layer: l})
		}
	}
	return all
}

// Grams gathers the Gram matrices of what leaves some places, for all images of a set at
// once. Products need a feature of all images together, so it keeps features until it has
// those of all images: as many as fit into what it may keep, in several sweeps over the
// images if there are more.
//
// A Gram matrix of float32 products would lose what little differs between images, so
// features are shifted first, by their means over the first batch: centring removes any
// shift again.
type Grams struct {
	Grams []*Gram // by place

	images  int
	sweeps  [][]slice
	product *product
	sweep   []slice // that goes on
	seen    int     // images of it
}

// slice is a range of the features of a place, those of all images while a sweep goes on.
type slice struct {
	place, from, to int
	shift           []float32
	values          []float32 // features × images; rows are filled up to a multiple of productRows
}

// keptBytes bounds what a sweep keeps.
const keptBytes = 1 << 30

// NewGrams prepares a device for the Gram matrices of a number of images at places. It
// must be closed.
func NewGrams(dev tensor.Device, places []Place, images, threads int) (*Grams, error) {
	return newGrams(dev, places, images, threads, keptBytes)
}

// newGrams is NewGrams with another bound.
func newGrams(dev tensor.Device, places []Place, images, threads int, bytes int64) (*Grams, error) {
	g := &Grams{images: images}
	var sizes []int
	for _, p := range places {
		sizes = append(sizes, p.Layer.Out[1:].Elems())
		g.Grams = append(g.Grams, &Gram{images, make([]float64, images*images)})
	}
	g.sweeps = divide(sizes, max(int(bytes/4)/images, productRows))
	var err error
	g.product, err = newProduct(dev, images, threads)
	return g, err
}

// divide splits the features of places into sweeps of at most so many, of which a place
// may have several.
func divide(sizes []int, most int) (sweeps [][]slice) {
	room := 0
	for place, size := range sizes {
		for from := 0; from < size; {
			if room < min(productRows, size-from) {
				sweeps, room = append(sweeps, nil), most
			}
			n := min(size-from, room)
			if from+n < size {
				n -= n % productRows // so that only the last is filled up
			}
			last := len(sweeps) - 1
			sweeps[last] = append(sweeps[last], slice{place: place, from: from, to: from + n})
			from, room = from+n, room-n
		}
	}
	return sweeps
}

// Close frees what the products hold.
func (g *Grams) Close() error { return g.product.Close() }

// Sweeps is how often all images must be added.
func (g *Grams) Sweeps() int { return len(g.sweeps) }

// Begin begins a sweep, from 0.
func (g *Grams) Begin(sweep int) {
	g.sweep, g.seen = g.sweeps[sweep], 0
	for i := range g.sweep {
		s := &g.sweep[i]
		rows := (s.to - s.from + productRows - 1) / productRows * productRows
		s.values, s.shift = make([]float32, rows*g.images), nil
	}
}

// Add takes in the next n images, which are the first of a batch. kept is called for each
// place that the sweep looks at, and returns what left it.
func (g *Grams) Add(n int, kept func(place int) (*tensor.Tensor, error)) error {
	for i := range g.sweep {
		t, err := kept(g.sweep[i].place)
		if err != nil {
			return err
		}
		g.sweep[i].take(t, n, g.seen, g.images)
	}
	g.seen += n
	return nil
}

// take puts the features of n images into their columns.
func (s *slice) take(t *tensor.Tensor, n, at, images int) {
	per := t.Shape[1:].Elems()
	if s.shift == nil {
		s.shift = meansOf(t, n, s.from, s.to)
	}
	for f := s.from; f < s.to; f++ {
		row := s.values[(f-s.from)*images+at:][:n]
		for i := range row {
			row[i] = t.Data[i*per+f] - s.shift[f-s.from]
		}
	}
}

// meansOf are the means of some features over the first n images.
func meansOf(t *tensor.Tensor, n, from, to int) []float32 {
	per := t.Shape[1:].Elems()
	means := make([]float32, to-from)
	for f := range means {
		sum := 0.0
		for i := range n {
			sum += float64(t.Data[i*per+from+f])
		}
		means[f] = float32(sum / float64(n))
	}
	return means
}

// End multiplies the features of a sweep and forgets them.
func (g *Grams) End(ctx context.Context) error {
	for i := range g.sweep {
		s := &g.sweep[i]
		if err := g.product.add(ctx, g.Grams[s.place], s.values); err != nil {
			return err
		}
		s.values, s.shift = nil, nil
	}
	return nil
}
