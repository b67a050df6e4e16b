package report

import (
	"fmt"
	"io"

	"resnet-tui/profile"
)

// Sweep prints profiles of one net at several batch sizes, image sizes and numbers
// of threads. Its JSON is that of profile.Sweep.
type Sweep struct{ *profile.Sweep }

// Table has one row per profile. Bars of throughput are relative to the best row.
func (s Sweep) Table() Tabular {
	best := Number(1e-12) // images per second; not 0, which bars divide by
	for _, r := range s.Rows {
		best = max(best, r.ImagesPerS)
	}
	return Table[profile.SweepRow]{Rows: s.Rows, Columns: []Column[profile.SweepRow]{
		{"batch", "batch", right, func(r profile.SweepRow) Cell { return whole(r.Batch) }},
		{"size", "size", right, func(r profile.SweepRow) Cell { return plain(r.Size.String()) }},
		{"threads", "threads", right, func(r profile.SweepRow) Cell { return threads(r.Threads) }},
		{"images_per_s", "img/s", right, func(r profile.SweepRow) Cell { return perSecond(r.ImagesPerS) }},
		barColumn(sweepBar, func(r profile.SweepRow) float64 { return float64(r.ImagesPerS / best) }),
		{"typical_ms", "time", right, func(r profile.SweepRow) Cell { return optionalMS(r.TypicalMS) }},
		{"typical_error", "±", right, func(r profile.SweepRow) Cell { return interval(r.TypicalError) }},
		{"p50_ms", "p50", right, func(r profile.SweepRow) Cell { return milliseconds(r.P50MS) }},
		{"p95_ms", "p95", right, func(r profile.SweepRow) Cell { return milliseconds(r.P95MS) }},
		{"mean_ms", "mean", right, func(r profile.SweepRow) Cell { return milliseconds(r.MeanMS) }},
		{"min_ms", "", right, func(r profile.SweepRow) Cell { return milliseconds(r.MinMS) }},
		{"cv", "cv", right, func(r profile.SweepRow) Cell { return share(r.CV) }},
		{"gflops", "GFLOP/s", right, func(r profile.SweepRow) Cell { return optional(r.GFLOPS) }},
		{"overhead_ms", "", right, func(r profile.SweepRow) Cell { return milliseconds(r.OverheadMS) }},
		{"predicted_bytes", "memory", right, func(r profile.SweepRow) Cell { return size(r.PredictedBytes) }},
		{"knee", "", left, func(r profile.SweepRow) Cell { return truth(r.Knee) }},
		{"", "knee", left, func(r profile.SweepRow) Cell { return plain(kneeMark(r.Knee)) }},
	}}
}

// deviceLine describes the device without its threads, which rows have.
func (s Sweep) deviceLine() string {
	d := s.Device
	if !d.OnCPU() {
		return d.Line()
	}
	return fmt.Sprintf("%s (%s), %s, %s kernels", d.ID, d.Name, d.Precision, d.Kernels)
}

// kneeMark returns the mark of a knee.
func kneeMark(knee bool) string {
	if knee {
		return "◀ knee"
	}
	return ""
}

// sweepBar is the width of the bars of throughput, in cells.
const sweepBar = 20

// Text writes the table, and what a knee is.
func (s Sweep) Text(w io.Writer) error {
	if err := s.Table().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	var f facts
	f.add("net", s.Model.Arch+", weights "+s.Model.WeightsLine())
	f.add("device", s.deviceLine())
	f.add("time", profile.Explanation+"; ± is half its 95 % interval")
	f.add("knee", "per size and number of threads: the smallest batch that reaches 90 % of the best throughput")
	return f.write(w)
}
