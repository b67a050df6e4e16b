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
		{"typical_ms", "time", right, func(l profile.LayerRow) Cell { return p.typical(l.TypicalMS) }},
		{"typical_error", "±", right, func(l profile.LayerRow) Cell { return interval(l.TypicalError) }},
		{"mean_ms", "mean", right, func(l profile.LayerRow) Cell { return milliseconds(l.MeanMS) }},
		{"p50_ms", "p50", right, func(l profile.LayerRow) Cell { return p.single(l.P50MS) }},
		{"p95_ms", "p95", right, func(l profile.LayerRow) Cell { return p.single(l.P95MS) }},
		{"min_ms", "", right, func(l profile.LayerRow) Cell { return p.single(l.MinMS) }},
		{"cv", "cv", right, func(l profile.LayerRow) Cell { return p.spread(l.CV) }},
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

// typical is a typical time, missing in a file that has means only.
func (p Profile) typical(ms float64) Cell {
	if p.Statistic() != profile.Typical {
		return missing
	}
	return milliseconds(ms)
}

// single is a time of single passes, missing in a file that has means only.
func (p Profile) single(ms float64) Cell {
	if !p.HasPasses() {
		return missing
	}
	return milliseconds(ms)
}

// spread is a coefficient of variation, missing in a file that has means only.
func (p Profile) spread(cv Number) Cell {
	if !p.HasPasses() {
		return missing
	}
	return share(cv)
}

// interval is half the 95 % interval of a typical time as a share of it, 0 if unknown.
func interval(e Number) Cell {
	if e == 0 {
		return missing
	}
	return share(e)
}

// timeTitle is the title of times: what they are where it isn't the usual statistic.
func (p Profile) timeTitle() string {
	if p.Statistic() == profile.Mean {
		return "mean"
	}
	return "time"
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
	timeMS float64       // per pass, of all kernels together
	share  float64       // of the whole pass
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
		{"", p.timeTitle(), right, func(r timeRow) Cell { return milliseconds(r.timeMS) }},
		barColumn(timeBar, func(r timeRow) float64 { return r.share }),
		{"", "share", right, func(r timeRow) Cell { return share(r.share) }},
		{"", "GFLOP/s", right, func(r timeRow) Cell { return optional(r.gflops) }},
		{"", "bound", left, func(r timeRow) Cell { return plain(string(r.bound)) }},
		{"", "of roof", right, func(r timeRow) Cell { return r.roof }},
		{"", "kernel", left, func(r timeRow) Cell { return plain(r.kernel) }},
	}}
}
