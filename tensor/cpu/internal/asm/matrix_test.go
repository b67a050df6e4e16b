package asm

import (
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

//go:embed amx_amd64.s
var sourceAMX string

// emulatedMatrix is AMX's set.
func emulatedMatrix(t *testing.T) *MatrixKernels {
	functions := assemble(sourceAMX)
	call := func(name string, a unsafe.Pointer) {
		m := &machine{}
		m.run(functions[name], word64(a))
		if m.tiles != (tiles{}) {
			t.Error("the tiles were not released")
		}
	}
	grad := func(size int) func(*MatrixGradArgs) {
		name := fmt.Sprintf("matrixGradAMXx%d", size)
		return configuredGrad(func(a *MatrixGradArgs) { call(name, unsafe.Pointer(a)) })
	}
	return &MatrixKernels{
		Grad:      [3][3]func(*MatrixGradArgs){1: {1: grad(11), 2: grad(12)}, 2: {1: grad(21), 2: grad(22)}},
		Transpose: func(a *TransposeArgs) { call("transposeAMX", unsafe.Pointer(a)) },

		Conv:   configured(func(a *MatrixArgs) { call("matrixConvAMX", unsafe.Pointer(a)) }),
		Conv1:  configured(func(a *MatrixArgs) { call("matrixConvOneAMX", unsafe.Pointer(a)) }),
		Gather: func(a *GatherArgs) { call("gatherAMX", unsafe.Pointer(a)) },
	}
}

// eachMatrix runs f for every set: the processor's, the one in plain Go, and AMX's on
// an emulated processor.
func eachMatrix(t *testing.T, f func(t *testing.T, m *MatrixKernels, r *rand.Rand)) {
	for _, name := range append(Names(), "generic_matrix") {
		if d := Get(name).Dot; d != nil && d.Matrix != nil {
			t.Run(d.Name, func(t *testing.T) { f(t, d.Matrix, rand.New(rand.NewPCG(1, 2))) })
		}
	}
	t.Run("amx_emulated", func(t *testing.T) {
		if unsafe.Sizeof(uintptr(0)) != 8 {
			t.Skip("the arguments' layout is that of 64 bits")
		}
		f(t, emulatedMatrix(t), rand.New(rand.NewPCG(1, 2)))
	})
}

// matrixCase is a random convolution of gathered pixels and where everything lies.
type matrixCase struct {
	MatrixArgs
	nob, element int // output blocks; bytes of an element of destination and residual
	taps         []int
}

func TestMatrixConv(t *testing.T) {
	eachMatrix(t, func(t *testing.T, m *MatrixKernels, r *rand.Rand) {
		for i := range 60 {
			c := matrixCase{nob: 1 + i%2, element: 2 + i/2%2*2}
			kernel := m.Conv
			if c.nob == 1 {
				kernel = m.Conv1
			}
			t.Run(fmt.Sprintf("nob%d_%d", c.nob, i), func(t *testing.T) {
				c.geometry(r)
				c.run(t, r, kernel)
			})
		}
	})
}

// geometry chooses counts, distances and flags.
func (c *matrixCase) geometry(r *rand.Rand) {
	pad := func(n int) int { return 4 * r.IntN(n) }
	c.N = 1 + r.IntN(3*MatrixGroup)
	if r.IntN(3) == 0 {
		c.N = r.IntN(3)*MatrixGroup + 1 + r.IntN(2)*(MatrixGroup-1)
	}
	c.Row, c.Skip = c.N, 0
	if r.IntN(3) > 0 {
		c.Row, c.Skip = 1+r.IntN(40), r.IntN(40)
	}
	c.Pairs, c.TapCount = 1+r.IntN(3), 1+r.IntN(4)
	c.SrcPlane = 4 * r.IntN(3000)
	for range c.TapCount {
		c.taps = append(c.taps, 4*r.IntN(1000))
	}
	c.Taps = &c.taps[0]
	c.Flags = r.IntN(FlagResidual << 1)
	if c.element == 4 {
		c.Flags |= FlagFloat
	}
	c.DstSkip, c.ResSkip = pad(40), pad(40)
	rows := 1 + c.N/(c.Row+c.Skip)
	c.DstOB = rows*(c.Row*c.element*Block+c.DstSkip) + pad(40)
	c.ResOB = rows*(c.Row*c.element*Block+c.ResSkip) + pad(40)
}

// eachOutput calls f for each pixel of each block that is stored, with the distances
// of its source, destination and residual.
func (c *matrixCase) eachOutput(f func(ob, src, dst, res int)) {
	for q := range c.N {
		row, x := q/(c.Row+c.Skip), q%(c.Row+c.Skip)
		if x >= c.Row {
			continue
		}
		at := (row*c.Row + x) * c.element * Block
		for ob := range c.nob {
			f(ob, 64*q, at+row*c.DstSkip+ob*c.DstOB, at+row*c.ResSkip+ob*c.ResOB)
		}
	}
}

// eachTap calls f for all products of output lane o: distances in the source and in
// the weights.
func (c *matrixCase) eachTap(o int, f func(src, w int)) {
	for i := range c.Pairs * c.TapCount {
		for ch := range 2 * Block {
			at := ((i*c.nob+o/Block)*Block+ch/2)*Block + o%Block
			f(i/c.TapCount*c.SrcPlane+c.taps[i%c.TapCount]+2*ch, 2*(2*at+ch%2))
		}
	}
}

// run calls the kernel and compares with float64.
func (c *matrixCase) run(t *testing.T, r *rand.Rand, kernel func(*MatrixArgs)) {
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
				size += math.Abs(y) / 256 / 2e-6 // it is rounded to bfloat16
			}
			want.want(4*(d/c.element+o), y, size)
		}
	})
	c.Src, c.W, c.Bias, c.Dst = src.at(0), w.at(0), bias.at(0), dst.at(0)
	if c.Flags&FlagResidual != 0 {
		c.Res = res.at(0)
	}
	before := c.MatrixArgs
	kernel(&c.MatrixArgs)
	want.check(t, dst.floats())
	before.Whole, before.Rest = c.Whole, c.Rest
	clear(c.Scratch[:])
	if before != c.MatrixArgs {
		t.Fatal("arguments changed")
	}
}

