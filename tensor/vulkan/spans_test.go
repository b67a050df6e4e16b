//go:build !nogpu

package vulkan

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// clocked is a GPU whose timestamps have so many bits, and so many nanoseconds a tick.
func clocked(bits uint32, period float32) *physical {
	p := &physical{stampBits: bits, extensions: map[string]bool{}}
	p.props.Limits[424/8] = uint64(math.Float32bits(period))
	return p
}

// TestElapsed counts ticks of any length, and a counter of few bits that begins anew.
func TestElapsed(t *testing.T) {
	for _, c := range []struct {
		bits     uint32
		period   float32
		from, to uint64
		want     time.Duration
	}{
		{64, 1, 100, 350, 250},
		{64, 1, math.MaxUint64 - 9, 10, 20},
		{36, 52.083332, 0, 1e6, 52083332},
		{36, 10, 1<<36 - 5, 5, 100},
		{32, 1, 1<<32 - 1, 1, 2},
		{32, 1, 7<<32 + 5, 3<<32 + 6, 1}, // bits that are none
		{64, 1, 350, 100, 0},             // back
		{36, 10, 5, 1<<36 - 5, 0},
		{64, 0.5, 0, 3, 1},
	} {
		if got := clocked(c.bits, c.period).elapsed(c.from, c.to); got != c.want {
			t.Errorf("%d bits of %v ns from %d to %d: %v, want %v", c.bits, c.period, c.from, c.to, got, c.want)
		}
	}
}

// TestTimeline: a run may be longer than its counter lasts.
func TestTimeline(t *testing.T) {
	p := clocked(32, 1)
	stamps := []uint64{1<<32 - 1e9}
	for range 5 { // a second and a half each
		stamps = append(stamps, (stamps[len(stamps)-1]+15e8)%(1<<32))
	}
	for i, got := range p.timeline(stamps) {
		if want := time.Duration(i) * 1500 * time.Millisecond; got != want {
			t.Errorf("stamp %d is at %v, want %v", i, got, want)
		}
	}
}

// TestAnchor: spans begin and end while the host waits for their submission, in the order
// in which they ran, and are as long as the GPU says where that can be.
func TestAnchor(t *testing.T) {
	one := []segment{{0, 2, true}}
	two := []segment{{3, 4, true}, {4, 5, true}} // of a part of a program
	for name, c := range map[string]struct {
		list    []segment
		flights []flight
		times   []time.Duration
		want    []time.Duration
	}{
		"from its submission":     {one, []flight{{50, 100}}, []time.Duration{0, 10, 12, 30}, []time.Duration{50, 60, 62, 80}},
		"the second began late":   {two, []flight{{50, 100}, {80, 140}}, []time.Duration{0, 10, 12, 40}, []time.Duration{68, 78, 80, 108}},
		"the second waited":       {two, []flight{{50, 100}, {52, 140}}, []time.Duration{0, 40, 42, 60}, []time.Duration{50, 90, 92, 110}},
		"longer than the host's":  {one, []flight{{50, 100}}, []time.Duration{0, 30, 40, 90}, []time.Duration{50, 80, 90, 100}},
		"all longer":              {one, []flight{{50, 60}}, []time.Duration{0, 30, 40, 90}, []time.Duration{50, 60, 60, 60}},
		"a clock that stands":     {one, []flight{{50, 100}}, []time.Duration{0, 0, 0, 0}, []time.Duration{50, 50, 50, 50}},
		"another of its segments": {two[1:], []flight{{5, 50}}, []time.Duration{0, 9}, []time.Duration{5, 14}},
	} {
		if anchor(c.times, c.list, c.flights); !slices.Equal(c.times, c.want) {
			t.Errorf("%s: %v, want %v", name, c.times, c.want)
		}
	}
}

