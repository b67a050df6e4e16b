package cpu

import (
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// Where the kernels multiply pairs of bf16, convolutions of bf16 run on them as they
// lie: no operand is copied to float32.

// dotKernels are the kernels for a convolution that can run on products of bf16, in
// the form of float32's, which take the same arguments; else nil. Groups narrower than
// a block have kernels of float32 that multiply no zeros.
func (sc *schedule) dotKernels(in *view, s *filterShape) *asm.Kernels {
	d := sc.kern.Dot
	if d == nil || in.elem != halfBytes || s.narrow(sc.kern) != 0 {
		return nil
	}
	return &asm.Kernels{
		Name: d.Name, Nob: d.Nob, PfStep: d.PfStep, HalvesFrom: d.HalvesFrom, Conv: d.Conv, Conv1: d.Conv1,
	}
}

// stemElem is the bytes of an element of a stem's images: products of pairs take bf16.
// The gradient of a stem's weight is one of float32.
func (sc *schedule) stemElem(id tensor.BufferID) int {
	if sc.precision != tensor.BF16 || sc.kern.Dot == nil {
		return floatBytes
	}
	for i := range sc.plan.Ops {
		if op := &sc.plan.Ops[i]; op.Kind == tensor.Conv2dGradWeight && op.In[0] == id {
			return floatBytes
		}
	}
	return halfBytes
}

// roundPairs rounds weights [row][lanes] to pairs [row/2][lanes][2]: two neighbouring
// channels of a tap, which lie side by side in a pixel, lie so for each output channel.
func roundPairs(to []asm.BF16, w []float32, lanes int) {
	for at := 0; at < len(w); at += 2 * lanes {
		first, second := w[at:][:lanes], w[at+lanes:][:lanes]
		pairs := to[at:][:2*lanes]
		for l := range first {
			pairs[2*l] = asm.RoundBF16(first[l])
			pairs[2*l+1] = asm.RoundBF16(second[l])
		}
	}
}