// allocate fills what may be read with numbers and all else with NaN, also what lies
// between rows: its sums must not be stored. In some cases the residual is the
// destination.
func (c *matrixCase) allocate(t *testing.T, r *rand.Rand) (src, w halves, bias memory, res, dst store) {
	far, dstSize, resSize := 0, 0, 0
	for _, tap := range c.taps {
		far = max(far, tap)
	}
	src = newHalves(t, r, ((c.Pairs-1)*c.SrcPlane+far)/2+c.N*2*Block)
	w, bias = newHalves(t, r, c.Pairs*c.TapCount*c.nob*2*Block*Block), newFilled(t, r, Block*c.nob)
	w.fill(r, 0, len(w))
	c.eachOutput(func(ob, s, d, rs int) {
		dstSize, resSize = max(dstSize, d+c.element*Block), max(resSize, rs+c.element*Block)
		if ob > 0 {
			return
		}
		c.eachTap(0, func(at, _ int) { src.fill(r, s+at, 1) })
	})
	dst = newStore(t, r, c.element, dstSize)
	if r.IntN(3) == 0 {
		c.ResSkip, c.ResOB = c.DstSkip, c.DstOB
		res = dst
	} else {
		res = newStore(t, r, c.element, resSize)
	}
	c.eachOutput(func(_, _, _, rs int) { res.fill(r, rs, Block) })
	return src, w, bias, res, dst
}

