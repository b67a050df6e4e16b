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

// ChromeTrace writes the spans of single passes in the Trace Event Format of
// Chrome, which https://ui.perfetto.dev and chrome://tracing open. Its
// specification is
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
//
// There is a track per worker, or queue of a GPU, with its kernels, and a track of the net with the
// pass, its stages, blocks and layers around them. Passes follow each other as
// they ran, gaps included.
//
// It returns an error if p.Trace is nil or empty; a profile that was read back
// has no trace.
func ChromeTrace(w io.Writer, p *profile.Profile) error {
	if p.Trace == nil || len(p.Trace.Passes) == 0 {
		return errors.New("the profile holds no spans of single passes")
	}
	b := bufio.NewWriter(w)
	t := tracer{w: b, p: p, holders: holders(p)}
	fmt.Fprint(b, `{"displayTimeUnit":"ns","otherData":`)
	t.value(map[string]any{
		"program": "resnet-tui " + p.Version,
		"model":   p.Model.Arch,
		"input":   p.Input.Shape.String(),
		"device":  p.Device.Line(),
		"passes":  len(p.Trace.Passes),
		"cut":     p.Trace.Cut,
	})
	fmt.Fprint(b, `,"traceEvents":[`)
	t.names()
	for i, pass := range p.Trace.Passes {
		t.pass(i, pass)
	}
	fmt.Fprint(b, "\n]}\n")
	return errors.Join(t.err, b.Flush())
}

// tracer writes events, one per line. A trace may have 100,000 of them, so they
// are encoded one by one and not as a list.
type tracer struct {
	w       io.Writer
	p       *profile.Profile
	holders [][]string // by row: frames of its pass, stage, block and layer
	events  int        // number written
	err     error      // of encoding; the writer keeps its own
}

// event is an event of the format. Its phase is one of
//
//	B, E  begin and end of a slice; they nest within a track
//	X     a complete slice with its duration
//	M     metadata: the name of a process or of a track
//
// Times are microseconds since the start of the first pass; displayTimeUnit only
// sets the unit that a viewer shows.
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
	netTrack    = 0 // worker i has track i+1
	traceNumber = 1 // process id of all tracks; viewers group tracks by process
)

// holders returns, by row of the profile, the frames between the net and the
// kernel.
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

// value writes v as JSON.
func (t *tracer) value(v any) {
	data, err := json.Marshal(v)
	if err == nil {
		_, err = t.w.Write(data)
	}
	t.err = errors.Join(t.err, err)
}

// event writes an event on a new line, after a comma if it isn't the first.
func (t *tracer) event(e event) {
	if t.events > 0 {
		fmt.Fprint(t.w, ",")
	}
	t.events++
	fmt.Fprintln(t.w)
	e.Process = traceNumber
	t.value(e)
}

// names writes the names of the process and of its tracks.
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
	track := "worker"
	if !t.p.Device.OnCPU() {
		track = "queue"
	}
	for i := range workers {
		name("thread_name", i+1, fmt.Sprintf("%s %d", track, i))
	}
}

// pass writes one pass: the workers' spans on their tracks and, on the net's
// track, the pass with its stages, blocks and layers. A module lasts from the
// start of its first span to the end of its last.
//
// This relies on the order of spans: kernels run one after another, so the spans
// of a module are consecutive, and each module opens and closes once.
func (t *tracer) pass(number int, pass profile.TracedPass) {
	name := fmt.Sprintf("pass %d", number)
	end := pass.Start + pass.Wall
	t.begin(name, "pass", pass.Start)
	var open []openSlice
	for _, s := range pass.Spans {
		row := &t.p.Layers[s.Row]
		end = max(end, pass.Start+s.End)
		open = t.modules(open, t.holders[s.Row], pass.Start+s.Start, pass.Start+s.End)
		t.slice(s.Worker+1, row.Path, row.Pass, pass.Start+s.Start, s.End-s.Start, map[string]any{
			"kernel":   row.Kernel,
			"kind":     row.Kind,
			"absorbed": row.Absorbed,
			"macs":     row.MACs * int64(t.p.Batch()), // per pass, as bytes are
			"bytes":    row.Bytes,
		})
	}
	t.modules(open, nil, 0, 0)
	t.end(name, end)
}

// openSlice is a pass, stage, block or layer that was begun, and the end of its
// last span so far.
type openSlice struct {
	name string
	end  time.Duration
}

// modules moves from the open slices to those of path, for a span from start to
// end: it ends the slices that path is not in, begins those that are new, and
// extends the rest to end. It returns the slices that are open now, outermost
// first; with an empty path it ends all.
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

// begin starts a slice of the net's track. These slices nest and many end at the
// same time, which is why they are B and E events: a reader that adds start and
// duration of X events in floating point may find that one ends just after the
// slice around it, and drop it.
func (t *tracer) begin(name, category string, at time.Duration) {
	t.event(event{Phase: "B", Name: name, Category: category, Thread: netTrack, Start: microseconds(at)})
}

// end ends the innermost slice of the net's track.
func (t *tracer) end(name string, at time.Duration) {
	t.event(event{Phase: "E", Name: name, Thread: netTrack, Start: microseconds(at)})
}

// slice writes a span on a worker's track.
func (t *tracer) slice(thread int, name, category string, start, taken time.Duration, args map[string]any) {
	t.event(event{
		Phase: "X", Name: name, Category: category, Thread: thread, Args: args,
		Start: microseconds(start), Duration: microseconds(taken),
	})
}

func microseconds(d time.Duration) float64 { return float64(d) / 1e3 }
