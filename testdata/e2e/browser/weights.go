package main

import (
	"encoding/json"
	"os"
	"time"
)

const openLimit = 20 * time.Second

// profileFile is a file for speedscope, and what it should show.
type profileFile struct {
	path         string
	title, shown string  // in the window's title, and in the toolbar
	tables       []table // one per profile in the file
}

// profiled are the four formats that speedscope reads.
func profiled(e *export) ([]profileFile, error) {
	p, name := &e.profile, e.profile.Model.Arch+" on "+e.profile.Device.Name
	file := func(extension string, p *profile) profileFile {
		all := table{of: "the times of a pass", root: p.Model.Arch, whole: p.whole(""), weights: p.weights("")}
		f := profileFile{path: e.file(extension), tables: []table{all}}
		f.title = f.name()
		f.shown = f.title
		return f
	}
	own := file("speedscope.json", p)
	own.title, own.shown = name, "pass, mean of the typical passes: the middle half by total"
	for _, pass := range p.passes() {
		own.tables = append(own.tables, table{of: "the times of " + pass, root: p.Model.Arch, whole: p.whole(pass), weights: p.weights(pass)})
	}
	trace := file("trace.json", p)
	trace.shown = name + " (pid 1), net (tid 0)"
	spans, err := traced(trace.path, p.weights(""))
	trace.tables = []table{spans}
	means := p.ofMeans()
	return []profileFile{own, file("folded.txt", means), file("pb.gz", means), trace}, err
}

// traced is what the first track of a trace should add up to. It is the net's:
// passes, stages, blocks and layers, each with a begin and an end event.
func traced(path string, leaves map[string]float64) (table, error) {
	t := table{of: "the spans of its first track", weights: map[string]float64{}, leaves: leaves}
	data, err := os.ReadFile(path)
	if err != nil {
		return t, err
	}
	var trace struct {
		Events []struct {
			Phase  string  `json:"ph"`
			Name   string  `json:"name"`
			Thread int     `json:"tid"`
			Time   float64 `json:"ts"` // in microseconds
		} `json:"traceEvents"`
	}
	if err := json.Unmarshal(data, &trace); err != nil {
		return t, err
	}
	for _, e := range trace.Events {
		switch {
		case e.Thread != 0:
		case e.Phase == "B":
			t.weights[e.Name] -= e.Time * 1e3
		case e.Phase == "E":
			t.weights[e.Name] += e.Time * 1e3
		}
	}
	return t, nil
}
