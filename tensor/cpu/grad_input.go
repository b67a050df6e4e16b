package cpu

import (
	"fmt"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// The gradient of a convolution's input is a convolution of the gradient of its
// output with the weights flipped: input and output channels exchanged, taps in
// reverse order. With stride s, rows of the input that differ by s see the same
// taps: so it is s·s convolutions of stride 1, one for each parity of row and
// column, whose results interleave (Dumoulin and Visin 2016, arXiv 1603.07285,
// sections 4.5 and 4.6).

// taps are those of one dimension that meet the input's positions of a parity.
type taps struct {
	parity, step  int // positions parity, parity+step, … of the input
	count         int // of them
	first, kernel int // taps first, first+step, …: kernel of them, in reverse order
	before        int // padding, or less than 0: positions skipped
}

// newTaps finds the taps of a parity for an input of n positions.
func newTaps(parity, stride, kernel, before, n int) taps {
	t := taps{parity: parity, step: stride, count: ceilDiv(n-parity, stride), first: (parity + before) % stride}
	t.kernel = max(0, ceilDiv(kernel-t.first, stride))
	t.before = t.kernel - 1 - (parity+before-t.first)/stride
	return t
}

// tap is the weight's tap at position i of the reversed ones.
func (t *taps) tap(i int) int { return t.first + t.step*(t.kernel-1-i) }

// after is how far the windows reach beyond the last of n positions.
func (t *taps) after(n int) int { return max(0, t.count-1-t.before+t.kernel-n) }

// backConv is the convolution of one parity of rows and of columns.
type backConv struct{ y, x taps }

// backConvs are the convolutions that make a gradient of h×w pixels.
func backConvs(op *tensor.Op, h, w int) []backConv {
	var list []backConv
	for r := range min(op.SH, h) {
		for c := range min(op.SW, w) {
			list = append(list, backConv{newTaps(r, op.SH, op.KH, op.Top, h), newTaps(c, op.SW, op.KW, op.Left, w)})
		}
	}
	return list
}

// empty reports whether no tap meets these pixels: their gradient is zero.
func (b *backConv) empty() bool { return b.y.kernel == 0 || b.x.kernel == 0 }

func (b *backConv) window() tensor.Window {
	return tensor.Window{KH: b.y.kernel, KW: b.x.kernel, SH: 1, SW: 1, Top: b.y.before, Left: b.x.before}
}

// flip says where a flipped filter's elements lie in the stored weight.
type flip struct {
	in, out int   // channels of a group of the gradient's result and of its operand
	plane   int   // taps of the weight
	order   []int // the weight's taps, by those of the flipped filter
}

// at is element (o, i, tap): o a channel of the result, i one of the operand's
// in its group.
func (t *flip) at(o, i, tap int) int {
	return ((o/t.in*t.out+i)*t.in+o%t.in)*t.plane + t.order[tap]
}

// flip makes the flipped filter of one parity.
func (b *backConv) flip(weight tensor.Shape, groups int) *flip {
	t := &flip{in: weight[1], out: weight[0] / groups, plane: 1}
	kw := 1
	if len(weight) == 4 {
		t.plane, kw = weight[2]*weight[3], weight[3]
	}
	for i := range b.y.kernel {
		for j := range b.x.kernel {
			t.order = append(t.order, b.y.tap(i)*kw+b.x.tap(j))
		}
	}
	return t
}

// gradInputHalo chooses Winograd or direct convolution for a gradient, and
// returns the halo that its operand needs.
func (sc *schedule) gradInputHalo(head int, allowWinograd bool) (h halo) {
	op := &sc.plan.Ops[head]
	dy, dx := sc.plan.InShape(head), sc.plan.OutShape(head)
	for _, b := range backConvs(op, dx[2], dx[3]) {
		if b.empty() {
			continue
		}
		like := tensor.Op{Kind: tensor.Conv2d, Window: b.window(), Groups: op.Groups}
		possible := allowWinograd && op.SH*op.SW == 1 && min(like.Top, like.Left) >= 0
		if possible && sc.winogradPaysOff(op, dx) && chooseWinograd(&like, dy, dx, sc.alternatives()) {
			sc.winograd[head] = true
			return winogradHalo(&like, dy, dx)
		}
		h = h.max(halo{top: b.y.before, left: b.x.before, bottom: b.y.after(dy[2]), right: b.x.after(dy[3])})
	}
	return h
}

// planGradInput plans Conv2dGradInput and LinearGradInput.
func (sc *schedule) planGradInput(ln *launch) error {
	op := sc.head(ln)
	if op.Kind == tensor.LinearGradInput {
		linear := tensor.Op{Window: tensor.Square(1, 1, 0)}
		sc.planBackConv(ln, sc.result(ln), &backConvs(&linear, 1, 1)[0], 1)
		return nil
	}
	out := sc.result(ln)
	parts := backConvs(op, out.h, out.w)
	if len(parts) == 1 {
		sc.planBackConv(ln, out, &parts[0], op.Groups)
		return nil
	}
	sc.planParities(ln, out, parts)
	return nil
}

// planBackConv adds the phases of one convolution to a launch.
func (sc *schedule) planBackConv(ln *launch, out *view, b *backConv, groups int) {
	op := sc.head(ln)
	in := sc.views[op.In[0]]
	params := sc.params(op)[:1]
	flipped := b.flip(params[0].Shape, groups)
	from := filterSource{params: params, key: []any{"flipped", flipped.order}, filter: func(p [][]float32) *filter {
		return &filter{weight: p[0], in: flipped.out, taps: len(flipped.order), flipped: flipped}
	}}
	if sc.winograd[ln.fusion.Head] {
		z := &winograd{k: sc.kern, in: in, out: out, window: b.window()}
		z.weight = sc.winogradWeight(z, from)
		sc.prepareWinograd(ln, z)
		return
	}
	c := &conv{in: in, out: out, window: b.window()}
	shape := filterShape{c: in.c, k: out.c, groups: groups, kh: b.y.kernel, kw: b.x.kernel}
	if sc.onMatrix(ln, c, shape, from) {
		return
	}
	sc.prepareConv(ln, c, shape, from)
	ln.name = c.name()
	ln.flops += c.flops()
	ln.phases = append(ln.phases, sc.convPhase(c))
}

// parity is the compact result of one of several convolutions.
type parity struct {
	backConv
	view *view // nil where it is zero
}

// planParities plans the convolutions of a gradient whose forward operation has
// a stride. Their results lie in the scratch memory, and are then interleaved.
func (sc *schedule) planParities(ln *launch, out *view, parts []backConv) {
	op := sc.head(ln)
	list := make([]parity, len(parts))
	offsets := make([]int, len(parts))
	bytes := 0
	for i := range parts {
		b := &parts[i]
		list[i].backConv = *b
		if b.empty() {
			continue
		}
		v := &view{layout: newLayout(tensor.Shape{out.n, out.c, b.y.count, b.x.count}, halo{}, floatBytes)}
		list[i].view, offsets[i] = v, bytes
		bytes += roundUp(v.bytes, lineBytes)
		sc.planBackConv(ln, v, b, op.Groups)
	}
	sc.needShared(bytes)
	ln.bind = func(*state) error {
		for i := range list {
			if v := list[i].view; v != nil {
				v.base = unsafe.Add(sc.env.shared, offsets[i])
			}
		}
		return nil
	}
	ln.name = fmt.Sprintf("%s, %d×%d parities", ln.name, op.SH, op.SW)
	ln.phases = append(ln.phases, overRows(out, func(_ *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for i := y % op.SH * min(op.SW, out.w); i < len(list) && list[i].y.parity == y%op.SH; i++ {
				list[i].scatter(out, s.block, s.n, y)
			}
		}
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	}))
}

// noLanes are the gradient where no window reaches.
var noLanes [asm.Block]float32

// scatter writes the pixels of one row of the gradient that are this parity's.
func (p *parity) scatter(out *view, block, n, y int) {
	for i := range p.x.count {
		from := &noLanes
		if p.view != nil {
			from = p.view.lanes(block, n, y/p.y.step, i)
		}
		out.put(block, n, y, p.x.parity+i*p.x.step, from)
	}
}
