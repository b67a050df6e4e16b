package gpu

import "resnet-tui/tensor"

// arranging begins the names of kernels that lay weights out.
const arranging = "arrange_"

// tileReach is the rows of the largest tile: as many a kernel may read beyond the last.
const tileReach = 128

// arrange lays a convolution's weights out as its kernel reads them: slab by slab, four
// terms of the sum in a vector for each row of the product, so that a tile is read without
// gaps and without looking where it ends.
func (bp *Blueprint) arrange(st *Step, d *direction, p tensor.ParamID) Ref {
	classes := 1
	if d.way == toInput { // those that taps reach
		classes = min(d.win.KH, d.win.SH) * min(d.win.KW, d.win.SW)
	}
	vectors := d.groups*classes*ceil(d.depth, slabTerms)*(slabTerms/4)*d.rows + tileReach
	k := Kernel{Name: arranging + wayNames[d.way], Groups: over(vectors), Constants: append(d.window(), d.blocked())}
	k.Push = u32(vectors, d.groups, d.x.c/d.groups, d.y.c/d.groups)
	return bp.layOut(st, p, k, 16*int64(vectors))
}

// layOut adds a kernel that makes so many bytes of a parameter, and returns these. If the
// plan changes the parameter that is a part of the step; else it is done once.
func (bp *Blueprint) layOut(st *Step, p tensor.ParamID, k Kernel, bytes int64) Ref {
	ready := bp.scratch(bytes)
	bp.laidOut[ready.ID] = p
	k.read(0, par(p))
	k.write(2, ready)
	if bp.updated[p] {
		st.add(k)
	} else {
		bp.Derived = append(bp.Derived, Derived{p, k})
	}
	return ready
}

// updated are the parameters that a plan changes.
func updated(p *tensor.Plan) map[tensor.ParamID]bool {
	set := map[tensor.ParamID]bool{}
	for i := range p.Ops {
		if p.Ops[i].Kind == tensor.SGD {
			set[p.Ops[i].Params[0]] = true
		}
	}
	return set
}