// TestMatrixKeepsNaN demands that the ReLU does not hide a NaN, and that it spoils no
// other pixel.
func TestMatrixKeepsNaN(t *testing.T) {
	eachMatrix(t, func(t *testing.T, m *MatrixKernels, r *rand.Rand) {
		src, w, bias, dst := newHalves(t, r, 3*2*Block), newHalves(t, r, 2*Block*Block), newFilled(t, r, Block), newHalves(t, r, 3*Block)
		src.fill(r, 0, len(src))
		w.fill(r, 0, len(w))
		src[2*Block+5] = 0x7fc0
		tap := 0
		m.Conv1(&MatrixArgs{
			Src: src.at(0), W: w.at(0), Bias: bias.at(0), Dst: dst.at(0), Taps: &tap,
			TapCount: 1, Pairs: 1, N: 3, Row: 3, Flags: FlagReLU,
		})
		for i, got := range dst {
			x := got.Float32()
			if (x != x) != (i/Block == 1) || x < 0 {
				t.Errorf("lane %d of pixel %d is %g", i%Block, i/Block, x)
			}
		}
	})
}

func TestGather(t *testing.T) {
	eachMatrix(t, func(t *testing.T, m *MatrixKernels, r *rand.Rand) {
		for i := range 20 {
			a := GatherArgs{Nx: 1 + r.IntN(5), Ny: 1 + r.IntN(4), SrcPix: 32 * (1 + r.IntN(3))}
			a.SrcRow = a.Nx*a.SrcPix + 2*r.IntN(40)
			a.DstRow = a.Nx*64 + 2*r.IntN(40)
			blocks := 1 + i%2
			if blocks == 2 {
				a.SrcOB = a.Ny*a.SrcRow + 2*r.IntN(50)
			}
			src := newHalves(t, r, ((blocks-1)*a.SrcOB+(a.Ny-1)*a.SrcRow+(a.Nx-1)*a.SrcPix)/2+Block)
			dst, want := newHalves(t, r, ((a.Ny-1)*a.DstRow)/2+a.Nx*2*Block), expected{}
			for p := range a.Nx * a.Ny {
				y, x := p/a.Nx, p%a.Nx
				for c := range 2 * Block {
					at, v := y*a.SrcRow+x*a.SrcPix+c/Block*a.SrcOB+2*(c%Block), 0.0
					if c < blocks*Block {
						src.fill(r, at, 1)
						v = src.get(at)
					}
					want.want(2*(y*a.DstRow+x*64+2*c), v, 0)
				}
			}
			a.Src, a.Dst = src.at(0), dst.at(0)
			before := a
			m.Gather(&a)
			want.check(t, dst.floats())
			if a != before {
				t.Errorf("arguments changed from %+v to %+v", before, a)
			}
		}
	})
}

func TestTranspose(t *testing.T) {
	eachMatrix(t, func(t *testing.T, m *MatrixKernels, r *rand.Rand) {
		for n := 1; n < 4; n++ {
			a := TransposeArgs{N: n, DstRow: 64*n + 2*r.IntN(40)}
			src, dst, want := newHalves(t, r, n*32*32), newHalves(t, r, 31*a.DstRow/2+32*n), expected{}
			src.fill(r, 0, len(src))
			for i := range src {
				want.want(2*(i%32*a.DstRow+i/32*2), src.get(2*i), 0)
			}
			a.Src, a.Dst = src.at(0), dst.at(0)
			before := a
			m.Transpose(&a)
			want.check(t, dst.floats())
			if a != before {
				t.Errorf("arguments changed from %+v to %+v", before, a)
			}
		}
	})
}

func TestMatrixGrad(t *testing.T) {
	eachMatrix(t, func(t *testing.T, m *MatrixKernels, r *rand.Rand) {
		for i := range 16 {
			in, out := 1+i%2, 1+i/2%2
			t.Run(fmt.Sprintf("%d×%d_%d", in, out, i), func(t *testing.T) { testMatrixGrad(t, r, m, in, out) })
		}
	})
}

