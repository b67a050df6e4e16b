package main

import (
	"fmt"
	"strings"
)

// kernel is what the documentation of a kernel depends on.
type kernel struct {
	name string // without the suffix of the set
	full string // with it, and the size
	size int    // pixels of a tile, rows of a weight gradient, or 0
	nob  int    // output blocks of a convolution's panel
	half int    // pixels of the first half of a tile, size if it has no halves
}

// doc is a kernel's comment: a sentence, and what it computes as a loop in the
// manner of Go, with a's fields by their names. Distances are in bytes, indices in
// floats; o runs over the lanes of a block or panel.
func (k kernel) doc() []string {
	text := docs[k.name](k)
	return strings.Split(k.full+" "+strings.TrimSpace(text), "\n")
}

// docs are the kernels' comments, after the name.
var docs = map[string]func(k kernel) string{
	"conv":        kernel.conv,
	"convOne":     kernel.conv,
	"convHalf":    kernel.convHalf,
	"convHalfOne": kernel.convHalf,
	"convF16":     kernel.convHalf,
	"convF16One":  kernel.convHalf,
	"group4":      func(k kernel) string { return k.group(4) },
	"group8":      func(k kernel) string { return k.group(8) },
	"gradWeight":  kernel.gradWeight,

	"dot":           kernel.dot,
	"dotOne":        kernel.dot,
	"dotGradWeight": kernel.dotGradWeight,
	"pair": constant(`
puts pixels side by side, each two of a lane in a pair:

	for p := range (N + 1) / 2 {
		first := (Src + 2·p·SrcStep)[o]
		second := (Src + (2·p+1)·SrcStep)[o] // 0 if there are only N pixels
		(Dst + p·DstStep)[o] = {first, second}
	}`),
	"matrixConv":    kernel.matrix,
	"matrixConvOne": kernel.matrix,
	"matrixGrad":    kernel.matrixGrad,
	"transpose": constant(`
turns gathered pixels to rows of one channel each, 32 at a time:

	for p, c := range 32 * N, 32 {
		(Dst + c·DstRow)[p] = Src[32·p + c]
	}`),
	"gather": constant(`
puts the pixels of two blocks side by side:

	for y, x := range Ny, Nx {
		for c := range 32 {
			(Dst + y·DstRow)[32·x + c] = (Src + y·SrcRow + x·SrcPix + c/16·SrcOB)[c%16]
		}
	}

If SrcOB is 0, there is one block, and zeros beside it.`),
	"matrixPeak": constant(`
does n rounds of independent products of tiles, and returns the floating-point
operations done. All factors are zero.`),
	"dotPeak": constant(`
does n rounds of independent products of pairs in registers, and returns the
floating-point operations done:

	for range n {
		for i := range acc {
			acc[i] += x[0]*x[0] + x[1]*x[1]
		}
	}`),
	"winoIn": constant(`
transforms tiles of Winograd's input:

	for t := range N {
		d := the 6×6 pixels at Src + t·SrcTile, SrcRow apart
		v := Bᵀ·d·B // for each of 16 lanes
		for i := range 36 {
			(Dst + i·PosStride + t·DstTile)[o] = v[i/6][i%6][o]
		}
	}`),
	"winoOut": constant(`
transforms tiles of Winograd's products to the output:

	for t := range N {
		for i := range 36 {
			m[i/6][i%6][o] = (Src + i·PosStride + t·SrcTile)[o]
		}
		y := Aᵀ·m·A // 4×4, for each of 16 lanes
		for r, c := range Rows, Cols {
			sum := y[r][c][o] + Bias[o]
			if Flags&FlagResidual != 0 {
				sum += (Res + r·ResRow + t·ResTile)[16·c + o]
			}
			if Flags&FlagReLU != 0 {
				sum = max(sum, 0)
			}
			(Dst + r·DstRow + t·DstTile)[16·c + o] = sum
		}
	}`),
	"elt": constant(`
scales, shifts and adds over contiguous pixels:

	for i := range 16 * N {
		y := Src[i]
		if Flags&FlagScale != 0 {
			y = y*Scale[i%16] + Shift[i%16]
		}
		if Flags&FlagResidual != 0 {
			y += Res[i]
		}
		if Flags&FlagReLU != 0 {
			y = max(y, 0)
		}
		Dst[i] = y
	}`),
	"maxPool": constant(`
takes the maximum of windows of KH×KW pixels:

	for i := range N {
		y[o] = (Src + i·SrcStep)[o]
		for kh, kw := range KH, KW {
			y[o] = max(y[o], (Src + i·SrcStep + kh·SrcRow)[16·kw + o]) // NaN stays NaN
		}
		Dst[16·i + o] = y[o]
	}`),
	"addPixels": constant(`
adds pixels, in order:

	for i := range n {
		sum[o] += src[16·i + o]
	}`),
	"sums": constant(`
adds pixels and their squares, in order, in float64:

	for i := range n {
		x := float64(src[16·i + o])
		s[0][o] += x
		s[1][o] += x * x
	}`),
	"peak": constant(`
does n rounds of independent multiply-adds in registers, and returns the
floating-point operations done:

	for range n {
		for i := range acc {
			acc[i] += x * x
		}
	}`),
	"read": constant(`
loads n bytes, a multiple of 1024, and keeps none of them:

	for i := range n / 4 {
		_ = src[i]
	}`),
	"normSums": constant(`
adds up what a batch norm's gradient needs, in float64:

	for i := range N {
		dy := DY[16·i + o]
		if Y != nil && !(Y[16·i + o] > 0) {
			dy = 0
		}
		s[0][o] += float64(dy)
		s[1][o] += float64(dy) * float64(X[16·i + o] - Mean[o])
	}`),
	"normGrad": constant(`
makes a batch norm's gradient of its input:

	for i := range N {
		dy := DY[16·i + o]
		if Y != nil && !(Y[16·i + o] > 0) {
			dy = 0
		}
		Dst[16·i + o] = Factors[0][o]*dy + (Factors[1][o]*X[16·i + o] + Factors[2][o])
	}`),
	"mask": constant(`
is the gradient of a ReLU whose result is Y:

	for i := range 16 * N {
		Dst[i] = DY[i]
		if Y != nil && !(Y[i] > 0) {
			Dst[i] = 0
		}
	}`),
	"join": constant(`
adds two gradients, and the sums of their probe in float64:

	for i := range 16 * n {
		dst[i] = x[i] + y[i]
		s[0] += x[i] * x[i]
		s[1] += y[i] * y[i]
		s[2] += x[i] * y[i]
		s[3] += dst[i] * dst[i]
	}`),
	"squares": constant(`
adds the squares of pixels in float64:

	for i := range 16 * n {
		*s += float64(src[i]) * float64(src[i])
	}`),
	"count": constant(`
counts the values of N·6 pixels by sign and exponent, where these are in a window:

	for every value x {
		e := exponent field of x − Base
		if 0 ≤ e < 16 && (x > 0 || Signed != 0) {
			Bins[16 if x < 0, else 0, + e]++ // in one of four
		}
	}
	Total = what this call has counted, in four parts

N is at most 85.`),
	"outside": constant(`
is the first pixel that has a value other than zero that count would leave out, or n:

	for i := range n {
		for every value x of the pixel, other than zero {
			e := exponent field of x − Base
			if e < 0 || 16 ≤ e || x < 0 && Signed == 0 {
				return i
			}
		}
	}
	return n`),
	"figures": constant(`
adds pixels scaled and relative to a shift, 16 at a time in float32, and finds their
extremes and zeros:

	for every 16 pixels, or those that are left {
		for every one of them {
			x := src[16·i + o]
			d := x*Scale + Offset[o]
			sum[o] += d
			squares[o] += d * d
			Min[o], Max[o] = min(Min[o], x), max(Max[o], x)
			if x == 0 {
				Zeros[o]++
			}
		}
		Sum[o] += float64(sum[o])
		Squares[o] += float64(squares[o])
	}

It prefetches what lies 252 pixels ahead.`),
	"widen": constant(`
copies n pixels from bf16 to float32:

	for i := range 16 * n {
		dst[i] = float32(src[i])
	}`),
	"narrow": constant(`
copies n pixels from float32 to bf16, rounded to the nearest, ties to even:

	for i := range 16 * n {
		dst[i] = bf16(src[i])
	}`),
	"sgd": constant(`
is a step of N/16·16 parameters; each product is rounded:

	for i := range N / 16 * 16 {
		d := Grad[i] + Decay*W[i]
		if V != nil {
			V[i] = Momentum*V[i] + d
			if Nesterov == 1 {
				d += Momentum * V[i]
			} else {
				d = V[i]
			}
		}
		W[i] -= Rate * d
	}`),
	"maxPoolGrad": constant(`
adds each output's gradient to the first maximum of its window, or the last NaN:

	for i := range N {
		x := X + i·Step
		best[o] := (0, 0)
		for kh, kw := range KH, KW {
			if v := (x + kh·XRow)[16·kw + o]; v > x at best[o] || v is NaN {
				best[o] = (kh, kw)
			}
		}
		(DX + i·Step + best[o].kh·DXRow)[16·best[o].kw + o] += DY[16·i + o]
	}`),
}

