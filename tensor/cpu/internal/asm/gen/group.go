package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// group emits the grouped convolution with n channels per group, n = 4 or 8. A block
// holds 16/n groups, so that input and output blocks are the same ones and Icb is 1:
// every lane needs channel j of its own group, which one permutation or broadcast of
// the source gives to all lanes of a vector. A tap is n steps, instead of 16 whose
// weights would mostly be zero.
func (g *gen) group(px, n int) {
	t := g.newTile(fmt.Sprintf("group%d", n), px, 1, 2)
	t.weightsPerTap = pixelBytes
	spread := t.spread4
	if n == 8 {
		spread = t.spread8()
	}
	t.loops(func() {
		t.reduce(n, false, func(j int) {
			t.loadWeights(j)
			for p := range t.px {
				for part, w := range t.w {
					x := t.tmp[(p*t.parts()+part)%len(t.tmp)]
					spread(j, p, part, x)
					t.VFMADD231PS(x, w, t.acc[p][part])
				}
			}
		})
	})
}

// spread4 permutes inside 128 bits, which are a group: the source's channel j of each
// group of 4 goes to all lanes of the group.
func (t *tile) spread4(j, p, part int, x reg.VecPhysical) {
	t.VPERMILPS(operand.U8(j*0b01010101), t.pixel(p, part*t.vecBytes()), x)
}

// spread8 broadcasts channel j where a vector is a group, with AVX2. With AVX-512 a
// vector is two groups, which a permutation across lanes serves: its eight index
// vectors stay in registers, since a tile of groups needs only one vector per pixel.
func (t *tile) spread8() func(j, p, part int, x reg.VecPhysical) {
	if t.lanes == 8 {
		return func(j, p, part int, x reg.VecPhysical) {
			t.VBROADCASTSS(t.pixel(p, part*t.vecBytes()+j*floatBytes), x)
		}
	}
	index := t.vecs(8) // of lane j for the lower, 8 + j for the upper group
	eight, one := t.constant(8), t.constant(1)
	t.VPXORD(index[0], index[0], index[0])
	t.VINSERTI64X4(operand.U8(1), eight.AsY(), index[0], index[0])
	for j := 1; j < len(index); j++ {
		t.VPADDD(one, index[j-1], index[j])
	}
	return func(j, p, _ int, x reg.VecPhysical) {
		t.VPERMPS(t.pixel(p, 0), index[j], x)
	}
}
