package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"resnet-tui/profile"
)

// History prints past profiles, oldest first.
type History struct {
	Schema  string                 `json:"schema"`
	Path    string                 `json:"path"`
	Older   int                    `json:"older,omitempty"` // that are not listed
	Entries []profile.HistoryEntry `json:"entries"`
}

// Table has one row a profile.
func (h *History) Table() *Table {
	t := &Table{Columns: []Column{
		{"recorded", "recorded", false}, {"model", "net", false}, {"shape", "input", false}, {"mode", "mode", false}, {"threads", "threads", true},
		{"device", "processor", false}, {"p50_ms", "p50", true}, {"mean_ms", "mean", true}, {"cv", "±", true}, {"images_per_s", "img/s", true},
		{"predicted_bytes", "memory", true}, {"runs", "passes", true}, {"version", "version", false},
	}}
	for _, e := range h.Entries {
		t.Add(Cell{e.Recorded.Local().Format("2006-01-02 15:04"), e.Recorded.Format(time.RFC3339)}, plain(e.Model.Arch), shape(e.Input.Shape),
			plain(e.Mode), whole(e.Device.Threads), plain(e.Device.Name), milliseconds(e.Total.P50MS), milliseconds(e.Total.MeanMS), share(e.Total.CV),
			optional(e.Total.ImagesPerS), size(e.Memory.PredictedBytes), whole(e.Runs), plain(e.Version))
	}
	return t
}

// Text writes the table, and a plot of each configuration that was measured
// more than once.
func (h *History) Text(w io.Writer) error {
	if len(h.Entries) == 0 {
		_, err := fmt.Fprintf(w, "no profiles yet in %s\n", h.Path)
		return err
	}
	if err := h.Table().Text(w); err != nil {
		return err
	}
	if h.Older > 0 {
		fmt.Fprintf(w, "%d older ones are not listed (--last %d lists all)\n", h.Older, h.Older+len(h.Entries))
	}
	for _, c := range h.configs() {
		if len(c.ms) < 2 {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n%s\n%s\n", c.name, plot(c.ms)); err != nil {
			return err
		}
	}
	return nil
}

type historyConfig struct {
	name string
	ms   []float64 // medians, oldest first
}

// configs are the configurations in order of their first profile.
func (h *History) configs() []*historyConfig {
	var list []*historyConfig
	of := map[string]*historyConfig{}
	for i := range h.Entries {
		e := &h.Entries[i]
		name := e.Config()
		if of[name] == nil {
			of[name] = &historyConfig{name: name}
			list = append(list, of[name])
		}
		of[name].ms = append(of[name].ms, e.Total.P50MS)
	}
	return list
}

const (
	plotRows  = 4
	plotCells = 60
	plotAxis  = 9 // letters left of it
)

// plot draws times as columns in eighths of a cell, from 0 to the greatest, the
// newest on the right.
func plot(ms []float64) string {
	if len(ms) > plotCells {
		ms = ms[len(ms)-plotCells:]
	}
	most := 0.0
	for _, v := range ms {
		most = max(most, v)
	}
	var rows []string
	for r := plotRows - 1; r >= 0; r-- {
		label := ""
		switch r {
		case plotRows - 1:
			label = profile.Time.Figure(most * 1e6).String()
		case 0:
			label = "0"
		}
		line := fmt.Sprintf("%*s ┤", plotAxis, label)
		for _, v := range ms {
			line += column(v/max(most, 1e-12)*plotRows - float64(r))
		}
		rows = append(rows, line)
	}
	first, last := ms[0], ms[len(ms)-1]
	rows = append(rows, fmt.Sprintf("%*s  p50 of %s profiles, first %s, last %s (%s)", plotAxis, "", strconv.Itoa(len(ms)), profile.Time.Figure(first*1e6), profile.Time.Figure(last*1e6), change(first, last-first)))
	return strings.Join(rows, "\n")
}

// column is a cell that is filled from below as far as part says.
func column(part float64) string {
	eighths := min(max(int(part*8+0.5), 0), 8)
	return string([]rune(" ▁▂▃▄▅▆▇█")[eighths])
}