// TestLastOfAFlight: what a driver stamps of a submission is believed if it can be true.
func TestLastOfAFlight(t *testing.T) {
	for ran, want := range map[time.Duration]flight{
		30: {70, 100}, 50: {50, 100}, 0: {50, 100}, 51: {50, 100}, -1: {50, 100},
	} {
		if got := (flight{50, 100}).last(ran); got != want {
			t.Errorf("%v of it: %v, want %v", ran, got, want)
		}
	}
}

// TestClockFeature: info says how steps are timed.
func TestClockFeature(t *testing.T) {
	fine, none, apple, layered := clocked(64, 1), clocked(0, 1), clocked(64, 1), clocked(64, 1)
	apple.driver.ID = appleDriver
	layered.extensions[subset] = true
	for p, want := range map[*physical]string{
		fine: "timestamps of steps", none: "no timestamps", apple: "of submissions only", layered: "of submissions only",
	} {
		if got := p.clockFeature(); !strings.Contains(got, want) || p.coarse() != (p != fine) {
			t.Errorf("%q (coarse %v), want %q", got, p.coarse(), want)
		}
	}
	d := open(t)
	if f := d.Info().Features; !slices.Contains(f, d.p.clockFeature()) {
		t.Errorf("features %q", f)
	}
}

// observed runs a net once and checks its spans: one for each kernel in order, none before
// another's end, all within the run, and not all of no length.
func observed(t *testing.T, r running) (spans []tensor.Span, took time.Duration) {
	t.Helper()
	began := time.Now()
	err := r.prog.Run(context.Background(), tensor.RunOptions{Observe: func(s tensor.Span) { spans = append(spans, s) }})
	took = time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	var last, sum time.Duration
	kernels := r.prog.Kernels()
	if len(spans) != len(kernels) {
		t.Fatalf("%d spans of %d kernels", len(spans), len(kernels))
	}
	for i, s := range spans {
		if s.Op != kernels[i].Op || s.Start < last || s.End < s.Start || s.End > took {
			t.Errorf("span %d of %v is %+v after %v, of operation %d", i, took, s, last, kernels[i].Op)
		}
		last = s.End
		sum += s.End - s.Start
	}
	if sum <= 0 {
		t.Error("no kernel took any time")
	}
	return spans, took
}

// TestSpansOfAnyClock: whatever a driver's timestamps are, there is a span for each kernel
// within the run.
func TestSpansOfAnyClock(t *testing.T) {
	for name, change := range map[string]func(p *physical){
		"its own":         func(p *physical) {},
		"none":            func(p *physical) { p.stampBits = 0 },
		"of submissions":  func(p *physical) { p.driver.ID = appleDriver },
		"a hundred times": func(p *physical) { p.props.Limits[424/8] = uint64(math.Float32bits(100)) },
		"of 20 bits":      func(p *physical) { p.stampBits = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			changed := *r.dev.p
			change(&changed)
			r.dev.p = &changed
			observed(t, r)
		})
	}
}

// TestSubmissionsOfCoarseClocks: where steps can't be told apart each is submitted by
// itself, in observed runs only.
func TestSubmissionsOfCoarseClocks(t *testing.T) {
	for _, coarse := range []bool{false, true} {
		r := start(t)
		changed := *r.dev.p
		if changed.extensions = map[string]bool{subset: coarse}; coarse {
			changed.stampBits = 0
		}
		r.dev.p = &changed
		submits := 0
		submit := r.dev.QueueSubmit
		r.dev.QueueSubmit = command(func(a, b, c, d uintptr) uintptr {
			submits++
			return submit.Address(vk.Handle(a), vk.Handle(b), vk.Handle(c), vk.Handle(d))
		})
		if err := r.run(); err != nil { // lays weights out
			t.Fatal(err)
		}
		submits = 0
		if err := r.run(); err != nil || submits != 1 {
			t.Errorf("coarse %v: %d submissions of an unobserved run (%v)", coarse, submits, err)
		}
		submits = 0
		want := 1
		if coarse {
			want = len(r.prog.Kernels())
		}
		if observed(t, r); submits != want {
			t.Errorf("coarse %v: %d submissions of an observed run, want %d", coarse, submits, want)
		}
	}
}
