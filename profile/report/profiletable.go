package report

import "resnet-tui/profile"

// Profile prints a profile. Its JSON is that of profile.Profile.
type Profile struct {
	*profile.Profile
	Ops Convention `json:"-"` // of printed numbers of operations
}

// Table has one row per kernel, in execution order.
func (p Profile) Table() Tabular {
	return Table[profile.LayerRow]{Rows: p.Layers, Columns: []Column[profile.LayerRow]{
		{"path", "layer", left, func(l profile.LayerRow) Cell { return Cell{rowName(&l, l.Path), l.Path} }},
		{"call", "", right, func(l profile.LayerRow) Cell { return whole(l.Call) }},
		{"kind", "kind", left, func(l profile.LayerRow) Cell { return plain(l.Kind) }},
		{"pass", "", left, func(l profile.LayerRow) Cell { return plain(l.Pass) }},
		{"out_shape", "output", left, func(l profile.LayerRow) Cell { return shape(l.OutShape) }},
		{"params", "params", right, func(l profile.LayerRow) Cell { return count(l.Params) }},
		{"macs", p.Ops.title(), right, func(l profile.LayerRow) Cell { return p.Ops.cell(l.MACs) }},
		{"p50_ms", "p50", right, func(l profile.LayerRow) Cell { return milliseconds(l.P50MS) }},
		{"mean_ms", "mean", right, func(l profile.LayerRow) Cell { return milliseconds(l.MeanMS) }},
		{"p95_ms", "p95", right, func(l profile.LayerRow) Cell { return milliseconds(l.P95MS) }},
		{"min_ms", "", right, func(l profile.LayerRow) Cell { return milliseconds(l.MinMS) }},
		{"cv", "±", right, func(l profile.LayerRow) Cell { return share(l.CV) }},
		{"cpu_ms", "cpu", right, func(l profile.LayerRow) Cell { return optionalMS(l.CPUMS) }},
		{"share", "share", right, func(l profile.LayerRow) Cell { return share(l.Share) }},
		{"gflops", "GFLOP/s", right, func(l profile.LayerRow) Cell { return optional(l.GFLOPS) }},
		{"executed_flops", "", right, func(l profile.LayerRow) Cell { return count(l.ExecutedFLOPs) }},
		{"bytes", "bytes", right, func(l profile.LayerRow) Cell { return size(l.Bytes) }},
		{"gbps", "GB/s", right, func(l profile.LayerRow) Cell { return optional(l.GBPS) }},
		{"intensity", "FLOP/byte", right, func(l profile.LayerRow) Cell { return optional(l.Intensity) }},
		{"bound", "bound", left, func(l profile.LayerRow) Cell { return plain(string(l.Bound)) }},
		{"roof", "of roof", right, roof},
		{"kernel", "kernel", left, func(l profile.LayerRow) Cell { return plain(l.Kernel) }},
	}}
}

// roof is the share that a row reaches of the ceiling above it.
func roof(l profile.LayerRow) Cell {
	if l.Bound == profile.BoundUnknown {
		return missing
	}
	return share(l.Roof)
}

// timeRow is a line of the tree that text prints: a kernel, or a module with sums
// over the kernels below it.
type timeRow struct {
	name   string        // indented by depth
	out    Cell          // shape of what it computes, blank if there is no single one
	params int64         // learnable
	macs   int64         // per image
	p50MS  float64       // median per pass of all kernels together
	share  float64       // of means, so that shares add up
	gflops float64       // direct-equivalent
	bound  profile.Bound // of a kernel
	roof   Cell          // of a kernel
	kernel string        // of a kernel
}

// timeBar is the width of the bars of shares, in cells.
const timeBar = 12

// timeTable prints lines of the tree.
func (p Profile) timeTable(rows []timeRow) Table[timeRow] {
	return Table[timeRow]{Rows: rows, Columns: []Column[timeRow]{
		{"", "module", left, func(r timeRow) Cell { return plain(r.name) }},
		{"", "output", left, func(r timeRow) Cell { return r.out }},
		{"", "params", right, func(r timeRow) Cell { return count(r.params) }},
		{"", p.Ops.title(), right, func(r timeRow) Cell { return p.Ops.cell(r.macs) }},
		{"", "time p50", right, func(r timeRow) Cell { return milliseconds(r.p50MS) }},
		barColumn(timeBar, func(r timeRow) float64 { return r.share }),
		{"", "share", right, func(r timeRow) Cell { return share(r.share) }},
		{"", "GFLOP/s", right, func(r timeRow) Cell { return optional(r.gflops) }},
		{"", "bound", left, func(r timeRow) Cell { return plain(string(r.bound)) }},
		{"", "of roof", right, func(r timeRow) Cell { return r.roof }},
		{"", "kernel", left, func(r timeRow) Cell { return plain(r.kernel) }},
	}}
}
