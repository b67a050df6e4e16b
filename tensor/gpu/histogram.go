package gpu

import "resnet-tui/tensor"

// histogram is the counts of a tensor or parameter, then figures of it as one channel, and
// of its channels.
func histogram(bp *Blueprint, st *Step, op *tensor.Op) error {
	var x Ref
	var shape tensor.Shape
	if len(op.In) > 0 {
		x, shape = buf(op.In[0]), bp.Plan.Buffers[op.In[0]].Shape
	} else {
		x, shape = par(op.Params[0]), bp.Plan.Params[op.Params[0]].Shape
	}
	all := shape.Elems()
	if all > maxElems {
		return &tensor.TooLargeError{
			Device: bp.traits.Name, Tensor: bp.Plan.Params[op.Params[0]].Name, Bytes: 4 * int64(all),
			Limit: min(4*maxElems, bp.traits.MaxTensor()),
		}
	}
	bp.counts(st, x, buf(op.Out[0]), all)
	for i, out := range op.Out[1:] {
		f := figures{x: x, counts: buf(op.Out[0]), out: buf(out), channels: 1, plane: all, count: all}
		if i == 1 {
			f.flags, f.channels = 1, shape[op.Axis]
			f.plane, f.count = shape[op.Axis+1:].Elems(), all/f.channels
		}
		bp.figures(st, f)
	}
	return nil
}

// counts adds the kernels that count a tensor's values.
func (bp *Blueprint) counts(st *Step, x, out Ref, n int) {
	slices := max(min(wanted/2, n/(16*Threads)), 1)
	part := bp.scratch(4 * tensor.HistogramCounts * int64(slices))
	push := append(u32(1, n, n, slices), 0)
	first := Kernel{Name: "histogram_counts", Groups: int64(slices), Push: push}
	first.read(0, x)
	first.write(2, part)
	end := Kernel{Name: "histogram_counts_end", Groups: int64(ceil(tensor.HistogramCounts, Threads)), Push: push}
	end.read(2, part)
	end.write(6, out)
	st.add(first)
	st.add(end)
}

// figures are what the values of each channel amount to.
type figures struct {
	x, counts, out         Ref
	channels, plane, count int // as a reduction's
	flags                  uint32
}

// partBytes is what a slice of a channel leaves.
const partBytes = 6 * 4

// figures adds the kernels of figures.
func (bp *Blueprint) figures(st *Step, f figures) {
	slices := max(min(ceil(wanted, f.channels), f.count/(4*Threads)), 1)
	part := bp.scratch(partBytes * int64(slices) * int64(f.channels))
	push := append(u32(f.channels, f.plane, f.count, slices), f.flags)
	first := Kernel{Name: "histogram_figures", Groups: int64(slices) * int64(f.channels), Push: push}
	first.read(0, f.x)
	first.read(1, f.counts)
	first.write(2, part)
	end := Kernel{Name: "histogram_figures_end", Groups: int64(ceil(f.channels, Threads)), Push: push}
	end.read(1, f.counts)
	end.read(2, part)
	end.write(6, f.out)
	st.FLOPs += 3 * int64(f.channels) * int64(f.count)
	st.add(first)
	st.add(end)
}
