package report

import (
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// Profile prints a profile; its JSON is profile.Profile's own.
type Profile struct {
	*profile.Profile
	Ops Convention `json:"-"` // of the printed operations
}

// Table has one row per kernel that ran.
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

// roof is the share that a row reaches of the ceiling that bounds it.
func roof(l profile.LayerRow) Cell {
	if l.Bound == profile.BoundUnknown {
		return missing
	}
	return share(l.Roof)
}

// timeRow is a row of the tree of times: a layer, or what lies under a module.
type timeRow struct {
	name   string       // indented by its depth
	out    tensor.Shape // of the last layer; nil: no layer
	params int64
	macs   int64
	p50MS  float64
	share  float64 // of the total's mean
	gflops float64 // direct-equivalent
	bound  profile.Bound
	roof   Cell
	kernel string
}

const timeBar = 12 // cells

// timeTable prints rows of the tree of times.
func (p Profile) timeTable(rows []timeRow) Table[timeRow] {
	return Table[timeRow]{Rows: rows, Columns: []Column[timeRow]{
		{"", "module", left, func(r timeRow) Cell { return plain(r.name) }},
		{"", "output", left, func(r timeRow) Cell { return outputPerImage(r.out) }},
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
