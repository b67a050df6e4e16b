package report

import (
	"fmt"
	"strings"
	"time"

	"resnet-tui/profile"
)

// Table has one row per block. Its columns are grouped by figure and not by net,
// so that the same figure of both nets is side by side.
func (c *Compare) Table() Tabular {
	a, b := gradColumns("a", c.axis(), blockOfA), gradColumns("b", c.axis(), blockOfB)
	b.bar.Title += " " // a gap between the norms and their parts
	return Table[BlockPair]{Rows: c.Blocks, Columns: []Column[BlockPair]{
		{"path", "block", left, func(p BlockPair) Cell { return plain(p.Path) }},
		a.out, b.out,
		a.in, a.bar, b.in, b.bar,
		a.skip, a.branch, a.cosine, b.skip, b.branch, b.cosine,
	}}
}

// blockOfA returns A's block of a pair, which may be nil.
func blockOfA(p BlockPair) *BlockGrad { return p.A }

// blockOfB returns B's block of a pair, which may be nil.
func blockOfB(p BlockPair) *BlockGrad { return p.B }

// sideColumns holds the columns of one net.
type sideColumns struct{ out, in, bar, skip, branch, cosine Column[BlockPair] }

// gradColumns returns the columns of the gradients of one net. side is its name in
// titles, "a" or "b"; of returns its block of a pair, nil if it has none; bars are
// on the given axis.
func gradColumns(side string, axis profile.Decades, of func(p BlockPair) *BlockGrad) sideColumns {
	column := func(name, title string, value func(b *BlockGrad) *Number) Column[BlockPair] {
		return Column[BlockPair]{side + "_" + name, side + ": " + title, right, func(p BlockPair) Cell {
			if b := of(p); b != nil {
				return number(value(b))
			}
			return missing
		}}
	}
	columns := sideColumns{
		out:    column("grad_out", "", func(b *BlockGrad) *Number { return &b.GradOut }),
		in:     column("grad_in", "grad in", func(b *BlockGrad) *Number { return &b.GradIn }),
		skip:   column("grad_skip", "by skip", func(b *BlockGrad) *Number { return b.GradSkip }),
		branch: column("grad_branch", "by branch", func(b *BlockGrad) *Number { return b.GradBranch }),
		cosine: column("cosine", "cosine", func(b *BlockGrad) *Number { return b.Cosine }),
		bar: barColumn(gradBar, func(p BlockPair) float64 {
			if b := of(p); b != nil {
				return part(axis, float64(b.GradIn))
			}
			return 0
		}),
	}
	columns.out.Title = "" // only in CSV
	return columns
}

// axis returns the axis of all bars. It is one for both nets, or their bars could
// not be compared.
func (c *Compare) axis() profile.Decades {
	var norms []float64
	for _, r := range []*Run{c.A, c.B} {
		for _, b := range r.Blocks {
			norms = append(norms, float64(b.GradIn))
		}
	}
	return axisOf(norms)
}

// costRow is a figure of both nets, formatted.
type costRow struct{ name, a, b string }

// costs has one row per figure; lesions only if a net has any.
func (c *Compare) costs() Table[costRow] {
	var rows []costRow
	row := func(name string, of func(r *Run, t PassTimes) string) {
		rows = append(rows, costRow{name, of(c.A, c.Times.A), of(c.B, c.Times.B)})
	}
	row("net", func(r *Run, _ PassTimes) string { return r.Model.Arch })
	if len(c.A.Model.Lesions)+len(c.B.Model.Lesions) > 0 {
		row("lesions", func(r *Run, _ PassTimes) string { return strings.Join(r.Model.Lesions, ", ") })
	}
	row("weights", func(r *Run, _ PassTimes) string { return r.Model.WeightsLine() })
	if c.A.Device != c.B.Device {
		row("device", func(r *Run, _ PassTimes) string { return r.Device.Processor() + ", " + r.Device.Precision })
	}
	row("params", func(r *Run, _ PassTimes) string { return figure(r.Model.Params) })
	row("macs", func(r *Run, _ PassTimes) string { return figure(r.Model.MACs) })
	row("memory", func(r *Run, _ PassTimes) string { return profile.FormatBytes(r.Memory.PredictedBytes) })
	row("forward", func(_ *Run, t PassTimes) string { return timing(t.ForwardMS, t.Runs) })
	row("backward", func(_ *Run, t PassTimes) string { return timing(t.BackwardMS, t.Runs) })
	row("loss", func(r *Run, _ PassTimes) string { return number(r.Loss).Text })
	return Table[costRow]{Rows: rows, Columns: []Column[costRow]{
		{"", " ", left, func(r costRow) Cell { return plain(r.name) }},
		{"", "a", left, func(r costRow) Cell { return plain(r.a) }},
		{"", "b", left, func(r costRow) Cell { return plain(r.b) }},
	}}
}

// timing formats a time in milliseconds, which is that of the typical ones of some passes.
func timing(ms float64, runs int) string {
	return fmt.Sprintf("%s, typical of %d", profile.FormatTime(time.Duration(ms*1e6)), runs)
}

// responses has one row per convolution. Bars are on one axis for both nets.
func (c *Compare) responses() Table[ResponsePair] {
	var values []float64
	for _, p := range c.Responses {
		values = append(values, orZero(p.A), orZero(p.B))
	}
	axis := axisOf(values)
	b := barColumn(gradBar, func(p ResponsePair) float64 { return part(axis, orZero(p.B)) })
	b.Title += " " // a gap, as in Table
	return Table[ResponsePair]{Rows: c.Responses, Columns: []Column[ResponsePair]{
		{"", "convolution", left, func(p ResponsePair) Cell { return plain(p.Path) }},
		{"", "a", right, func(p ResponsePair) Cell { return number(p.A) }},
		barColumn(gradBar, func(p ResponsePair) float64 { return part(axis, orZero(p.A)) }),
		{"", "b", right, func(p ResponsePair) Cell { return number(p.B) }},
		b,
	}}
}

// orZero returns 0 for an unknown value: a logarithmic axis ignores it, and its
// bar is empty.
func orZero(n *Number) float64 {
	if n == nil {
		return 0
	}
	return float64(*n)
}
