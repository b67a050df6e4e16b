package inspect

import (
	"context"
	"errors"
	"fmt"
	"math"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Unit is one value of an output: a channel, a row and a column, all from 0. Of a vector,
// row and column are 0.
type Unit struct{ C, Y, X int }

// UnitField is what a unit sees of an image, and how much each pixel counts (Luo et al.
// 2016, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks").
type UnitField struct {
	Box      Box      // the theoretical field, see Field
	Support  *Box     // around the pixels by which the unit's gradient is not 0; nil if there is none
	Mass     []Mass   // by MassShares; none where the gradient is 0 or not finite
	Branches []Branch // from 0 up: the gradient in parts; nil but at a block of a net with skips
	SumError float64  // ‖sum of the parts − gradient‖ / ‖gradient‖

	Gradient *tensor.Tensor // of the unit by the image, C×H×W
}

// MassShares are the shares of which a field says where they lie.
var MassShares = []float64{0.5, 0.9, 0.99}

// Mass is the smallest square around the pixel of the largest magnitude, cut at the
// image's edge, that holds a share of the sum of all. A pixel's magnitude is the sum over
// its channels.
type Mass struct {
	Share float64
	Box   Box
}

// Branch is the part of a gradient that came back through so many branches.
type Branch struct {
	Branches int
	Norm     float64
	Support  *Box // nil of a part that is 0
}

// Check refuses a unit that an output lacks.
func (u Unit) Check(l *nn.Layer) error {
	h, w := 1, 1
	if len(l.Out) == 4 {
		h, w = l.Out[2], l.Out[3]
	}
	if u.C < 0 || u.C >= l.Out[1] || u.Y < 0 || u.Y >= h || u.X < 0 || u.X >= w {
		return fmt.Errorf("%s has no unit %d,%d,%d: its output is %d×%d×%d, counted from 0", l.Path, u.C, u.Y, u.X, l.Out[1], h, w)
	}
	return nil
}

// MeasureField measures what a unit sees of a sample's image: the gradient of its value by
// the image. At the output of a block in a net with skips, the gradient is split by the
// number of branches that it came through, the block's own counted.
func MeasureField(ctx context.Context, s Sample, p Place, u Unit) (_ *UnitField, err error) {
	if err := u.Check(p.Layer); err != nil {
		return nil, err
	}
	s.exact = true // others round what is 0 to very small numbers
	back := nn.Pass{Backward: &nn.Backward{From: p.At(), NoParams: true}, Probes: []nn.Probe{inputGradient}}
	c, err := s.open(ctx, 1, 1, back)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	seed := c.seed(p.Layer, u)
	if err := c.session.SetSeed(seed); err != nil {
		return nil, err
	}
	if err := c.one(ctx); err != nil {
		return nil, err
	}
	g, err := c.kept(inputGradient)
	if err != nil {
		return nil, err
	}
	shape := s.Batch.Shape[1:]
	f := &UnitField{Box: Field(c.session.Model(), p.Layer, u.Y, u.X), Gradient: &tensor.Tensor{Shape: shape, Data: g}}
	seen := magnitudes(g, shape[1], shape[2])
	f.Support, f.Mass = seen.support(), seen.mass()
	if p.Block == nil || !hasSkips(c.session.Model()) {
		return f, nil
	}
	return f, f.split(ctx, c, p, seed)
}

// seed is 1 at a unit of the first copy, and 0 elsewhere.
func (c *copies) seed(l *nn.Layer, u Unit) *tensor.Tensor {
	t := tensor.New(c.session.Model().Layers[l.Index].Out...)
	one := row(t, c.first)
	at := u.C
	if len(l.Out) == 4 {
		at = (u.C*l.Out[2]+u.Y)*l.Out[3] + u.X
	}
	one[at] = 1
	return t
}

// hasSkips reports whether any block has one.
func hasSkips(m *nn.Model) bool {
	for _, b := range m.Blocks() {
		if b.Block.Skip != nn.NoSkip {
			return true
		}
	}
	return false
}

// split takes the gradient apart by the number of branches.
func (f *UnitField) split(ctx context.Context, c *copies, p Place, seed *tensor.Tensor) error {
	parts, err := c.session.PathsFrom(ctx, p.At(), seed)
	if err != nil {
		return err
	}
	f.SumError = parts.SumError
	f.Branches = []Branch{}
	for k, t := range parts.Branches {
		b := Branch{Branches: k}
		if t != nil {
			values := row(t, c.first)
			b.Norm = norm(values)
			b.Support = magnitudes(values, t.Shape[2], t.Shape[3]).support()
		}
		f.Branches = append(f.Branches, b)
	}
	return nil
}

// norm is the L2 norm.
func norm(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// plane has a value for each pixel of an image.
type plane struct {
	h, w   int
	values []float64
}

// magnitudes sums those of each pixel's channels.
func magnitudes(x []float32, h, w int) plane {
	p := plane{h, w, make([]float64, h*w)}
	for i, v := range x {
		p.values[i%(h*w)] += math.Abs(float64(v))
	}
	return p
}

// support is the smallest box around all pixels that are not 0, nil if all are.
func (p plane) support() *Box {
	var b Box
	for i, v := range p.values {
		if v != 0 {
			y, x := i/p.w, i%p.w
			b = b.union(Box{y, x, y + 1, x + 1})
		}
	}
	if b == (Box{}) {
		return nil
	}
	return &b
}

// mass finds the squares around the largest value that hold each of MassShares.
func (p plane) mass() []Mass {
	total, top := 0.0, 0
	for i, v := range p.values {
		total += v
		if v > p.values[top] {
			top = i
		}
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil
	}
	rings := p.rings(top/p.w, top%p.w)
	var all []Mass
	sum, radius := rings[0], 0
	for _, share := range MassShares {
		for sum < share*total && radius < len(rings)-1 {
			radius++
			sum += rings[radius]
		}
		all = append(all, Mass{share, p.square(top/p.w, top%p.w, radius)})
	}
	return all
}

// rings are sums by the distance from a pixel, the larger of that in rows and in columns.
func (p plane) rings(y, x int) []float64 {
	rings := make([]float64, max(y, p.h-1-y, x, p.w-1-x)+1)
	for i, v := range p.values {
		dy, dx := i/p.w-y, i%p.w-x
		rings[max(dy, -dy, dx, -dx)] += v
	}
	return rings
}

// square is the one around a pixel that reaches radius pixels far, cut at the edge.
func (p plane) square(y, x, radius int) Box {
	return Box{y - radius, x - radius, y + radius + 1, x + radius + 1}.within(p.h, p.w)
}
