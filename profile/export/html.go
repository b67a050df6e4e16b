package export

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"time"

	"resnet-tui/profile"
)

//go:embed report.html.tmpl
var reportTemplate string

var reportPage = template.Must(template.New("report").Parse(reportTemplate))

// HTML writes a report for people as a single page that needs no script, no
// network and no other file, so that it can be mailed and archived. From top to
// bottom:
//
//	title and facts   what was measured, on what, and the totals
//	Flame graph       of a pass, see flameSVG
//	Roofline          kernels under the measured ceilings, if these are known
//	Memory            live bytes along the pass, if there is a memory plan
//	Gradient flow     norms by block, if the passes went backward
//	Pictures          those that come with it: what the net saw
//	Layers            the same tree as a table to unfold, with rates
//
// Colours are CSS variables of the page's styles, which follow the reader's
// choice of light or dark. Texts from the profile are escaped, by html/template
// in the page and by drawing in the SVGs, as a profile may come from elsewhere.
func HTML(w io.Writer, p *profile.Profile, pictures ...Picture) error {
	tree := p.ByPass()
	return reportPage.Execute(w, page{
		Title:     fmt.Sprintf("%s, %v on %s", p.Model.Arch, p.Input.Shape, p.Device.Name),
		Version:   p.Version,
		Facts:     pageFacts(p),
		Flame:     flameSVG(tree),
		Roofline:  rooflineSVG(p),
		Memory:    memorySVG(p),
		Gradients: gradientsSVG(p),
		Skips:     slices.ContainsFunc(p.Blocks, func(b profile.BlockGrad) bool { return b.GradSkip != nil }),
		Pictures:  pagePictures(pictures),
		Tree:      pageRow(p, tree.Root, 0),
	})
}

// page is the data of the template. The template leaves out sections whose
// drawing is empty.
type page struct {
	Title, Version string
	Facts          []fact

	Flame, Roofline, Memory, Gradients template.HTML
	Skips                              bool // a gradient came through a skip

	Pictures []pagePicture

	Tree treeRow
}

// Picture is a picture that a report shows beside what was measured.
type Picture struct {
	Title, Note string
	PNG         []byte // the file
}

// pagePicture is a picture as the page has it: in its source.
type pagePicture struct {
	Title, Note string
	Source      template.URL // data:
}

func pagePictures(pictures []Picture) (all []pagePicture) {
	for _, p := range pictures {
		source := "data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG)
		all = append(all, pagePicture{p.Title, p.Note, template.URL(source)})
	}
	return all
}

// fact is a line at the top of the page. Its name is also a CSS class.
type fact struct{ Name, Text string }

// treeRow is a line of the section Layers, with the lines that it unfolds to.
// The texts are its cells, from left to right.
type treeRow struct {
	Name, Time, Share, GFLOPS, GBPS, Bound, Roof, Kernel string

	Pass    string  // CSS class of the bar
	Percent float64 // length of the bar: share of the pass
	Open    bool    // unfolded at first
	Rows    []treeRow
}

// openLevels is the number of levels that are unfolded at first: net, pass and
// stage.
const openLevels = 3

// pageRow returns the line of r at the given depth, with those below it. A
// layer's line describes its kernel; if it has several (the gradients by input
// and by weight), each has a line of its own below.
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

// newTreeRow returns a line with the cells that every row has. took is its time
// per pass.
func newTreeRow(p *profile.Profile, name string, took time.Duration, depth int) treeRow {
	share := float64(took) / max(p.Total.TimeMS()*1e6, 1)
	return treeRow{
		Name:    name,
		Time:    profile.FormatTime(took),
		Share:   profile.FormatShare(share),
		Percent: 100 * min(share, 1),
		Open:    depth < openLevels,
	}
}

// describe fills in the cells that only a single kernel has.
func (r *treeRow) describe(row *profile.LayerRow) {
	for _, a := range row.Absorbed {
		r.Name += " + " + a
	}
	r.GFLOPS = known(float64(row.GFLOPS))
	r.GBPS = known(float64(row.GBPS))
	r.Kernel = row.Kernel
	r.Bound = string(row.Bound)
	if row.Bound != profile.BoundUnknown {
		r.Roof = profile.FormatShare(float64(row.Roof))
	}
}

// known formats a rate, which is 0 if the kernel doesn't have it.
func known(v float64) string {
	if v == 0 {
		return profile.Dash
	}
	return profile.Significant(v)
}

// milliseconds formats a time given in milliseconds.
func milliseconds(ms float64) string { return profile.Time.Figure(ms * 1e6).String() }

// pageFacts returns the lines at the top. A warning is shown in a colour of its
// own.
func pageFacts(p *profile.Profile) []fact {
	t := p.Total
	facts := []fact{
		{"net", fmt.Sprintf("%s, %s parameters, %s multiply-adds per image, weights %s",
			p.Model.Arch, profile.FormatCount(p.Model.Params), profile.FormatCount(p.Model.MACs), p.Model.WeightsLine())},
		{"input", fmt.Sprintf("%v, %s, %s mode", p.Input.Shape, p.Input.Source, p.Mode)},
		{"device", p.Device.Line()},
		{"time", profile.TimeLine(p)},
		{"passes", passesText(p)},
		{"throughput", fmt.Sprintf("%s images/s, %s GFLOP/s direct-equivalent",
			profile.Count.Figure(float64(t.ImagesPerS)), profile.Significant(float64(t.GFLOPS)))},
		{"memory", fmt.Sprintf("%s planned, %s of them weights",
			profile.FormatBytes(p.Memory.PredictedBytes), profile.FormatBytes(p.Memory.WeightBytes))},
	}
	if p.Loss != nil {
		facts = append(facts, fact{"loss", profile.Significant(float64(*p.Loss)) + ", of the last pass"})
	}
	if p.Busy() {
		facts = append(facts, fact{"warning", "the machine was busy: " + p.Machine.BusyLine()})
	}
	if !p.Recorded.IsZero() {
		facts = append(facts, fact{"recorded", p.Recorded.Format(time.RFC3339)})
	}
	return facts
}

// passesText says how many passes were measured, and how they vary if that is known.
func passesText(p *profile.Profile) string {
	text := strconv.Itoa(p.Runs)
	if p.HasPasses() {
		text += ": " + profile.PassesLine(&p.Total)
	}
	return text
}
