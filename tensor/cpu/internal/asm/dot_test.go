package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

// eachDot runs f for every set of products of bfloat16: the processor's, if it has
// one, the one in plain Go, and x86's on an emulated processor.
func eachDot(t *testing.T, f func(t *testing.T, d *DotKernels, r *rand.Rand)) {
	for _, name := range append(Names(), "generic_dot") {
		if d := Get(name).Dot; d != nil {
			t.Run(d.Name, func(t *testing.T) { f(t, d, rand.New(rand.NewPCG(1, 2))) })
		}
	}
	t.Run("avx512_bf16_emulated", func(t *testing.T) {
		if unsafe.Sizeof(uintptr(0)) != 8 {
			t.Skip("the arguments' layout is that of 64 bits")
		}
		f(t, emulatedDot(), rand.New(rand.NewPCG(1, 2)))
	})
}

// halves is memory of bfloat16; a NaN stands for what is untouched.
type halves []BF16

const untouchedHalf = 0x7fde

func newHalves(t *testing.T, r *rand.Rand, n int) halves {
	floats := newMemory(t, r, (n+1)/2)
	all := unsafe.Slice((*BF16)(unsafe.Pointer(&floats[0])), 2*len(floats))
	for i := range all {
		all[i] = untouchedHalf
	}
	return all[len(all)-n:]
}

func (h halves) at(off int) unsafe.Pointer { return unsafe.Pointer(&h[off/2]) }
func (h halves) get(off int) float64       { return float64(h[off/2].Float32()) }

// fill puts random numbers into n elements from off bytes on.
func (h halves) fill(r *rand.Rand, off, n int) {
	for i := range n {
		h[off/2+i] = RoundBF16(float32(r.NormFloat64()))
	}
}

// floats is the same as float32.
func (h halves) floats() memory {
	m := make(memory, len(h))
	for i, x := range h {
		m[i] = x.Float32()
		if x == untouchedHalf {
			m[i] = math.Float32frombits(untouched)
		}
	}
	return m
}

func (m memory) floats() memory { return m }

// store is memory of either.
type store interface {
	at(off int) unsafe.Pointer
	get(off int) float64
	fill(r *rand.Rand, off, n int)
	floats() memory
}

func newStore(t *testing.T, r *rand.Rand, element, bytes int) store {
	if element == 2 {
		return newHalves(t, r, bytes/2)
	}
	return newMemory(t, r, bytes/4)
}

// dotCase is a convolution of bfloat16.
type dotCase struct {
	convCase
	element int // bytes, of destination and residual
}

func TestDotConv(t *testing.T) {
	eachDot(t, func(t *testing.T, d *DotKernels, r *rand.Rand) {
		for px := range d.Conv {
			testDotConv(t, r, d.Conv[px], dotCase{convCase: convCase{px: px, nob: d.Nob, halves: d.HalvesFrom}})
			testDotConv(t, r, d.Conv1[px], dotCase{convCase: convCase{px: px, nob: 1, halves: d.HalvesFrom}})
		}
	})
}

func testDotConv(t *testing.T, r *rand.Rand, kernel func(*ConvArgs), c dotCase) {
	if kernel == nil {
		return
	}
	cases := 12
	if strings.Contains(t.Name(), "emulated") { // slow
		cases = 3
	}
	for i := range cases {
		t.Run(fmt.Sprintf("px%d_nob%d_%d", c.px, c.nob, i), func(t *testing.T) {
			c := c
			c.element = 2 + 2*(i%3/2)
			c.pixel = Block * c.element
			c.geometry(r)
			if c.Run = 2 * (1 + r.IntN(30)); i%2 == 0 {
				c.Run = Block * (1 + r.IntN(4))
			}
			if c.element == 4 {
				c.Flags |= FlagFloat
			}
			c.run(t, r, kernel)
		})
	}
}

// eachTap calls f for all products of output lane o: distances in the source and in
// the weights, which are pairs.
func (c *dotCase) eachTap(o int, f func(src, w int)) {
	i := 0
	for b := range c.Icb {
		for kh := range c.Kh {
			for r := range c.Run {
				f(b*c.SrcPlane+kh*c.SrcRow+2*r, 2*((i/2*Block*c.nob+o)*2+i%2))
				i++
			}
		}
	}
}