// matrixGrad is the weight gradient of AMX.
func (k kernel) matrixGrad() string {
	in, out := k.size/10, k.size%10
	return fmt.Sprintf(`
sums the gradient of a weight, for %s of input and %s of output channels:

	for tap, r, o := range TapCount, %d, %d {
		dst := Dst + 1024·tap + r/16·DstIB + o/16·DstOB
		src := Src + r·SrcRow + Taps[tap]
		grad := Grad + o/16·GradOB
		for p := range 16 * N { // pairs of pixels
			pair := grad[32·p + o%%16·2:]
			dst[r%%16·16 + o%%16] += src[2·p]*pair[0] + src[2·p + 1]*pair[1]
		}
	}`, count(in, "block"), count(out, "block"), 16*in, 16*out)
}

// matrix is the convolution of AMX.
func (k kernel) matrix() string {
	return fmt.Sprintf(`
is a convolution of gathered pixels of bfloat16, for %[1]s of output channels:

	for q := range N {
		for pair, tap, c := range Pairs, TapCount, 16 {
			x := (Src + pair·SrcPlane + Taps[tap] + 64·q)[2·c : 2·c+2]
			sum[o] += x[0]*W[pair][tap][o/16][c][o%%16][0] + x[1]*W[pair][tap][o/16][c][o%%16][1]
		}
		if q%%(Row+Skip) < Row {
			sum[o] += Bias[o] // %[2]d lanes
			store(q, sum) // adds Res, clamps, rounds, and writes to Dst
		}
	}

With FlagFloat, Res and Dst are float32.`, count(k.nob, "block"), block*k.nob)
}

