package cpu

import (
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// planPad plans Pad, the parameter-free shortcut.
func (sc *schedule) planPad(ln *launch) error {
	op := sc.head(ln)
	in, out := sc.views[op.In[0]], sc.result(ln)
	ln.name = "shortcut with zero channels"
	ln.phases = []phase{overRows(out, func(w *worker, s strip) {
		for y := s.y0; y < s.y1; y++ {
			for x := range out.w {
				lanes := shifted(in, s.block*asm.Block-op.PadBefore, s.n, y*op.SH, x*op.SW)
				out.put(s.block, s.n, y, x, &lanes)
			}
		}
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// shifted is channels [c, c+16) of a pixel; those that in has not are zero. The
// channels lie in two blocks of in at most.
func shifted(in *view, c, n, y, x int) (lanes [asm.Block]float32) {
	first := floorDiv(c, asm.Block)
	lane := c - first*asm.Block
	if first >= 0 && first < in.blocks() {
		from := in.get(first, n, y, x)
		copy(lanes[:], from[lane:])
	}
	if lane > 0 && first+1 >= 0 && first+1 < in.blocks() {
		from := in.get(first+1, n, y, x)
		copy(lanes[asm.Block-lane:], from[:lane])
	}
	return lanes
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -ceilDiv(-a, b)
	}
	return a / b
}

// planFlatten plans Flatten. Planes of one pixel lie as rows of features do:
// then the result shares its operand's memory, or is copied by blocks.
func (sc *schedule) planFlatten(ln *launch) error {
	in, out := sc.views[sc.head(ln).In[0]], sc.result(ln)
	ln.name = "flatten"
	size := in.h * in.w
	ln.phases = []phase{overRows(out, func(_ *worker, s strip) {
		if size == 1 && in.pixelAt(s.block, s.n, 0, 0) == out.pixelAt(s.block, s.n, 0, 0) {
			return
		}
		var dst [asm.Block]float32
		for i := range dst {
			if e := s.block*asm.Block + i; e < out.c {
				c := e / size
				dst[i] = in.get(c/asm.Block, s.n, e%size/in.w, e%in.w)[c%asm.Block]
			}
		}
		out.put(s.block, s.n, 0, 0, &dst)
	})}
	return nil
}

// planDropout plans Dropout: a copy in eval mode, a random mask in train mode.
func (sc *schedule) planDropout(ln *launch) error {
	op := sc.head(ln)
	if !op.Train {
		err := sc.planElementwise(ln)
		ln.name = "identity"
		return err
	}
	in, out := sc.views[op.In[0]], sc.result(ln)
	ln.name = "dropout"
	ln.flops = elems(&in.layout)
	ln.phases = []phase{overRows(out, func(w *worker, s strip) {
		mask := tensor.DropoutStream(sc.env.scalars[op.Scalar], op.Path)
		for y := s.y0; y < s.y1; y++ {
			for x := range out.w {
				drop(out, in, mask, op.Eps, pixel{s.block, s.n, y, x})
			}
		}
		out.zeroHalo(s.block, s.block+1, s.n, s.y0, s.y1)
	})}
	return nil
}

// pixel is where a pixel lies.
type pixel struct{ block, n, y, x int }

// drop masks the channels of one pixel. Elements are numbered in N, C, H, W
// order.
func drop(out, in *view, mask tensor.Stream, p float64, at pixel) {
	lanes := in.get(at.block, at.n, at.y, at.x)
	scale := float32(1 / (1 - p))
	for i, v := range lanes {
		c := at.block*asm.Block + i
		v *= scale
		if c < in.c && mask.Uniform(uint64(((at.n*in.c+c)*in.h+at.y)*in.w+at.x)) < p {
			v = 0
		}
		lanes[i] = v
	}
	out.put(at.block, at.n, at.y, at.x, &lanes)
}
