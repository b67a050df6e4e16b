package cpu

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// kernelsByPx are one kind of convolution kernel, by the pixels of a tile.
type kernelsByPx = [asm.MaxPix + 1]func(*asm.ConvArgs)

// widest is the most pixels of a tile.
func widest(k *kernelsByPx) int {
	px := asm.MaxPix
	for px > 1 && k[px] == nil {
		px--
	}
	return px
}

// panel is the blocks of output channels that one call of a kernel computes,
// and the blocks of input channels that they depend on.
type panel struct {
	ob, nob int // first output block, and how many
	ib, icb int // first input block, and how many
	at      int // floats from the first panel's weights to this one's
	lanes   int // floats of weights for each float of a run of taps
	px      int // the widest tile
	halves  int // pixels from which on a tile has two halves
	pixel   int // bytes of a pixel of the result
	kernels *kernelsByPx
	half    bool // the kernels read weights of 16 bits
}

// filterShape is a convolution's geometry as far as packing is concerned.
type filterShape struct {
	c, k, groups int
	kh, kw       int
	interleaved  bool
	pairs        bool // weights of two neighbours in a row lie side by side
}

// run is the floats of a row of taps.
func (s *filterShape) run() int {
	switch {
	case s.interleaved && s.pairs: // an odd row ends with a zero
		return roundUp(s.kw*s.c, 2)
	case s.interleaved:
		return s.kw * s.c
	}
	return s.kw * asm.Block
}

// narrow is 4 or 8 where the kernels for groups of that many channels can compute
// this filter, whose groups are of 1, 2, 4 or 8; else 0.
func (s *filterShape) narrow(k *asm.Kernels) int {
	cg := s.c / s.groups
	if s.groups == 1 || s.c != s.k {
		return 0
	}
	switch {
	case cg <= 4 && cg != 3 && k.Group4[1] != nil:
		return 4
	case cg == 8 && k.Group8[1] != nil:
		return 8
	}
	return 0
}

// panels cuts the output channels. Where groups of channels do not fill blocks, a
// panel covers the input blocks that hold its groups, and the weights between groups
// are zero: more multiplications, but dense kernels. With 24 channels per group:
//
//	input   │ block 0 (0…15) │ block 1 (16…31) │ block 2 (32…47) │
//	groups  │ group 0 (0…23)          │ group 1 (24…47)          │
//	panel of output block 0: input blocks 0 and 1
//	panel of output block 1: input blocks 0, 1 and 2
//	panel of output block 2: input blocks 1 and 2
func (s *filterShape) panels(k *asm.Kernels) []panel {
	if g := s.narrow(k); g != 0 {
		return s.narrowPanels(k, g)
	}
	kg, cg := s.k/s.groups, s.c/s.groups
	nob := k.Nob
	if s.groups > 1 && kg%(nob*asm.Block) != 0 {
		nob = 1
	}
	var list []panel
	at := 0
	for ob, blocks := 0, ceilDiv(s.k, asm.Block); ob < blocks; {
		p := panel{ob: ob, nob: min(nob, blocks-ob), icb: 1, at: at, halves: k.HalvesFrom, pixel: pixelBytes, kernels: &k.Conv}
		if p.nob < k.Nob {
			p.nob, p.kernels = 1, &k.Conv1
		}
		p.lanes, p.px = p.nob*asm.Block, widest(p.kernels)
		if !s.interleaved {
			first := p.ob * asm.Block / kg * cg
			last := (min((p.ob+p.nob)*asm.Block, s.k)-1)/kg*cg + cg
			p.ib = first / asm.Block
			p.icb = ceilDiv(last, asm.Block) - p.ib
		}
		at += s.panelFloats(&p)
		ob += p.nob
		list = append(list, p)
	}
	return list
}

// narrowPanels are for kernels of g channels per group: output block b depends on
// input block b alone.
func (s *filterShape) narrowPanels(k *asm.Kernels, g int) []panel {
	kernels := &k.Group4
	if g == 8 {
		kernels = &k.Group8
	}
	list := make([]panel, ceilDiv(s.k, asm.Block))
	for b := range list {
		p := &list[b]
		*p = panel{ob: b, nob: 1, ib: b, icb: 1, lanes: g, px: widest(kernels), pixel: pixelBytes, kernels: kernels}
		p.halves = k.HalvesFrom
		p.at = b * s.panelFloats(p)
	}
	return list
}

func (s *filterShape) panelFloats(p *panel) int { return p.icb * s.kh * s.run() * p.lanes }

// packing is a filter's packed form: biases by output block in float32, then panels of
// [icb][kh][run][lanes] in float32 or bf16, or of pairs [icb][kh][run/2][lanes][2].
type packing struct {
	filterShape
	panels  []panel
	elem    int // bytes of a weight
	biases  int // floats of biases
	weights int // elements of all panels
}

func newPacking(s filterShape, k *asm.Kernels, elem int) packing {
	p := packing{filterShape: s, panels: s.panels(k), elem: elem}
	if elem == halfBytes {
		halveKernels(p.panels, k, &k.ConvHalf, &k.ConvHalf1)
	}
	last := &p.panels[len(p.panels)-1]
	p.biases = (last.ob + last.nob) * asm.Block
	p.weights = last.at + s.panelFloats(last)
	return p
}