func testMatrixGrad(t *testing.T, r *rand.Rand, m *MatrixKernels, in, out int) {
	a := MatrixGradArgs{TapCount: 1 + r.IntN(4), N: 1 + r.IntN(3)}
	var taps []int
	for range a.TapCount {
		taps = append(taps, 2*r.IntN(100))
	}
	a.Taps = &taps[0]
	a.SrcRow = 64*a.N + 200 + 2*r.IntN(50)
	a.GradOB = 1024*a.N + 2*r.IntN(50)
	a.DstIB = 1024*a.TapCount + 4*r.IntN(50)
	a.DstOB = in*a.DstIB + 4*r.IntN(50)
	src, grad := newHalves(t, r, (Block*in*a.SrcRow)/2), newHalves(t, r, ((out-1)*a.GradOB+1024*a.N)/2)
	dst, want := newMemory(t, r, ((out-1)*a.DstOB+(in-1)*a.DstIB+1024*a.TapCount)/4), expected{}
	for _, tap := range taps {
		for row := range Block * in {
			src.fill(r, row*a.SrcRow+tap, 32*a.N)
		}
	}
	for ob := range out {
		grad.fill(r, ob*a.GradOB, 512*a.N)
	}
	for i := range a.TapCount * in * out * Block * Block {
		o, row, ob, ib, tap := i%16, i/16%16, i/256%out, i/256/out%in, i/256/out/in
		at := tap*1024 + ib*a.DstIB + ob*a.DstOB + row*64 + 4*o
		dst.fill(r, at, 1)
		y := dst.get(at)
		size := math.Abs(y)
		for p := range 32 * a.N {
			v := src.get((ib*16+row)*a.SrcRow+taps[tap]+2*p) * grad.get(ob*a.GradOB+p/2*64+4*o+p%2*2)
			y, size = y+v, size+math.Abs(v)
		}
		want.want(at, y, size)
	}
	a.Src, a.Grad, a.Dst = src.at(0), grad.at(0), dst.at(0)
	before := a
	m.Grad[in][out](&a)
	want.check(t, dst)
	if before.Config = a.Config; a != before {
		t.Errorf("arguments changed from %+v to %+v", before, a)
	}
}

// TestMatrixPeak demands a loop that ends, with released tiles and the operations of
// four products of whole tiles a round.
func TestMatrixPeak(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the arguments' layout is that of 64 bits")
	}
	p := assemble(sourceAMX)["matrixPeakAMX"]
	config := newTileConfig(16)
	m := &machine{}
	if got := m.run(p, word64(unsafe.Pointer(&config)), 3); got != 3*4*2*16*16*32 {
		t.Errorf("%d operations in three rounds", got)
	}
	if products := strings.Count(sourceAMX[strings.Index(sourceAMX, "matrixPeakAMX(SB)"):], "// TDPBF16PS"); products != 4 || m.tiles != (tiles{}) {
		t.Errorf("%d products a round", products)
	}
}

// TestTilesFlush holds the emulated product to what the manual says of subnormal
// numbers: they are zeros of their sign, as factors, as sums, and in the end.
func TestTilesFlush(t *testing.T) {
	const one, small, least = 0x3f80, 0x0040, 0x0080 // 1, a subnormal number, 2⁻¹²⁶
	for _, c := range []struct {
		x, y uint32
		sum  uint32
		want uint32
	}{
		{small, one, 0, 0},
		{least, one, 0, least << 16},
		{least, 0x3f00, 0, 0}, // 2⁻¹²⁷
		{0, 0, small << 16, 0},
		{least<<16 | one, one<<16 | one, 0, one << 16}, // pairs
		{one<<16 | one, one<<16 | 0xbf80, one << 16, one << 16},
	} {
		var s tiles
		s.configure(newTileConfig(1))
		s.data[4][0][0], s.data[6][0][0], s.data[0][0][0] = c.x, c.y, c.sum
		s.product(6, 4, 0)
		if got := s.data[0][0][0]; got != c.want {
			t.Errorf("%#x·%#x + %#x is %#x, want %#x", c.x, c.y, c.sum, got, c.want)
		}
	}
}