// run calls the kernel and compares with float64. A sum's own rounding to bfloat16
// adds half of its last place, 2⁻⁹ of the next power of two.
func (c *dotCase) run(t *testing.T, r *rand.Rand, kernel func(*ConvArgs)) {
	src, w, bias, res, dst := c.allocate(t, r)
	want := expected{}
	c.eachOutput(func(ob, s, d, rs int) {
		for o := range Block {
			y := bias.get(4 * (ob*Block + o))
			size := math.Abs(y)
			c.eachTap(ob*Block+o, func(ds, dw int) {
				v := src.get(s+ds) * w.get(dw)
				y, size = y+v, size+math.Abs(v)
			})
			if c.Flags&FlagResidual != 0 {
				v := res.get(rs + c.element*o)
				y, size = y+v, size+math.Abs(v)
			}
			if y = clamp(y, c.Flags); c.element == 2 {
				size += math.Abs(y) / 256 / 2e-6
			}
			want.want(4*(d/c.element+o), y, size)
		}
	})
	c.Src, c.W, c.Bias, c.Dst = src.at(0), w.at(0), bias.at(0), dst.at(0)
	if c.Flags&FlagResidual != 0 {
		c.Res = res.at(0)
	}
	before := c.ConvArgs
	kernel(&c.ConvArgs)
	want.check(t, dst.floats())
	before.Pf += uintptr(c.PfStep * c.Nx * c.Ny * c.Icb * c.Kh * (c.Run / Block))
	if before != c.ConvArgs {
		t.Fatalf("arguments changed from %+v to %+v", before, c.ConvArgs)
	}
}

// allocate is that of convCase.
func (c *dotCase) allocate(t *testing.T, r *rand.Rand) (src, w halves, bias memory, res, dst store) {
	taps := map[int]bool{}
	wSize, srcSize, dstSize, resSize := 0, 0, 0, 0
	for o := range Block * c.nob {
		c.eachTap(o, func(s, k int) {
			taps[s] = true
			wSize = max(wSize, k+2)
		})
	}
	c.eachOutput(func(_, s, d, rs int) {
		for off := range taps {
			srcSize = max(srcSize, s+off+2)
		}
		dstSize, resSize = max(dstSize, d+c.pixel), max(resSize, rs+c.pixel)
	})
	src, w, bias = newHalves(t, r, srcSize/2), newHalves(t, r, wSize/2), newFilled(t, r, Block*c.nob)
	w.fill(r, 0, len(w))
	c.eachOutput(func(_, s, _, _ int) {
		for off := range taps {
			src.fill(r, s+off, 1)
		}
	})
	dst = newStore(t, r, c.element, dstSize)
	if r.IntN(3) == 0 {
		c.ResX, c.ResY, c.ResHalf, c.ResOB = c.DstX, c.DstY, c.DstHalf, c.DstOB
		res = dst
	} else {
		res = newStore(t, r, c.element, resSize)
	}
	c.eachOutput(func(_, _, _, rs int) { res.fill(r, rs, Block) })
	return src, w, bias, res, dst
}

// TestDotRounding demands the nearest bfloat16, the even one of two, infinity where
// that is nearest, and NaN for NaN, also if the ReLU clamps.
func TestDotRounding(t *testing.T) {
	eachDot(t, func(t *testing.T, d *DotKernels, r *rand.Rand) {
		for sum, want := range map[uint32]BF16{
			0x3f808000: 0x3f80, 0x3f808001: 0x3f81, 0x3f818000: 0x3f82, 0x3f817fff: 0x3f81,
			0x7f7f7fff: 0x7f7f, 0x7f7f8000: 0x7f80, 0x7f800000: 0x7f80, 0x80000000: 0x8000,
			0x7f800001: 0x7fc0, 0x7fffffff: 0x7fff, 0x7fc00000: 0x7fc0,
		} {
			src, w, bias, dst := newHalves(t, r, Block), newHalves(t, r, Block*Block), newMemory(t, r, Block), newHalves(t, r, Block)
			clear(src)
			clear(w)
			for o := range bias {
				bias[o] = math.Float32frombits(sum)
			}
			a := ConvArgs{
				Src: src.at(0), W: w.at(0), Bias: bias.at(0), Dst: dst.at(0),
				Icb: 1, Kh: 1, Run: Block, Nx: 1, Ny: 1,
			}
			if sum>>31 == 0 {
				a.Flags = FlagReLU
			}
			d.Conv1[1](&a)
			isNaN := math.IsNaN(float64(want.Float32()))
			for o, got := range dst {
				if got != want && !(isNaN && math.IsNaN(float64(got.Float32()))) && !(want == 0x8000 && got == 0) {
					t.Errorf("lane %d is %#x, want %#x for %#x", o, got, want, sum)
				}
			}
		}
	})
}

