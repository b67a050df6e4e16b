package profile

import (
	"encoding/json"
	"fmt"
)

// SweepSchema names the JSON of a Sweep.
const SweepSchema = "resnet-tui/sweep/1"

// Sweep holds profiles of one net at several batch sizes, image sizes and
// numbers of threads, one row each.
type Sweep struct {
	Schema string     `json:"schema"`
	Model  Model      `json:"model"`
	Device Device     `json:"device"` // Threads is that of the last row
	Mode   string     `json:"mode"`   // as in Profile
	Rows   []SweepRow `json:"rows"`   // in the order of Add
}

// SweepRow holds the totals of one profile. In JSON, the fields of Total are the
// row's own.
type SweepRow struct {
	Batch   int   `json:"batch"`
	Size    Pixel `json:"size"`
	Threads int   `json:"threads,omitempty"` // of a CPU
	Total
	PredictedBytes int64 `json:"predicted_bytes"`
	Knee           bool  `json:"knee,omitempty"` // see MarkKnees
}

// Pixel is the size of an image in pixels. In JSON it is a number if both are
// equal, else a string as the flag --size takes it: 224 or "480x640".
type Pixel struct{ Height, Width int }

// String is "224" or "480x640".
func (p Pixel) String() string {
	if p.Height == p.Width {
		return fmt.Sprint(p.Height)
	}
	return fmt.Sprintf("%dx%d", p.Height, p.Width)
}

// MarshalJSON writes a number for a square image, else a string.
func (p Pixel) MarshalJSON() ([]byte, error) {
	if p.Height == p.Width {
		return json.Marshal(p.Height)
	}
	return json.Marshal(p.String())
}

// Add appends the totals of p, and takes model, device and mode from it. An
// input that isn't a batch of images leaves the size zero.
func (s *Sweep) Add(p *Profile) {
	s.Schema = SweepSchema
	s.Model = p.Model
	s.Device = p.Device
	s.Mode = p.Mode
	row := SweepRow{
		Batch:          p.Batch(),
		Threads:        p.Device.Threads,
		Total:          p.Total,
		PredictedBytes: p.Memory.PredictedBytes,
	}
	if shape := p.Input.Shape; len(shape) == 4 {
		row.Size = Pixel{shape[2], shape[3]}
	}
	s.Rows = append(s.Rows, row)
}

// kneePart is the share of the best throughput from which more isn't worth a
// larger batch.
const kneePart = 0.9

// MarkKnees sets Knee on one row per image size and number of threads: that with
// the smallest batch that reaches 90 % of the best throughput. Larger batches
// cost latency and memory for little. A single row has no knee.
func (s *Sweep) MarkKnees() {
	type series struct {
		size    Pixel
		threads int
	}
	best := map[series]Number{} // images per second
	rows := map[series]int{}
	for _, r := range s.Rows {
		key := series{r.Size, r.Threads}
		best[key] = max(best[key], r.ImagesPerS)
		rows[key]++
	}
	knee := map[series]int{} // index of the row
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
