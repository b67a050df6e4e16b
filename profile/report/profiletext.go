package report

import (
	"strings"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// tree is the rows under the stages and blocks of their paths, with the sums
// of their means.
func (p Profile) tree() Table[timeRow] {
	var rows []timeRow
	if passes := byPass(p.Layers); len(passes) == 1 {
		rows = p.add(rows, p.Model.Arch, "", p.Layers, 0)
	} else {
		rows = append(rows, p.sum(p.Model.Arch, p.Layers, true))
		for _, layers := range passes {
			rows = p.add(rows, layers[0].Pass, "", layers, 1)
		}
	}
	rows = append(rows, timeRow{
		name: "  overhead", p50MS: p.Total.OverheadMS, share: p.Total.OverheadMS / p.Total.MeanMS,
		roof: missing, kernel: "between layers",
	})
	return p.timeTable(rows)
}

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

// add appends a node and what lies under it. layers are its own, whose paths
// begin with prefix.
func (p Profile) add(rows []timeRow, name, prefix string, layers []profile.LayerRow, depth int) []timeRow {
	rows = append(rows, p.sum(strings.Repeat("  ", depth)+name, layers, depth == 0))
	for len(layers) > 0 {
		head, _, below := strings.Cut(layers[0].Path[len(prefix):], ".")
		if !below {
			rows = append(rows, leaf(strings.Repeat("  ", depth+1)+rowName(layers[0], head), layers[0]))
			layers = layers[1:]
			continue
		}
		n := 1
		for n < len(layers) && strings.HasPrefix(layers[n].Path, prefix+head+".") {
			n++
		}
		rows = p.add(rows, head, prefix+head+".", layers[:n], depth+1)
		layers = layers[n:]
	}
	return rows
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
func (p Profile) sum(name string, layers []profile.LayerRow, root bool) timeRow {
	row := timeRow{name: name, out: layers[len(layers)-1].OutShape, p50MS: profile.P50MS(layers)}
	mean := 0.0
	for _, l := range layers {
		row.params += l.Params
		row.macs += l.MACs
		mean += l.MeanMS
	}
	if root {
		mean, row.p50MS = p.Total.MeanMS, p.Total.P50MS
	}
	row.share = mean / p.Total.MeanMS
	row.gflops = 2 * float64(row.macs) * float64(p.Input.Shape[0]) / mean / 1e6
	return row
}

func leaf(name string, l profile.LayerRow) timeRow {
	return timeRow{
		name: name, out: l.OutShape, params: l.Params, macs: l.MACs, p50MS: l.P50MS, share: l.Share, gflops: l.GFLOPS,
		bound: l.Bound, roof: roof(l), kernel: l.Kernel,
	}
}