func TestDotGradWeight(t *testing.T) {
	eachDot(t, func(t *testing.T, d *DotKernels, r *rand.Rand) {
		for rows, kernel := range d.GradWeight {
			if kernel == nil {
				continue
			}
			for i := range 3 {
				t.Run(fmt.Sprintf("rows%d_%d", rows, i), func(t *testing.T) { testDotGradWeight(t, r, kernel, rows) })
			}
		}
	})
}

func testDotGradWeight(t *testing.T, r *rand.Rand, kernel func(*GradWeightArgs), rows int) {
	upTo := func(n int) int { return 1 + r.IntN(n) }
	a := GradWeightArgs{Nx: upTo(7), Ny: upTo(4), Nz: upTo(3), Groups: upTo(3), SrcZ: 4 * r.IntN(300), SrcPix: 4 * upTo(40), SrcRow: 4 * r.IntN(200)}
	a.GradRow = a.Nx*64 + 4*r.IntN(40)
	a.GradZ = a.Ny*a.GradRow + 4*r.IntN(40)
	total := a.Groups * rows
	src := newHalves(t, r, ((a.Nz-1)*a.SrcZ+(a.Ny-1)*a.SrcRow+(a.Nx-1)*a.SrcPix)/2+2*total)
	grad := newHalves(t, r, ((a.Nz-1)*a.GradZ+(a.Ny-1)*a.GradRow+a.Nx*64)/2)
	pairs := func(f func(s, g int)) {
		for z := range a.Nz {
			for y := range a.Ny {
				for x := range a.Nx {
					f(z*a.SrcZ+y*a.SrcRow+x*a.SrcPix, z*a.GradZ+y*a.GradRow+x*64)
				}
			}
		}
	}
	pairs(func(s, g int) {
		src.fill(r, s, 2*total)
		grad.fill(r, g, 2*Block)
	})
	dst, want := newFilled(t, r, Block*total), expected{}
	for i := range dst {
		sum, size := dst.get(4*i), math.Abs(dst.get(4*i))
		pairs(func(s, g int) {
			for half := 0; half < 4; half += 2 {
				v := src.get(s+i/Block*4+half) * grad.get(g+i%Block*4+half)
				sum, size = sum+v, size+math.Abs(v)
			}
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

func TestPair(t *testing.T) {
	eachDot(t, func(t *testing.T, d *DotKernels, r *rand.Rand) {
		for n := 1; n < 10; n++ {
			a := PairArgs{N: n, SrcStep: 2 * (Block + r.IntN(40)), DstStep: 64 + 4*r.IntN(20)}
			src := newHalves(t, r, (n-1)*a.SrcStep/2+Block)
			dst := newHalves(t, r, (n-1)/2*a.DstStep/2+2*Block)
			want := expected{}
			for p := range n {
				src.fill(r, p*a.SrcStep, Block)
			}
			for p := range n + n%2 {
				for o := range Block {
					v := 0.0
					if p < n {
						v = src.get(p*a.SrcStep + 2*o)
					}
					want.want(2*(p/2*a.DstStep+4*o+2*(p%2)), v, 0)
				}
			}
			a.Src, a.Dst = src.at(0), dst.at(0)
			before := a
			d.Pair(&a)
			want.check(t, dst.floats())
			if a != before {
				t.Errorf("arguments changed from %+v to %+v", before, a)
			}
		}
	})
}

// TestDotPeak demands as many FLOPs as a vector has, for each round.
func TestDotPeak(t *testing.T) {
	eachDot(t, func(t *testing.T, d *DotKernels, _ *rand.Rand) {
		one := d.Peak(1)
		if one < 16 || d.Peak(3) != 3*one {
			t.Errorf("%d FLOPs in a round, %d in three", one, d.Peak(3))
		}
	})
}
