package gpu

import "resnet-tui/tensor"

// Matrices are what a device's matrix units multiply at once: M×K factors by K×N, with
// sums in float32. A subgroup of a workgroup's threads does it together.
type Matrices struct {
	Precision tensor.Precision // of the factors
	M, N, K   int
	Subgroups int // of a workgroup
}

// What matrix.comp takes for granted.
const (
	matrixStep   = 32 // terms of the sum between two waits
	matrixGap    = 8  // factors between rows in shared memory, against conflicts of its banks
	matrixLow    = 64 // the sides that a workgroup's tile may have
	matrixHigh   = 128
	matrixGroups = 2 * units // workgroups that run at once
	matrixSlice  = 256       // terms of a slice, at least
	matrixMin    = 16        // channels of a group below which most of a tile would be padding
)

// tiling is how a product falls to workgroups, and a workgroup's part to its subgroups.
type tiling struct {
	high, wide   int // a workgroup's tile of the result
	down, across int // its grid of subgroups
	stages       int // steps in shared memory: with two, one is stored while one is multiplied
}

// Fit reports whether the kernels can use the matrices with so much shared memory.
func (m *Matrices) Fit(shared int64) bool {
	_, ok := m.tiling(matrixLow, matrixLow, shared)
	return ok && matrixStep%m.K == 0 && m.K%8 == 0
}

// tiling is that of a tile of that size. Of the grids it takes the one whose subgroups
// read the fewest rows and columns.
func (m *Matrices) tiling(high, wide int, shared int64) (tiling, bool) {
	best := tiling{}
	for down := 1; down <= m.Subgroups; down++ {
		across := m.Subgroups / down
		if m.Subgroups%down != 0 || high%(down*m.M) != 0 || wide%(across*m.N) != 0 {
			continue
		}
		if best.high == 0 || high/down+wide/across < high/best.down+wide/best.across {
			best = tiling{high: high, wide: wide, down: down, across: across}
		}
	}
	for best.stages = 2; best.stages > 0; best.stages-- {
		if best.high > 0 && best.bytes(m) <= shared {
			return best, true
		}
	}
	return tiling{}, false
}

// bytes are the shared memory that matrix.comp takes.
func (t *tiling) bytes(m *Matrices) int64 {
	stage := (t.high + t.wide) * (matrixStep + matrixGap) * 2
	sums := m.M * t.wide * t.down * 4 // a row of each subgroup's matrices, on its way out
	const column = 16                 // bytes by which WEIGHT finds one of its columns
	const affine = 12                 // bytes of a row's bias and norm
	return int64(max(t.stages*stage, sums) + t.wide*column + t.high*affine)
}

// matrices are those that a product uses, nil for none: in fp32, and where groups are so
// narrow that most factors would be padding; their factors are not rounded.
func (bp *Blueprint) matrices(d *direction) *Matrices {
	if d.groups > 1 && min(d.x.c, d.y.c)/d.groups < matrixMin {
		return nil
	}
	for i := range bp.traits.Matrices {
		if m := &bp.traits.Matrices[i]; m.Precision == bp.options.Precision {
			return m
		}
	}
	return nil
}

// fitting is the largest tile for a result of rows by columns, without one that is
// mostly beyond its edge.
func (m *Matrices) fitting(rows, cols int, shared int64) tiling {
	side := func(n int) int {
		if n > matrixLow {
			return matrixHigh
		}
		return matrixLow
	}
	high, wide := side(rows), side(cols)
	for _, size := range [][2]int{{high, wide}, {matrixLow, wide}, {high, matrixLow}} {
		if t, ok := m.tiling(size[0], size[1], shared); ok {
			return t
		}
	}
	t, _ := m.tiling(matrixLow, matrixLow, shared) // Fit saw to it
	return t
}

// The orders of a sum's terms, as matrix.comp has them: by taps, the last with channels
// that fill whole steps, or as weights lie in memory.
const (
	inMemory = iota
	byTaps
	byWholeTaps
)

// matrixProduct is a product on the device's matrix units.
func (bp *Blueprint) matrixProduct(st *Step, op *tensor.Op, d *direction, m *Matrices) error {
	name := wayNames[d.way] + "_" + m.Precision.String()
	order := byTaps
	if d.way != toWeight {
		order = bp.arrangeFactors(st, d, op.Params[0], arranging+"matrix_"+name)
	}
	t := m.fitting(d.rows, d.cols, bp.traits.Shared)
	tiles := ceil(d.rows, t.high) * ceil(d.cols, t.wide) * d.groups * d.classes
	slices := max(ceil(d.depth, longest), min(matrixGroups/tiles, d.depth/matrixSlice, maxSlices), 1)
	k := Kernel{Name: "matrix_" + name, Groups: int64(tiles) * int64(slices)}
	k.Constants = append(d.window(), u32(t.high, t.wide, t.down, t.across, m.M, m.N, m.K, t.stages, order)...)
	if m.Precision == tensor.FP16 && d.way != forward {
		k.read(9, bp.scale(st, d))
	}
	return bp.finish(st, op, d, k, slices)
}

// scale finds a power of two by which the gradient that a product reads fits into fp16,
// and its inverse for the result. It is what a scaled loss is for, but for each tensor by
// itself, and found anew each time.
func (bp *Blueprint) scale(st *Step, d *direction) Ref {
	gradient := d.b
	if d.way == toWeight {
		gradient = d.a
	}
	count := d.y.elems()
	groups := min(over(count), matrixGroups)
	parts, scale := bp.scratch(4*groups), bp.scratch(8)
	first := Kernel{Name: arranging + "scale", Groups: groups, Push: u32(count)}
	first.read(0, gradient)
	first.write(2, parts)
	end := Kernel{Name: arranging + "scale_end", Groups: 1, Push: u32(int(groups))}
	end.read(0, parts)
	end.write(2, scale)
	st.add(first)
	st.add(end)
	return scale
}

// arrangeFactors rounds weights and lays them out as the matrix kernels read them. It
// gives the product what it made, with the depth that padding gives it.
func (bp *Blueprint) arrangeFactors(st *Step, d *direction, p tensor.ParamID, kernel string) (order int) {
	taps, inner, rows := d.win.KH*d.win.KW, d.x.c/d.groups, d.y.c
	if d.way == toInput {
		inner, rows = d.y.c/d.groups, d.x.c
	}
	padded := ceil(inner, matrixStep) * matrixStep
	terms := taps * padded
	order = byTaps
	if padded == inner {
		order = byWholeTaps
	}
	if dense := ceil(inner*taps, matrixStep) * matrixStep; d.way == forward && dense*5 < terms*4 {
		order, padded, terms = inMemory, 0, dense
	}
	d.depth = terms
	if d.way == toInput {
		d.depth = ceil(d.win.KH, d.win.SH) * ceil(d.win.KW, d.win.SW) * padded
	}
	k := Kernel{Name: kernel, Groups: over(rows * terms / 2)}
	k.Push = u32(rows, d.y.c/d.groups, d.x.c/d.groups, taps, padded, terms)
	d.a = bp.layOut(st, p, k, 2*int64(rows)*int64(terms))
	return order
}
