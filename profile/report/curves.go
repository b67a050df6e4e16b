package report

import (
	"fmt"
	"io"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// curveCells is the width of a curve, in cells of the terminal.
const curveCells = 48

// curve is the training loss of a run, averaged over at most curveCells stretches
// of steps.
type curve struct {
	train.Run
	means []float64
}

// writeCurves draws each run's training loss by step. All curves are on one linear
// axis from zero, so that they can be compared. It writes nothing if no run has a
// positive loss.
func writeCurves(w io.Writer, tracks []*train.Track) error {
	var curves []curve
	top := 0.0
	for _, t := range tracks {
		c := curve{t.Run, thinned(t.Steps, curveCells)}
		for _, v := range c.means {
			top = max(top, v)
		}
		curves = append(curves, c)
	}
	if top == 0 {
		return nil
	}
	fmt.Fprintf(w, "\ntraining loss, from 0 to %s\n", profile.Significant(top))
	return curveTable(curves, top).Text(w)
}

// curveTable has one row per run. top is the largest value of the axis.
func curveTable(curves []curve, top float64) Table[curve] {
	return Table[curve]{Rows: curves, Columns: []Column[curve]{
		{"", "net", left, func(c curve) Cell { return plain(c.Model) }},
		{"", "seed", right, func(c curve) Cell { return seed(c.Seed) }},
		{"", "loss by step", left, func(c curve) Cell { return plain(sparkline(c.means, top)) }},
		{"", "last steps", right, curve.last},
	}}
}

// last is the mean loss of the curve's last stretch.
func (c curve) last() Cell {
	if len(c.means) == 0 {
		return missing
	}
	return loss(c.means[len(c.means)-1])
}

// thinned averages the losses of consecutive steps over at most n stretches, whose
// lengths differ by at most one. A mean, unlike a sample, shows no single noisy
// batch.
func thinned(steps []train.StepRecord, n int) []float64 {
	n = min(n, len(steps))
	means := make([]float64, n)
	for i := range means {
		part := steps[i*len(steps)/n : (i+1)*len(steps)/n]
		for _, s := range part {
			means[i] += s.Loss / float64(len(part))
		}
	}
	return means
}

// sparkline draws one character per value, from 0 to top in eighths of a cell.
func sparkline(values []float64, top float64) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(max(int(8*v/top), 0), 7)])
	}
	return b.String()
}