// halveKernels gives panels kernels for weights of 16 bits in the place of Conv and Conv1,
// where there are some. Others read a float32 copy.
func halveKernels(panels []panel, k *asm.Kernels, conv, conv1 *kernelsByPx) {
	if conv[1] == nil {
		return
	}
	for i := range panels {
		p := &panels[i]
		switch p.kernels {
		case &k.Conv:
			p.kernels, p.half = conv, true
		case &k.Conv1:
			p.kernels, p.half = conv1, true
		}
	}
}

// floats is the size of the packed form, in floats.
func (p *packing) floats() int { return p.biases + ceilDiv(p.weights*p.elem, floatBytes) }

// fill packs a panel of a filter.
func (p *packing) fill(dst []float32, f *filter, panel int) {
	pl := &p.panels[panel]
	if p.elem == floatBytes {
		p.fillPanel(dst[:p.biases], dst[p.biases+pl.at:], f, pl)
		return
	}
	w := make([]float32, p.panelFloats(pl))
	p.fillPanel(dst[:p.biases], w, f, pl)
	to := unsafe.Slice((*asm.BF16)(unsafe.Pointer(&dst[p.biases])), p.weights)[pl.at:]
	if p.pairs {
		roundPairs(to, w, pl.lanes)
		return
	}
	for i, v := range w {
		to[i] = asm.RoundBF16(v)
	}
}

// fillPanel packs a panel's biases and its weights w.
func (p *packing) fillPanel(dst, w []float32, f *filter, pl *panel) {
	if p.groups == 1 && !p.interleaved && f.norm.scale == nil {
		for o := pl.ob * asm.Block; o < min(p.k, (pl.ob+pl.nob)*asm.Block); o += asm.Block {
			p.fillBlock(w[o-pl.ob*asm.Block:], pl, f, o)
		}
		if f.bias != nil {
			copy(dst[pl.ob*asm.Block:(pl.ob+pl.nob)*asm.Block], f.bias[pl.ob*asm.Block:])
		}
		return
	}
	for o := pl.ob * asm.Block; o < min(p.k, (pl.ob+pl.nob)*asm.Block); o++ {
		dst[o] = f.biasAt(o)
		p.fillOutput(w, pl, f, o)
	}
}

// fillBlock packs 16 output channels of a dense filter, which is a transposition.
func (p *packing) fillBlock(w []float32, pl *panel, f *filter, o int) {
	at := f.strides(o)
	count := min(asm.Block, p.k-o)
	for i := range f.in {
		row := (i/asm.Block*p.kh*p.kw*asm.Block + i%asm.Block) * pl.lanes
		for tap := range f.taps {
			dst := w[row+tap*asm.Block*pl.lanes:][:count]
			src := f.weight[at.first+i*at.in+at.tap(tap):]
			for l := range dst {
				dst[l] = src[l*at.out]
			}
		}
	}
}

// fillOutput packs the weights of one output channel of a panel.
func (p *packing) fillOutput(w []float32, pl *panel, f *filter, o int) {
	lane := o - pl.ob*asm.Block
	run := p.run()
	first := o / (p.k / p.groups) * f.in // the first input channel of o's group
	for i := range f.in {
		c := first + i
		row, step := (c/asm.Block-pl.ib)*p.kh*run+c%asm.Block, asm.Block
		below := run // from a row of taps to the next
		switch {
		case p.interleaved:
			row, step = c, p.c
		case pl.lanes < asm.Block:
			row = c % pl.lanes // [kh][kw][j][16]: rows of a run are channels of a group
			step = pl.lanes
			below = p.kw * step
		}
		width := max(pl.lanes, asm.Block)
		for tap := range f.taps {
			kh, kw := tap/p.kw, tap%p.kw
			at := row + kh*below + kw*step
			w[at*width+lane] = float32(f.at(o, i, tap))
		}
	}
}

// weightElem is the bytes of a packed weight.
func (sc *schedule) weightElem() int {
	if sc.precision == tensor.BF16 {
		return halfBytes
	}
	return floatBytes
}

// packedFilter is the packed copy of a filter for direct convolution by k.
func (sc *schedule) packedFilter(s filterShape, k *asm.Kernels, from filterSource) (*weight, packing) {
	p := newPacking(s, k, sc.weightElem())
	key := append(from.key, p.panels[0].nob, p.panels[0].lanes, s.groups, s.interleaved, p.elem)
	return sc.weightOf(&weight{
		key:    weightKey(fmt.Sprintf("direct %v", s), from.params, key...),
		params: from.params,
		floats: p.floats(),
		parts:  len(p.panels),
		pack: func(v [][]float32) func(dst []float32, part int) {
			f := from.filter(v)
			return func(dst []float32, part int) { p.fill(dst, f, part) }
		},
	}), p
}

// shapeOf is the geometry of a Conv2d or Linear operation.
func (sc *schedule) shapeOf(op *tensor.Op) filterShape {
	in := sc.views[op.In[0]]
	k := sc.plan.Buffers[op.Out[0]].Shape[1]
	s := filterShape{c: in.c, k: k, groups: 1, kh: 1, kw: 1, interleaved: in.interleaved}
	if op.Kind == tensor.Conv2d {
		s.groups = op.Groups
		s.kh = op.KH
		s.kw = op.KW
	}
	return s
}
