package report

import (
	"fmt"
	"io"
	"strings"

	"resnet-tui/profile"
)

// Sweep prints a net at several batches, images and numbers of threads; its
// JSON is the sweep's own.
type Sweep struct{ *profile.Sweep }

// Table has one row a profile.
func (s Sweep) Table() *Table {
	t := &Table{Columns: []Column{
		{"batch", "batch", true}, {"size", "size", true}, {"threads", "threads", true}, {"images_per_s", "img/s", true}, {"", "", false},
		{"p50_ms", "p50", true}, {"p95_ms", "p95", true}, {"mean_ms", "mean", true}, {"min_ms", "", true}, {"cv", "±", true},
		{"gflops", "GFLOP/s", true}, {"overhead_ms", "", true}, {"predicted_bytes", "memory", true}, {"knee", "", false}, {"", "knee", false},
	}}
	t.Columns[4].Title = strings.Repeat(" ", sweepBar)
	best := 0.0
	for _, r := range s.Rows {
		best = max(best, r.ImagesPerS)
	}
	for _, r := range s.Rows {
		knee := ""
		if r.Knee {
			knee = "◀ knee"
		}
		t.Add(whole(r.Batch), plain(r.Size.String()), whole(r.Threads), optional(r.ImagesPerS), plain(bar(r.ImagesPerS/max(best, 1e-12), sweepBar)),
			milliseconds(r.P50MS), milliseconds(r.P95MS), milliseconds(r.MeanMS), milliseconds(r.MinMS), share(r.CV),
			optional(r.GFLOPS), milliseconds(r.OverheadMS), size(r.PredictedBytes), plain(fmt.Sprint(r.Knee)), plain(knee))
	}
	return t
}

const sweepBar = 20 // cells

// Text writes the table with its bars of throughput, and what a knee is.
func (s Sweep) Text(w io.Writer) error {
	if err := s.Table().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return facts(w, [][2]string{
		{"net", s.Model.Arch + ", weights " + s.Model.Weights},
		{"device", fmt.Sprintf("%s (%s), %s, %s kernels", s.Device.ID, s.Device.Name, s.Device.Precision, s.Device.Kernels)},
		{"knee", "of a size and a number of threads: the smallest batch with nine tenths of the best throughput"},
	})
}
