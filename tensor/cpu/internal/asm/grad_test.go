package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestGradWeight(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for rows, kernel := range k.GradWeight {
			if kernel == nil {
				continue
			}
			for i := range 5 {
				t.Run(fmt.Sprintf("rows%d_%d", rows, i), func(t *testing.T) { testGradWeight(t, r, kernel, rows) })
			}
		}
	})
}

func testGradWeight(t *testing.T, r *rand.Rand, kernel func(*GradWeightArgs), rows int) {
	upTo := func(n int) int { return 1 + r.IntN(n) }
	a := GradWeightArgs{Nx: upTo(7), Ny: upTo(4), Nz: upTo(3), Groups: upTo(3), SrcZ: 4 * r.IntN(300), SrcPix: 4 * upTo(40), SrcRow: 4 * r.IntN(200)}
	a.GradRow = a.Nx*64 + 4*r.IntN(40)
	a.GradZ = a.Ny*a.GradRow + 4*r.IntN(40)
	total := a.Groups * rows
	src := newMemory(t, r, ((a.Nz-1)*a.SrcZ+(a.Ny-1)*a.SrcRow+(a.Nx-1)*a.SrcPix)/4+total)
	grad := newMemory(t, r, ((a.Nz-1)*a.GradZ+(a.Ny-1)*a.GradRow+a.Nx*64)/4)
	pixels := func(f func(s, g int)) {
		for z := range a.Nz {
			for y := range a.Ny {
				for x := range a.Nx {
					f(z*a.SrcZ+y*a.SrcRow+x*a.SrcPix, z*a.GradZ+y*a.GradRow+x*64)
				}
			}
		}
	}
	pixels(func(s, g int) {
		src.fill(r, s, total)
		grad.fill(r, g, Block)
	})
	dst, want := newFilled(t, r, Block*total), expected{}
	for i := range dst {
		sum, size := dst.get(4*i), math.Abs(dst.get(4*i))
		pixels(func(s, g int) {
			v := src.get(s+i/Block*4) * grad.get(g+i%Block*4)
			sum, size = sum+v, size+math.Abs(v)
		})
		want.want(4*i, sum, size)
	}
	a.Src, a.Grad, a.Dst = src.at(0), grad.at(0), dst.at(0)
	before := a
	kernel(&a)
	want.check(t, dst)
	if a != before {
		t.Errorf("arguments changed from %+v to %+v", before, a)
	}
}

// normCase is a NormGradArgs of random numbers.
type normCase struct {
	NormGradArgs
	x, dy, y, mean, factors memory
}

// newNormCase is some pixels, with or without a mask whose y has zeros, −0 and
// NaN.
func newNormCase(t *testing.T, r *rand.Rand, n int, masked bool) *normCase {
	c := &normCase{
		x: newFilled(t, r, Block*n), dy: newFilled(t, r, Block*n), y: newFilled(t, r, Block*n),
		mean: newFilled(t, r, Block), factors: newFilled(t, r, 3*Block),
	}
	c.NormGradArgs = NormGradArgs{X: c.x.at(0), DY: c.dy.at(0), Mean: c.mean.at(0), Factors: c.factors.at(0), N: n}
	for i, v := range []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), math.SmallestNonzeroFloat32} {
		c.y[(7*i+r.IntN(7))%len(c.y)] = v
	}
	if masked {
		c.Y = c.y.at(0)
	}
	return c
}

// grad is float i of dy, masked.
func (c *normCase) grad(i int) float64 {
	if c.Y == nil || c.y[i] > 0 {
		return float64(c.dy[i])
	}
	return 0
}

// eachNorm runs f for pixels up to 5, with and without a mask.
func eachNorm(t *testing.T, f func(t *testing.T, k *Kernels, r *rand.Rand, c *normCase)) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 6; n++ {
			for _, masked := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d_masked_%v", n, masked), func(t *testing.T) {
					f(t, k, r, newNormCase(t, r, n, masked))
				})
			}
		}
	})
}

// TestNormSums demands the same bits from every set: products are exact in
// float64, so that fusing does not matter.
func TestNormSums(t *testing.T) {
	eachNorm(t, func(t *testing.T, k *Kernels, r *rand.Rand, c *normCase) {
		var got [2][Block]float64
		for o := range Block {
			got[0][o], got[1][o] = r.NormFloat64(), r.NormFloat64()
		}
		want := got
		for i := range c.x {
			g, o := c.grad(i), i%Block
			want[0][o] += g
			want[1][o] += g * float64(c.x[i]-c.mean[o])
		}
		before := c.NormGradArgs
		k.NormSums(&got, &c.NormGradArgs)
		if got != want {
			t.Errorf("%v, want %v", got, want)
		}
		if c.NormGradArgs != before {
			t.Errorf("arguments changed from %+v to %+v", before, c.NormGradArgs)
		}
	})
}

func TestNormGrad(t *testing.T) {
	eachNorm(t, func(t *testing.T, k *Kernels, r *rand.Rand, c *normCase) {
		c.testInto(t, r, k.NormGrad, func(i int) (value, size float64) {
			f := func(j int) float64 { return float64(c.factors[j*Block+i%Block]) }
			u, v := f(0)*c.grad(i), f(1)*float64(c.x[i])
			return u + v + f(2), math.Abs(u) + math.Abs(v) + math.Abs(f(2))
		})
	})
}

func TestMask(t *testing.T) {
	eachNorm(t, func(t *testing.T, k *Kernels, r *rand.Rand, c *normCase) {
		c.testInto(t, r, k.Mask, func(i int) (value, size float64) { return c.grad(i), 0 })
	})
}