func constant(s string) func(kernel) string { return func(kernel) string { return s } }

// conv is the convolution of a tile.
func (k kernel) conv() string {
	lanes := block * k.nob
	return fmt.Sprintf(`
is a convolution in tiles of %[1]s, for %[2]s of output channels:

	for y, x := range Ny, Nx { // tiles
		for p := range %[3]d { // pixels
			sum[o] = Bias[o] // %[4]d lanes
			src := Src + y·SrcY + x·SrcX + %[5]s
			for icb, kh, r := range Icb, Kh, Run {
				sum[o] += (src + icb·SrcPlane + kh·SrcRow)[r] * W[icb][kh][r][o]
			}
			store(y, x, p, sum) // adds Res, clamps, and writes to Dst, %[6]s
		}
	}

While it goes over Run, it prefetches PfStep bytes at Pf for each 16 floats.`,
		count(k.size, "pixel"), count(k.nob, "block"), k.size, lanes, k.pixel("Src"), k.outputs())
}

// dot is the convolution of a tile of bfloat16.
func (k kernel) dot() string {
	return fmt.Sprintf(`
is a convolution of bfloat16 in tiles of %[1]s, for %[2]s of output channels:

	for y, x := range Ny, Nx { // tiles
		for p := range %[3]d { // pixels
			sum[o] = Bias[o] // %[4]d lanes
			src := Src + y·SrcY + x·SrcX + %[5]s
			for icb, kh, r := range Icb, Kh, Run / 2 {
				pair := (src + icb·SrcPlane + kh·SrcRow)[2·r : 2·r+2]
				sum[o] += pair[0]*W[icb][kh][r][o][0] + pair[1]*W[icb][kh][r][o][1]
			}
			store(y, x, p, sum) // adds Res, clamps, rounds, and writes to Dst, %[6]s
		}
	}

With FlagFloat, Res and Dst are float32. While it goes over Run, it prefetches PfStep
bytes at Pf for each 16 elements.`,
		count(k.size, "pixel"), count(k.nob, "block"), k.size, block*k.nob, k.pixel("Src"), k.outputs())
}

