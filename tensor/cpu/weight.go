package cpu

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// weight is a packed copy of parameters, in the order in which a kernel reads them.
// Programs on one state share the copies of the same key.
type weight struct {
	key    string
	params []tensor.Param
	floats int
	// pack takes the parameters' values, in the order of params, and returns a
	// function that fills one of parts parts of dst, which is zeroed or holds an
	// older fill.
	pack  func(params [][]float32) func(dst []float32, part int)
	parts int

	data []float32 // nil until a program acquires it
}

func (w *weight) bytes() int64 { return roundUp64(int64(w.floats)*floatBytes, lineBytes) }

// at is the address of a float.
func (w *weight) at(i int) unsafe.Pointer { return unsafe.Pointer(&w.data[i]) }

// half is the address of a bf16, counted after that many floats.
func (w *weight) half(floats, i int) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(&w.data[0]), floats*floatBytes+i*halfBytes)
}

// affine is the scale and shift of a block, of a weight made by affineWeight.
func (w *weight) affine(_ *worker, block int) (scale, shift unsafe.Pointer) {
	return w.at(2 * block * asm.Block), w.at((2*block + 1) * asm.Block)
}

// fill packs all parts.
func (w *weight) fill(params [][]float32) {
	fill := w.pack(params)
	for part := range w.parts {
		fill(w.data, part)
	}
}

func roundUp64(a, b int64) int64 { return (a + b - 1) / b * b }

// normOf is an eval-mode batch norm as y = scale·x + shift, in float64.
type normOf struct{ scale, shift []float64 }

// fold computes it from γ, β, running mean and variance: scale = γ/√(σ²+ε),
// shift = β − μ·scale (Ioffe and Szegedy 2015, algorithm 2).
func fold(p [][]float32, eps float64) normOf {
	n := normOf{make([]float64, len(p[0])), make([]float64, len(p[0]))}
	for c := range n.scale {
		n.scale[c] = float64(p[0][c]) / math.Sqrt(float64(p[3][c])+eps)
		n.shift[c] = float64(p[1][c]) - float64(p[2][c])*n.scale[c]
	}
	return n
}

// affineWeight packs an eval-mode batch norm as [block][scale, shift][16].
func (sc *schedule) affineWeight(op *tensor.Op) *weight {
	params := sc.params(op)
	eps := op.Eps
	return sc.weightOf(&weight{
		key:    weightKey("affine", params, eps),
		params: params,
		floats: 2 * roundUp(params[0].Shape[0], asm.Block),
		parts:  1,
		pack: func(p [][]float32) func(dst []float32, part int) {
			n := fold(p, eps)
			return func(dst []float32, _ int) {
				for c := range n.scale {
					at := c/asm.Block*2*asm.Block + c%asm.Block
					dst[at], dst[at+asm.Block] = float32(n.scale[c]), float32(n.shift[c])
				}
			}
		},
	})
}

// weightKey names a packed copy by its layout and its parameters.
func weightKey(layout string, params []tensor.Param, more ...any) string {
	var b strings.Builder
	fmt.Fprint(&b, layout, more)
	for _, p := range params {
		b.WriteByte(' ')
		b.WriteString(p.Name)
	}
	return b.String()
}

// filter is the parameters of a convolution or linear layer with an absorbed
// batch norm, ready to be packed: w[o][i][tap] scaled, in float64, and bias.
type filter struct {
	weight   []float32
	bias     []float32 // nil for none
	norm     normOf
	in, taps int   // input channels of a group; KH·KW
	flipped  *flip // nil for a weight as it is stored
}

// at is element (o, i, tap) of the weight.
func (f *filter) at(o, i, tap int) float64 {
	if f.flipped != nil {
		return float64(f.weight[f.flipped.at(o, i, tap)])
	}
	w := float64(f.weight[(o*f.in+i)*f.taps+tap])
	if f.norm.scale != nil {
		w *= f.norm.scale[o]
	}
	return w
}

// strides says where the elements of a dense filter lie from output channel o on:
// distances between output and between input channels.
type strides struct {
	first, out, in int
	order          []int // by tap; nil for none
}

func (f *filter) strides(o int) strides {
	if t := f.flipped; t != nil {
		return strides{first: o * t.plane, out: t.plane, in: t.in * t.plane, order: t.order}
	}
	each := f.in * f.taps
	return strides{first: o * each, out: each, in: f.taps}
}

func (s *strides) tap(i int) int {
	if s.order == nil {
		return i
	}
	return s.order[i]
}

// biasAt is the bias of output channel o.
func (f *filter) biasAt(o int) float32 {
	var b float64
	if f.bias != nil {
		b = float64(f.bias[o])
	}
	if f.norm.scale != nil {
		b = b*f.norm.scale[o] + f.norm.shift[o]
	}
	return float32(b)
}

// filterSource is what a filter is made of: parameters, and a function of their
// values. key says what it does with them, as packed copies are shared by key.
type filterSource struct {
	params []tensor.Param
	key    []any
	filter func(values [][]float32) *filter
}

// filterSource is a fusion's filter: its head's parameters, with an absorbed batch
// norm folded in.
func (sc *schedule) filterSource(ln *launch) filterSource {
	op := sc.head(ln)
	params := sc.params(op)
	shape := params[0].Shape
	own := len(params)
	norm := sc.absorbed(ln, tensor.BatchNorm2d)
	eps := 0.0
	if norm != nil {
		params = append(params, sc.params(norm)...)
		eps = norm.Eps
	}
	return filterSource{params: params, key: []any{own, eps}, filter: func(p [][]float32) *filter {
		f := &filter{weight: p[0], in: shape[1], taps: 1}
		if len(shape) == 4 {
			f.taps = shape[2] * shape[3]
		}
		if own == 2 {
			f.bias = p[1]
		}
		if norm != nil {
			f.norm = fold(p[own:], eps)
		}
		return f
	}}
}
