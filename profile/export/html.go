package export

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"resnet-tui/profile"
)

//go:embed report.html.tmpl
var reportTemplate string

var reportPage = template.Must(template.New("report").Parse(reportTemplate))

// HTML writes a report that is one file and needs no network: totals, flame
// graph, roofline, memory, the gradient by block, and the tree, in the reader's
// choice of light or dark.
func HTML(w io.Writer, p *profile.Profile) error {
	root := p.ByPass().Root
	return reportPage.Execute(w, page{
		Title: fmt.Sprintf("%s, %v on %s", p.Model.Arch, p.Input.Shape, p.Device.Name),
		Facts: pageFacts(p), Flame: flameSVG(root), Roofline: rooflineSVG(p), Memory: memorySVG(p),
		Gradients: gradientsSVG(p), Tree: pageRow(p, root, 0), Version: p.Version,
	})
}

// page is what the template shows.
type page struct {
	Title, Version          string
	Facts                   []fact
	Flame, Roofline, Memory template.HTML // empty: there is nothing to draw
	Gradients               template.HTML
	Tree                    treeRow
}

type fact struct{ Name, Text string }

// treeRow is a line of the tree, and those under it.
type treeRow struct {
	Name, Time, Share, GFLOPS, GBPS, Bound, Roof, Kernel string
	Pass                                                 string
	Percent                                              float64 // of the pass
	Open                                                 bool
	Rows                                                 []treeRow
}

const openLevels = 3 // of the tree at first: net, pass and stage

func pageRow(p *profile.Profile, r *profile.Row, depth int) treeRow {
	row := newTreeRow(p, frameName(r), r.Took.Total(), depth)
	row.Pass = passOf(r)
	kernels := r.Kernels.All()
	switch {
	case r.Kind != profile.PathRow:
		for _, c := range below(r) {
			row.Rows = append(row.Rows, pageRow(p, c, depth+1))
		}
	case len(kernels) == 1:
		row.describe(&p.Layers[kernels[0]])
	default:
		for _, k := range kernels {
			l := &p.Layers[k]
			leaf := newTreeRow(p, l.Kind, p.KernelTime(k), depth+1)
			leaf.Pass = row.Pass
			leaf.describe(l)
			row.Rows = append(row.Rows, leaf)
		}
	}
	return row
}

func newTreeRow(p *profile.Profile, name string, took time.Duration, depth int) treeRow {
	share := float64(took) / max(p.Total.MeanMS*1e6, 1)
	return treeRow{
		Name: name, Time: profile.FormatTime(took), Share: profile.FormatShare(share),
		Percent: 100 * min(share, 1), Open: depth < openLevels,
	}
}

// describe adds what only a single kernel has.
func (r *treeRow) describe(row *profile.LayerRow) {
	for _, a := range row.Absorbed {
		r.Name += " + " + a
	}
	r.GFLOPS, r.GBPS, r.Kernel, r.Bound = known(row.GFLOPS), known(row.GBPS), row.Kernel, string(row.Bound)
	if row.Bound != profile.BoundUnknown {
		r.Roof = profile.FormatShare(row.Roof)
	}
}

func known(v float64) string {
	if v == 0 {
		return profile.Dash
	}
	return profile.Significant(v)
}

func milliseconds(ms float64) string { return profile.Time.Figure(ms * 1e6).String() }

func pageFacts(p *profile.Profile) []fact {
	t := p.Total
	facts := []fact{
		{"net", fmt.Sprintf("%s, %s parameters, %s multiply-adds an image, weights %s",
			p.Model.Arch, profile.FormatCount(p.Model.Params), profile.FormatCount(p.Model.MACs), p.Model.Weights)},
		{"input", fmt.Sprintf("%v, %s, %s mode", p.Input.Shape, p.Input.Source, p.Mode)},
		{"device", fmt.Sprintf("%s (%s), %d threads, %s, %s kernels",
			p.Device.ID, p.Device.Name, p.Device.Threads, p.Device.Precision, p.Device.Kernels)},
		{"time", fmt.Sprintf("%s p50, %s mean ± %s, %s p95, %s min of %d passes", milliseconds(t.P50MS),
			milliseconds(t.MeanMS), profile.FormatShare(t.CV), milliseconds(t.P95MS), milliseconds(t.MinMS), p.Runs)},
		{"throughput", fmt.Sprintf("%s images/s, %s GFLOP/s direct-equivalent",
			profile.Significant(t.ImagesPerS), profile.Significant(t.GFLOPS))},
		{"memory", fmt.Sprintf("%s planned, %s of them weights",
			profile.FormatBytes(p.Memory.PredictedBytes), profile.FormatBytes(p.Memory.WeightBytes))},
	}
	if p.Loss != nil {
		facts = append(facts, fact{"loss", profile.Significant(float64(*p.Loss)) + ", of the last pass"})
	}
	if p.Machine.Busy(p.Device.Threads) {
		facts = append(facts, fact{"warning", fmt.Sprintf(
			"the machine was busy: other programs used %s of %d cores, times are too long",
			profile.Significant(p.Machine.OthersCores), p.Machine.Processors)})
	}
	if !p.Recorded.IsZero() {
		facts = append(facts, fact{"recorded", p.Recorded.Format(time.RFC3339)})
	}
	return facts
}
