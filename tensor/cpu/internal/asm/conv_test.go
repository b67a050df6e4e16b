package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// convCase is a random convolution and where everything lies.
type convCase struct {
	ConvArgs
	px, nob, group int // group 0 is an ordinary convolution
	halves         int // Kernels.HalvesFrom
	pixel          int // bytes of one in destination and residual
}

func TestConv(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for px := range k.Conv {
			testConv(t, r, k.Conv[px], convCase{px: px, nob: k.Nob, halves: k.HalvesFrom, pixel: 64})
			testConv(t, r, k.Conv1[px], convCase{px: px, nob: 1, halves: k.HalvesFrom, pixel: 64})
		}
	})
}

// TestConvHalf demands the bits of the same kernel on float32 weights of the same
// values.
func TestConvHalf(t *testing.T) {
	bf16 := func(x float32) (uint16, float32) { return uint16(RoundBF16(x)), RoundBF16(x).Float32() }
	f16 := func(x float32) (uint16, float32) { return uint16(RoundF16(x)), RoundF16(x).Float32() }
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for px := range k.ConvHalf {
			many := convCase{px: px, nob: k.Nob, halves: k.HalvesFrom, pixel: 64}
			one := convCase{px: px, nob: 1, halves: k.HalvesFrom, pixel: 64}
			testConvHalf(t, r, k.Conv[px], k.ConvHalf[px], many, bf16)
			testConvHalf(t, r, k.Conv1[px], k.ConvHalf1[px], one, bf16)
			testConvHalf(t, r, k.Conv[px], k.ConvF16[px], many, f16)
			testConvHalf(t, r, k.Conv1[px], k.ConvF161[px], one, f16)
		}
	})
}

func testConvHalf(t *testing.T, r *rand.Rand, conv, half func(*ConvArgs), c convCase, round func(float32) (uint16, float32)) {
	if half == nil {
		return
	}
	cases := 3
	if strings.Contains(t.Name(), "emulated") { // slow
		cases = 1
	}
	for range cases {
		c.geometry(r)
		src, w, bias, res, dst := c.allocate(t, r)
		halves := make([]uint16, len(w))
		for i, v := range w {
			halves[i], w[i] = round(v)
		}
		c.Src, c.W, c.Bias, c.Dst, c.Res = src.at(0), w.at(0), bias.at(0), dst.at(0), res.at(0)
		other, before := slices.Clone(dst), c.ConvArgs
		conv(&c.ConvArgs)
		want := slices.Clone(dst)
		c.ConvArgs = before
		copy(dst, other)
		c.W = unsafe.Pointer(&halves[0])
		half(&c.ConvArgs)
		for i, got := range dst {
			if math.Float32bits(got) != math.Float32bits(want[i]) {
				t.Fatalf("%d pixels, float %d: %g, want %g", c.px, i, got, want[i])
			}
		}
		before.W = c.W
		before.Pf += uintptr(c.PfStep * c.Nx * c.Ny * c.Icb * c.Kh * (c.Run / 16))
		if before != c.ConvArgs {
			t.Fatalf("arguments changed from %+v to %+v", before, c.ConvArgs)
		}
	}
}

func TestGroups(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		for px := range k.Group4 {
			testConv(t, r, k.Group4[px], convCase{px: px, nob: 1, group: 4, halves: k.HalvesFrom, pixel: 64})
			testConv(t, r, k.Group8[px], convCase{px: px, nob: 1, group: 8, halves: k.HalvesFrom, pixel: 64})
		}
	})
}

// testConv runs a kernel on random geometries.
func testConv(t *testing.T, r *rand.Rand, kernel func(*ConvArgs), c convCase) {
	if kernel == nil {
		return
	}
	cases := 12
	if strings.Contains(t.Name(), "emulated") { // slow
		cases = 4
	}
	for i := range cases {
		t.Run(fmt.Sprintf("px%d_nob%d_group%d_%d", c.px, c.nob, c.group, i), func(t *testing.T) {
			c := c
			c.geometry(r)
			c.run(t, r, kernel)
		})
	}
}

// geometry chooses counts, distances and flags.
func (c *convCase) geometry(r *rand.Rand) {
	upTo := func(n int) int { return 1 + r.IntN(n) }
	pad := func() int { return 4 * r.IntN(40) }
	c.Icb, c.Kh, c.Run = upTo(5), upTo(4), upTo(49)
	if r.IntN(8) == 0 {
		c.Kh, c.Icb = 7, 1
	}
	if r.IntN(3) == 0 {
		c.Run = 16 * upTo(3)
	}
	if c.group > 0 {
		c.Icb, c.Run = 1, 16*upTo(3)
	}
	c.Nx, c.Ny = upTo(4), upTo(4)
	c.SrcPix, c.SrcHalf = 4*upTo(40), pad()+4*r.IntN(400)
	c.SrcRow, c.SrcPlane, c.SrcX, c.SrcY = pad()+4*r.IntN(200), pad()+4*r.IntN(900), pad()+4*r.IntN(200), pad()+4*r.IntN(300)
	c.Flags = r.IntN(FlagPrefetch << 1)
	first := c.first()
	c.DstHalf, c.ResHalf = first*64+pad(), first*64+pad()
	c.DstX, c.ResX = c.DstHalf+first*64+pad(), c.ResHalf+first*64+pad()
	c.DstY, c.ResY = c.Nx*c.DstX+pad(), c.Nx*c.ResX+pad()
	c.DstOB, c.ResOB = c.Ny*c.DstY+pad(), c.Ny*c.ResY+pad()
	c.PfStep = 64 * r.IntN(9)
}

