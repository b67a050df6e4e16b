package profile

import (
	"encoding/json"
	"fmt"
)

// SweepSchema names the JSON of a Sweep.
const SweepSchema = "resnet-tui/sweep/1"

// Sweep is one net at several batches, images and numbers of threads.
type Sweep struct {
	Schema string     `json:"schema"`
	Model  Model      `json:"model"`
	Device Device     `json:"device"` // Threads is the last row's
	Mode   string     `json:"mode"`
	Rows   []SweepRow `json:"rows"` // by threads, size and batch, as they were asked for
}

// SweepRow is what a profile of one of them came to.
type SweepRow struct {
	Batch   int   `json:"batch"`
	Size    Pixel `json:"size"`
	Threads int   `json:"threads"`
	Total
	PredictedBytes int64 `json:"predicted_bytes"`
	Knee           bool  `json:"knee,omitempty"` // see MarkKnees
}

// Pixel is an image's height and width; in JSON one number if they are equal,
// else a string, as the flag --size takes it.
type Pixel struct{ Height, Width int }

// String is "224" or "480x640".
func (p Pixel) String() string {
	if p.Height == p.Width {
		return fmt.Sprint(p.Height)
	}
	return fmt.Sprintf("%dx%d", p.Height, p.Width)
}

// MarshalJSON writes a number or a string.
func (p Pixel) MarshalJSON() ([]byte, error) {
	if p.Height == p.Width {
		return json.Marshal(p.Height)
	}
	return json.Marshal(p.String())
}

// Add appends the row of a profile.
func (s *Sweep) Add(p *Profile) {
	s.Schema, s.Model, s.Device, s.Mode = SweepSchema, p.Model, p.Device, p.Mode
	row := SweepRow{Batch: p.Batch(), Threads: p.Device.Threads, Total: p.Total, PredictedBytes: p.Memory.PredictedBytes}
	if shape := p.Input.Shape; len(shape) == 4 {
		row.Size = Pixel{shape[2], shape[3]}
	}
	s.Rows = append(s.Rows, row)
}

// kneePart is the part of the best throughput that is as good as it.
const kneePart = 0.9

// MarkKnees marks, among the rows of each size and number of threads, the
// smallest batch that reaches nine tenths of the best throughput: a larger one
// costs latency and memory for little.
func (s *Sweep) MarkKnees() {
	type series struct {
		size    Pixel
		threads int
	}
	best, rows := map[series]float64{}, map[series]int{}
	for _, r := range s.Rows {
		key := series{r.Size, r.Threads}
		best[key] = max(best[key], r.ImagesPerS)
		rows[key]++
	}
	knee := map[series]int{} // index of its row
	for i, r := range s.Rows {
		key := series{r.Size, r.Threads}
		at, found := knee[key]
		if rows[key] > 1 && r.ImagesPerS >= kneePart*best[key] && (!found || r.Batch < s.Rows[at].Batch) {
			knee[key] = i
		}
	}
	for _, i := range knee {
		s.Rows[i].Knee = true
	}
}
