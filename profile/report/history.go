package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"resnet-tui/profile"
)

// History lists past profiles, oldest first.
type History struct {
	Schema  string                 `json:"schema"`
	Path    string                 `json:"path"`
	Older   int                    `json:"older,omitempty"` // number of earlier entries that aren't listed
	Entries []profile.HistoryEntry `json:"entries"`
}

// Table has one row per profile.
func (h *History) Table() Tabular {
	return Table[profile.HistoryEntry]{Rows: h.Entries, Columns: []Column[profile.HistoryEntry]{
		{"recorded", "recorded", left, func(e profile.HistoryEntry) Cell { return moment(e.Recorded) }},
		{"model", "net", left, func(e profile.HistoryEntry) Cell { return plain(e.Model.Arch) }},
		{"shape", "input", left, func(e profile.HistoryEntry) Cell { return shape(e.Input.Shape) }},
		{"mode", "mode", left, func(e profile.HistoryEntry) Cell { return plain(e.Mode) }},
		{"settings", "settings", left, func(e profile.HistoryEntry) Cell { return plain(e.Settings()) }},
		{"threads", "threads", right, func(e profile.HistoryEntry) Cell { return threads(e.Device.Threads) }},
		{"device", "processor", left, func(e profile.HistoryEntry) Cell { return plain(e.Device.Name) }},
		{"kernels", "kernels", left, func(e profile.HistoryEntry) Cell { return plain(e.Device.Kernels) }},
		{"typical_ms", "time", right, func(e profile.HistoryEntry) Cell { return optionalMS(e.Total.TypicalMS) }},
		{"typical_error", "±", right, func(e profile.HistoryEntry) Cell { return interval(e.Total.TypicalError) }},
		{"p50_ms", "p50", right, func(e profile.HistoryEntry) Cell { return milliseconds(e.Total.P50MS) }},
		{"mean_ms", "mean", right, func(e profile.HistoryEntry) Cell { return milliseconds(e.Total.MeanMS) }},
		{"cv", "cv", right, func(e profile.HistoryEntry) Cell { return share(e.Total.CV) }},
		{"images_per_s", "img/s", right, func(e profile.HistoryEntry) Cell { return perSecond(e.Total.ImagesPerS) }},
		{"predicted_bytes", "memory", right, func(e profile.HistoryEntry) Cell {
			return size(e.Memory.PredictedBytes)
		}},
		{"runs", "passes", right, func(e profile.HistoryEntry) Cell { return whole(e.Runs) }},
		{"version", "version", left, func(e profile.HistoryEntry) Cell { return plain(e.Version) }},
	}}
}

// moment is a time: in the local zone for people, as RFC 3339 for programs.
func moment(at time.Time) Cell {
	return Cell{at.Local().Format("2006-01-02 15:04"), at.Format(time.RFC3339)}
}

// Text writes the table, and a plot of the medians of each configuration that was
// measured more than once. Only entries of the same configuration are comparable.
func (h *History) Text(w io.Writer) error {
	if len(h.Entries) == 0 {
		_, err := fmt.Fprintf(w, "no profiles yet in %s\n", profile.Printable(h.Path))
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
		if _, err := fmt.Fprintf(w, "\n%s\n%s\n", profile.Printable(c.name), plot(c.ms)); err != nil {
			return err
		}
	}
	return nil
}

// historyConfig holds the medians of one configuration, in milliseconds, oldest
// first.
type historyConfig struct {
	name string
	ms   []float64
}

// configs groups the entries by configuration, in the order of their first
// entries.
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

// Sizes of a plot in cells.
const (
	plotRows  = 4  // height
	plotCells = 60 // width: only this many newest entries are drawn
	plotAxis  = 9  // labels to the left of the axis
)

// plot draws times, in milliseconds, as columns on a linear axis from 0 to the
// largest, with the newest on the right. A line below names the first and the last
// of them.
func plot(times []float64) string {
	if len(times) > plotCells {
		times = times[len(times)-plotCells:]
	}
	most := 0.0
	for _, v := range times {
		most = max(most, v)
	}
	labels := map[int]string{plotRows - 1: ms(most), 0: "0"}
	var rows []string
	for r := plotRows - 1; r >= 0; r-- {
		line := fmt.Sprintf("%*s ┤", plotAxis, labels[r])
		for _, v := range times {
			line += column(v/max(most, 1e-12)*plotRows - float64(r))
		}
		rows = append(rows, line)
	}
	first, last := times[0], times[len(times)-1]
	rows = append(rows, fmt.Sprintf("%*s  p50 of %d profiles, first %s, last %s (%s)",
		plotAxis, "", len(times), ms(first), ms(last), change(first, last-first)))
	return strings.Join(rows, "\n")
}

// column draws one cell, filled from below up to part, from 0 to 1.
func column(part float64) string {
	eighths := min(max(int(part*8+0.5), 0), 8)
	return string([]rune(" ▁▂▃▄▅▆▇█")[eighths])
}