// first is the number of pixels in the first half of a tile.
func (c *convCase) first() int {
	if c.px >= c.halves {
		return (c.px + 1) / 2
	}
	return c.px
}

// at is the distance of pixel p.
func (c *convCase) at(p, step, half int) int {
	if f := c.first(); p >= f {
		return half + (p-f)*step
	}
	return p * step
}

// eachOutput calls f for every pixel of every block, with the distances of its
// source, destination and residual.
func (c *convCase) eachOutput(f func(ob, src, dst, res int)) {
	for y := range c.Ny {
		for x := range c.Nx {
			for p := range c.px {
				for ob := range c.nob {
					f(ob,
						y*c.SrcY+x*c.SrcX+c.at(p, c.SrcPix, c.SrcHalf),
						y*c.DstY+x*c.DstX+c.at(p, c.pixel, c.DstHalf)+ob*c.DstOB,
						y*c.ResY+x*c.ResX+c.at(p, c.pixel, c.ResHalf)+ob*c.ResOB)
				}
			}
		}
	}
}

// eachTap calls f for all products of output lane o of a panel: distance in
// the source and in the weights.
func (c *convCase) eachTap(o int, f func(src, w int)) {
	i := 0
	for b := range c.Icb {
		for kh := range c.Kh {
			at := b*c.SrcPlane + kh*c.SrcRow
			if c.group == 0 {
				for r := range c.Run {
					f(at+4*r, 4*(i*16*c.nob+o))
					i++
				}
				continue
			}
			for kw := range c.Run / 16 {
				for j := range c.group {
					f(at+64*kw+4*(o/c.group*c.group+j), 4*(i*16+o))
					i++
				}
			}
		}
	}
}

// run calls the kernel and compares with float64.
func (c *convCase) run(t *testing.T, r *rand.Rand, kernel func(*ConvArgs)) {
	src, w, bias, res, dst := c.allocate(t, r)
	want := expected{}
	c.eachOutput(func(ob, s, d, rs int) {
		for o := range Block {
			y := bias.get(4 * (ob*16 + o))
			size := math.Abs(y)
			c.eachTap(ob*16+o, func(ds, dw int) {
				v := src.get(s+ds) * w.get(dw)
				y, size = y+v, size+math.Abs(v)
			})
			if c.Flags&FlagResidual != 0 {
				v := res.get(rs + 4*o)
				y, size = y+v, size+math.Abs(v)
			}
			want.want(d+4*o, clamp(y, c.Flags), size)
		}
	})
	c.Src, c.W, c.Bias, c.Dst = src.at(0), w.at(0), bias.at(0), dst.at(0)
	if c.Flags&FlagResidual != 0 {
		c.Res = res.at(0)
	}
	before := c.ConvArgs
	kernel(&c.ConvArgs)
	want.check(t, dst)
	before.Pf += uintptr(c.PfStep * c.Nx * c.Ny * c.Icb * c.Kh * (c.Run / 16))
	if before != c.ConvArgs {
		t.Fatalf("arguments changed from %+v to %+v", before, c.ConvArgs)
	}
}

// allocate fills what may be read with numbers and all else with NaN. In some
// cases the residual is the destination.
func (c *convCase) allocate(t *testing.T, r *rand.Rand) (src, w, bias, res, dst memory) {
	taps := map[int]bool{}
	wSize, srcSize, dstSize, resSize := 0, 0, 0, 0
	for o := range 16 * c.nob {
		c.eachTap(o, func(s, k int) {
			taps[s] = true
			wSize = max(wSize, k+4)
		})
	}
	reads := map[int]bool{}
	c.eachOutput(func(_, s, d, rs int) {
		for off := range taps {
			reads[s+off] = true
			srcSize = max(srcSize, s+off+4)
		}
		dstSize, resSize = max(dstSize, d+64), max(resSize, rs+64)
	})
	src, w, bias, dst = newMemory(t, r, srcSize/4), newFilled(t, r, wSize/4), newFilled(t, r, 16*c.nob), newMemory(t, r, dstSize/4)
	for off := range reads {
		src.fill(r, off, 1)
	}
	if r.IntN(3) == 0 {
		c.ResX, c.ResY, c.ResHalf, c.ResOB = c.DstX, c.DstY, c.DstHalf, c.DstOB
		res = dst
	} else {
		res = newMemory(t, r, resSize/4)
	}
	c.eachOutput(func(_, _, _, rs int) { res.fill(r, rs, 16) })
	return src, w, bias, res, dst
}

// TestConvKeepsNaN demands that the ReLU does not hide a NaN.
func TestConvKeepsNaN(t *testing.T) {
	eachSet(t, func(t *testing.T, k *Kernels, r *rand.Rand) {
		src, w, bias, dst := newFilled(t, r, 16), newFilled(t, r, 256), newFilled(t, r, 16), newFilled(t, r, 16)
		src[3] = float32(math.NaN())
		a := ConvArgs{
			Src: src.at(0), W: w.at(0), Bias: bias.at(0), Dst: dst.at(0),
			Icb: 1, Kh: 1, Run: 16, Nx: 1, Ny: 1, Flags: FlagReLU,
		}
		k.Conv1[1](&a)
		for o, v := range dst {
			if v == v {
				t.Errorf("lane %d is %g, want NaN", o, v)
			}
		}
	})
}
