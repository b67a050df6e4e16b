package report

import (
	"strings"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// Profile prints a profile; its JSON is the profile's own.
type Profile struct {
	*profile.Profile
	Ops Convention `json:"-"` // of the printed operations
}

// Table has one row a group of layers that ran as one kernel.
func (p Profile) Table() *Table {
	t := &Table{Columns: []Column{
		{"path", "layer", false}, {"call", "", true}, {"kind", "kind", false}, {"pass", "", false}, {"out_shape", "output", false},
		{"params", "params", true}, {"macs", p.Ops.title(), true},
		{"p50_ms", "p50", true}, {"mean_ms", "mean", true}, {"p95_ms", "p95", true}, {"min_ms", "", true}, {"cv", "±", true}, {"cpu_ms", "cpu", true}, {"share", "share", true},
		{"gflops", "GFLOP/s", true}, {"executed_flops", "", true}, {"bytes", "bytes", true}, {"gbps", "GB/s", true}, {"intensity", "FLOP/byte", true},
		{"bound", "bound", false}, {"roof", "of roof", true}, {"kernel", "kernel", false},
	}}
	for _, l := range p.Layers {
		t.Add(Cell{rowName(l, l.Path), l.Path}, whole(l.Call), plain(l.Kind), plain(l.Pass), shape(l.OutShape), count(l.Params), p.Ops.cell(l.MACs),
			milliseconds(l.P50MS), milliseconds(l.MeanMS), milliseconds(l.P95MS), milliseconds(l.MinMS), share(l.CV), cpuCell(l.CPUMS), share(l.Share),
			gflops(l.GFLOPS), count(l.ExecutedFLOPs), size(l.Bytes), optional(l.GBPS), optional(l.Intensity),
			plain(string(l.Bound)), roof(l), plain(l.Kernel))
	}
	return t
}

// tree is the rows under the stages and blocks of their paths, with the sums
// of their means.
func (p Profile) tree() *Table {
	t := &Table{Columns: []Column{
		{"", "module", false}, {"", "output", false}, {"", "params", true}, {"", p.Ops.title(), true}, {"", "time p50", true}, {"", "", false},
		{"", "share", true}, {"", "GFLOP/s", true}, {"", "bound", false}, {"", "of roof", true}, {"", "kernel", false},
	}}
	t.Columns[5].Title = strings.Repeat(" ", timeBar)
	if passes := byPass(p.Layers); len(passes) == 1 {
		p.add(t, p.Model.Arch, "", p.Layers, 0)
	} else {
		p.sum(t, p.Model.Arch, p.Layers, true)
		for _, rows := range passes {
			p.add(t, rows[0].Pass, "", rows, 1)
		}
	}
	overhead := p.Total.OverheadMS / p.Total.MeanMS
	t.Add(plain("  overhead"), plain(""), plain(profile.Dash), plain(profile.Dash), plain(ms(p.Total.OverheadMS)), plain(bar(overhead, timeBar)),
		plain(profile.FormatShare(overhead)), plain(profile.Dash), plain(""), plain(profile.Dash), plain("between layers"))
	return t
}

const timeBar = 12 // cells

// byPass cuts rows into forward, backward and update, as far as they are there.
func byPass(rows []profile.LayerRow) (passes [][]profile.LayerRow) {
	for start, i := 0, 1; i <= len(rows); i++ {
		if i == len(rows) || rows[i].Pass != rows[start].Pass {
			passes = append(passes, rows[start:i])
			start = i
		}
	}
	return passes
}

// add writes a node and what lies under it. rows are its layers, whose paths
// begin with prefix.
func (p Profile) add(t *Table, name, prefix string, rows []profile.LayerRow, depth int) {
	p.sum(t, strings.Repeat("  ", depth)+name, rows, depth == 0)
	for len(rows) > 0 {
		head, _, below := strings.Cut(rows[0].Path[len(prefix):], ".")
		if !below {
			p.leaf(t, strings.Repeat("  ", depth+1)+rowName(rows[0], head), rows[0])
			rows = rows[1:]
			continue
		}
		n := 1
		for n < len(rows) && strings.HasPrefix(rows[n].Path, prefix+head+".") {
			n++
		}
		p.add(t, head, prefix+head+".", rows[:n], depth+1)
		rows = rows[n:]
	}
}

// rowName is a layer and what it absorbed, "conv1 bn1 relu"; a probe is named
// by the layer that it looks at.
func rowName(l profile.LayerRow, name string) string {
	if l.Kind == tensor.Moments.String() {
		return "probe of " + name
	}
	parent := l.Path[:len(l.Path)-len(name)]
	for _, a := range l.Absorbed {
		name += " " + strings.TrimPrefix(a, parent)
	}
	if l.Pass != tensor.Forward.String() {
		name += " (" + l.Kind + ")" // a layer has several gradients
	}
	return name
}

// sum is a row for several layers, with the p50 of what they took together in
// a pass, and the share of their means; at the root the whole pass, overhead
// included.
func (p Profile) sum(t *Table, name string, rows []profile.LayerRow, root bool) {
	var params, macs int64
	mean := 0.0
	for _, l := range rows {
		params, macs, mean = params+l.Params, macs+l.MACs, mean+l.MeanMS
	}
	batch := float64(p.Input.Shape[0])
	shown := profile.P50MS(rows)
	if root {
		mean, shown = p.Total.MeanMS, p.Total.P50MS
	}
	t.Add(plain(name), plain(perImage(rows[len(rows)-1].OutShape)), count(params), p.Ops.cell(macs), plain(ms(shown)), plain(bar(mean/p.Total.MeanMS, timeBar)),
		plain(profile.FormatShare(mean/p.Total.MeanMS)), gflops(2*float64(macs)*batch/mean/1e6), plain(""), plain(""), plain(""))
}

func (p Profile) leaf(t *Table, name string, l profile.LayerRow) {
	t.Add(plain(name), plain(perImage(l.OutShape)), count(l.Params), p.Ops.cell(l.MACs), plain(ms(l.P50MS)), plain(bar(l.Share, timeBar)),
		plain(profile.FormatShare(l.Share)), gflops(l.GFLOPS), plain(string(l.Bound)), roof(l), plain(l.Kernel))
}

func ms(v float64) string { return profile.Time.Figure(v * 1e6).String() }

// cpuCell is processor time, which not every system tells.
func cpuCell(v float64) Cell {
	if v == 0 {
		return Cell{profile.Dash, ""}
	}
	return milliseconds(v)
}

func gflops(v float64) Cell { return optional(v) }

// optional shows what is 0 where it does not apply as a dash.
func optional(v float64) Cell {
	if v == 0 {
		return Cell{profile.Dash, ""}
	}
	return Cell{profile.Significant(v), raw(v)}
}

func share(v float64) Cell { return Cell{profile.FormatShare(v), raw(v)} }

func roof(l profile.LayerRow) Cell {
	if l.Bound == profile.BoundUnknown {
		return Cell{profile.Dash, ""}
	}
	return Cell{profile.FormatShare(l.Roof), raw(l.Roof)}
}
