package export

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"resnet-tui/profile"
)

// ChromeTrace writes the JSON that https://ui.perfetto.dev and chrome://tracing
// open: one track per worker, and one for the pass with its stages and blocks.
// It needs p.Trace, which a profile that was read back does not have.
func ChromeTrace(w io.Writer, p *profile.Profile) error {
	if p.Trace == nil || len(p.Trace.Passes) == 0 {
		return errors.New("the profile holds no spans of single passes")
	}
	b := bufio.NewWriter(w)
	t := tracer{w: b, p: p, holders: holders(p)}
	fmt.Fprint(b, `{"displayTimeUnit":"ns","otherData":`)
	t.value(map[string]any{
		"program": "resnet-tui " + p.Version, "model": p.Model.Arch, "input": p.Input.Shape.String(), "device": p.Device.Name,
		"passes": len(p.Trace.Passes), "cut": p.Trace.Cut,
	})
	fmt.Fprint(b, `,"traceEvents":[`)
	t.names()
	for i, pass := range p.Trace.Passes {
		t.pass(i, pass)
	}
	fmt.Fprint(b, "\n]}\n")
	return errors.Join(t.err, b.Flush())
}

// tracer writes events, each on a line.
type tracer struct {
	w       io.Writer
	p       *profile.Profile
	holders [][]string // by row: its pass, stage, block and layer
	events  int
	err     error
}

// event is one of the format's: X is a slice with its duration, B and E are the
// begin and the end of one, M says a name. Times are microseconds.
type event struct {
	Phase    string         `json:"ph"`
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Start    float64        `json:"ts"`
	Duration float64        `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	Args     map[string]any `json:"args,omitempty"`
}

const (
	netTrack    = 0 // the pass; worker i is track i+1
	traceNumber = 1 // of the process
)

// holders are the frames of each row between the net and its kernel.
func holders(p *profile.Profile) [][]string {
	list := make([][]string, 0, len(p.Layers))
	for _, r := range p.ByPass().ByKernel {
		if r.Kind == profile.KernelRow {
			r = r.Parent
		}
		names, _ := frames(r)
		list = append(list, names[1:])
	}
	return list
}

func (t *tracer) value(v any) {
	data, err := json.Marshal(v)
	if err == nil {
		_, err = t.w.Write(data)
	}
	t.err = errors.Join(t.err, err)
}

func (t *tracer) event(e event) {
	if t.events > 0 {
		fmt.Fprint(t.w, ",")
	}
	t.events++
	fmt.Fprintln(t.w)
	e.Process = traceNumber
	t.value(e)
}

// names names the process and its tracks.
func (t *tracer) names() {
	name := func(what string, thread int, text string) {
		t.event(event{Phase: "M", Name: what, Thread: thread, Args: map[string]any{"name": text}})
	}
	name("process_name", netTrack, t.p.Model.Arch+" on "+t.p.Device.Name)
	name("thread_name", netTrack, "net")
	workers := 0
	for _, pass := range t.p.Trace.Passes {
		for _, s := range pass.Spans {
			workers = max(workers, s.Worker+1)
		}
	}
	for i := range workers {
		name("thread_name", i+1, fmt.Sprintf("worker %d", i))
	}
}

// pass writes one pass: the workers' spans, and on the net's track the pass
// with its stages, blocks and layers, from their first layer's start to their
// last one's end.
func (t *tracer) pass(number int, pass profile.TracedPass) {
	name, end := fmt.Sprintf("pass %d", number), pass.Start+pass.Wall
	t.begin(name, "pass", pass.Start)
	var open []openSlice
	for _, s := range pass.Spans {
		row := &t.p.Layers[s.Row]
		end = max(end, pass.Start+s.End)
		open = t.modules(open, t.holders[s.Row], pass.Start+s.Start, pass.Start+s.End)
		t.slice(s.Worker+1, row.Path, row.Pass, pass.Start+s.Start, s.End-s.Start, map[string]any{
			"kernel": row.Kernel, "kind": row.Kind, "absorbed": row.Absorbed,
			"macs": row.MACs * int64(t.p.Batch()), "bytes": row.Bytes,
		})
	}
	t.modules(open, nil, 0, 0)
	t.end(name, end)
}

// openSlice is a stage, block or layer that may go on.
type openSlice struct {
	name string
	end  time.Duration
}

// modules closes what path has left, opens what it enters, and extends the
// rest to end.
func (t *tracer) modules(open []openSlice, path []string, start, end time.Duration) []openSlice {
	same := 0
	for same < min(len(open), len(path)) && open[same].name == path[same] {
		same++
	}
	for i := len(open) - 1; i >= same; i-- {
		t.end(open[i].name, open[i].end)
	}
	open = open[:same]
	for i := range open {
		open[i].end = max(open[i].end, end)
	}
	for _, name := range path[same:] {
		t.begin(name, "module", start)
		open = append(open, openSlice{name, end})
	}
	return open
}

// begin and end write a slice of the net's track. These nest and end together,
// and a reader that adds a start and a duration in floating point may find one
// a little after the end of the one around it, and drop it.
func (t *tracer) begin(name, category string, at time.Duration) {
	t.event(event{Phase: "B", Name: name, Category: category, Thread: netTrack, Start: microseconds(at)})
}

func (t *tracer) end(name string, at time.Duration) {
	t.event(event{Phase: "E", Name: name, Thread: netTrack, Start: microseconds(at)})
}

// slice writes what a worker did, on its own track.
func (t *tracer) slice(thread int, name, category string, start, taken time.Duration, args map[string]any) {
	t.event(event{
		Phase: "X", Name: name, Category: category, Thread: thread, Args: args,
		Start: microseconds(start), Duration: microseconds(taken),
	})
}

func microseconds(d time.Duration) float64 { return float64(d) / 1e3 }