// dotGradWeight is the weight gradient of pairs.
func (k kernel) dotGradWeight() string {
	return fmt.Sprintf(`
sums the gradient of a weight over pairs of bfloat16, %[1]s at a time in
registers:

	for r := range %[2]d * Groups {
		for z, y, x := range Nz, Ny, Nx {
			src := (Src + z·SrcZ + y·SrcRow + x·SrcPix)[r] // a pair
			grad := (Grad + z·GradZ + y·GradRow)[16·x + o] // a pair
			Dst[16·r + o] += src[0]*grad[0] + src[1]*grad[1]
		}
	}`, count(k.size, "row"), k.size)
}

// convHalf is the convolution with weights of 16 bits.
func (k kernel) convHalf() string {
	kind := "bf16"
	if strings.HasPrefix(k.name, "convF16") {
		kind = "binary16"
	}
	return strings.Replace(k.conv(), "W[icb][kh][r][o]", "float32(W[icb][kh][r][o]) // of "+kind, 1)
}

// group is the convolution in groups of n channels.
func (k kernel) group(n int) string {
	return fmt.Sprintf(`
is a convolution in groups of %[1]d channels, in tiles of %[2]s:

	for y, x := range Ny, Nx { // tiles
		for p := range %[3]d { // pixels
			sum[o] = Bias[o] // 16 lanes
			src := Src + y·SrcY + x·SrcX + %[4]s
			for kh, kw, j := range Kh, Run/16, %[1]d {
				sum[o] += (src + kh·SrcRow)[16·kw + o/%[1]d·%[1]d + j] * W[kh][kw][j][o]
			}
			store(y, x, p, sum) // adds Res, clamps, and writes to Dst
		}
	}`, n, count(k.size, "pixel"), k.size, k.pixel("Src"))
}

// pixel is how far pixel p is from the tile's start.
func (k kernel) pixel(field string) string {
	if k.half == k.size {
		return "p·" + field + "Pix"
	}
	return fmt.Sprintf("(p < %[1]d ? p·%[2]sPix : %[2]sHalf + (p−%[1]d)·%[2]sPix)", k.half, field)
}

// outputs is where the panel's blocks lie.
func (k kernel) outputs() string {
	if k.nob == 1 {
		return "one block"
	}
	return "its blocks DstOB apart"
}

func (k kernel) gradWeight() string {
	return fmt.Sprintf(`
sums the gradient of a weight, %[1]s at a time in registers:

	for r := range %[2]d * Groups {
		for z, y, x := range Nz, Ny, Nx {
			src := (Src + z·SrcZ + y·SrcRow + x·SrcPix)[r]
			Dst[16·r + o] += src * (Grad + z·GradZ + y·GradRow)[16·x + o]
		}
	}`, count(k.size, "row"), k.size)
}

// count is n of a noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