// testInto runs a kernel into memory of its own, X, DY or Y.
func (c *normCase) testInto(t *testing.T, r *rand.Rand, kernel func(*NormGradArgs), f func(i int) (value, size float64)) {
	want := expected{}
	for i := range c.x {
		value, size := f(i)
		want.want(4*i, value, size)
	}
	dst := []memory{newMemory(t, r, len(c.x)), c.x, c.dy, c.y}[r.IntN(4)]
	c.Dst = dst.at(0)
	before := c.NormGradArgs
	kernel(&c.NormGradArgs)
	want.check(t, dst)
	if c.NormGradArgs != before {
		t.Errorf("arguments changed from %+v to %+v", before, c.NormGradArgs)
	}
}

func TestJoin(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 6; n++ {
			x, y := newFilled(t, r, Block*n), newFilled(t, r, Block*n)
			got := [4]float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
			want, sums := expected{}, got
			for i := range x {
				u, v, d := float64(x[i]), float64(y[i]), float64(x[i]+y[i])
				want.want(4*i, d, 0)
				for j, p := range []float64{u * u, v * v, u * v, d * d} {
					sums[j] += p
				}
			}
			dst := []memory{newMemory(t, r, Block*n), x, y}[r.IntN(3)]
			k.Join(&got, dst.at(0), x.at(0), y.at(0), n)
			want.check(t, dst)
			for j, s := range sums {
				if !near(got[j], s) {
					t.Errorf("%d pixels: sum %d is %g, want %g", n, j, got[j], s)
				}
			}
		}
	})
}

func TestSquares(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 60; n += 7 {
			src, got := newFilled(t, r, Block*n), r.NormFloat64()
			want := got
			for i := range src {
				want += float64(src[i]) * float64(src[i])
			}
			k.Squares(&got, src.at(0), n)
			if !near(got, want) {
				t.Errorf("%d pixels: %g, want %g", n, got, want)
			}
		}
	})
}

// near allows float64 sums of some hundred products their rounding.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-12*(1+math.Abs(want)) }

// TestSGD demands the same bits from every set, with and without momentum, for
// all numbers of floats.
func TestSGD(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for n := 1; n < 70; n += 1 + n/4 {
			for form := range 3 { // plain, momentum, Nesterov
				t.Run(fmt.Sprintf("%d_form%d", n, form), func(t *testing.T) { testSGD(t, r, k, n, form) })
			}
		}
	})
}

func testSGD(t *testing.T, r *rand.Rand, k *Kernels, n, form int) {
	w, v, g := newFilled(t, r, n), newFilled(t, r, n), newFilled(t, r, n)
	a := SGDArgs{W: w.at(0), Grad: g.at(0), N: n, Rate: r.Float32(), Momentum: r.Float32(), Decay: r.Float32() / 10}
	if form > 0 {
		a.V = v.at(0)
	}
	a.Nesterov = uint32(form / 2)
	weights, slots := expected{}, expected{}
	for i := range w {
		d := g[i] + float32(a.Decay*w[i])
		step, slot := d, v[i]
		if form > 0 {
			slot = float32(a.Momentum*v[i]) + d
			step = slot
		}
		if form == 2 {
			step = d + float32(a.Momentum*slot)
		}
		slots.want(4*i, float64(slot), 0)
		weights.want(4*i, float64(w[i]-float32(a.Rate*step)), 0)
	}
	before := a
	k.SGD(&a)
	weights.check(t, w)
	slots.check(t, v)
	if a != before {
		t.Errorf("arguments changed from %+v to %+v", before, a)
	}
}

func TestMaxPoolGrad(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for i := range 40 {
			t.Run(fmt.Sprint(i), func(t *testing.T) { testMaxPoolGrad(t, r, k) })
		}
	})
}

// testMaxPoolGrad has few values, so that there are several maxima, and NaN.
func testMaxPoolGrad(t *testing.T, r *rand.Rand, k *Kernels) {
	a := PoolGradArgs{KH: 1 + r.IntN(4), KW: 1 + r.IntN(4), N: 1 + r.IntN(5), Step: 64 * (1 + r.IntN(3))}
	row := (a.N-1)*a.Step + a.KW*64
	a.XRow, a.DXRow = row+4*r.IntN(20), row+4*r.IntN(20)
	x, dx := newMemory(t, r, ((a.KH-1)*a.XRow+row)/4), newMemory(t, r, ((a.KH-1)*a.DXRow+row)/4)
	window := func(n int, f func(x, dx int)) {
		for kh := range a.KH {
			for kw := range a.KW {
				f(n*a.Step+kh*a.XRow+kw*64, n*a.Step+kh*a.DXRow+kw*64)
			}
		}
	}
	for n := range a.N {
		window(n, func(s, d int) {
			dx.fill(r, d, Block)
			for o := range Block {
				x[s/4+o] = []float32{-2, -1, 0, 1, float32(math.NaN())}[r.IntN(80)/19]
			}
		})
	}
	dy, want := newFilled(t, r, Block*a.N), expected{}
	for n := range a.N {
		window(n, func(_, d int) {
			for o := range 4 * Block {
				want.want(d+o/4*4, dx.get(d+o/4*4), 1)
			}
		})
	}
	for n := range a.N {
		for o := 0; o < 4*Block; o += 4 {
			best, at := math.Inf(-1), 0
			window(n, func(s, d int) {
				if v := x.get(s + o); v > best || v != v {
					best, at = v, d
				}
			})
			w := want[(at+o)/4]
			want.want(at+o, w.value+dy.get(n*64+o), 10)
		}
	}
	a.X, a.DX, a.DY = x.at(0), dx.at(0), dy.at(0)
	before := a
	k.MaxPoolGrad(&a)
	want.check(t, dx)
	if a != before {
		t.Errorf("arguments changed from %+v to %+v", before, a)
	}
}
