package profile

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
)

func TestRecorderAddsUp(t *testing.T) {
	r := smallRecorder(8)
	pass(r, 107, 60, 30, 10)
	pass(r, 115, 64, 32, 12)
	var s Snapshot
	r.Snapshot(&s)
	if s.Passes != 2 || s.Wall.N != 2 || s.Wall.Mean != 111 || s.Overhead.Mean != 7 {
		t.Fatalf("passes %d, wall %+v, overhead %+v", s.Passes, s.Wall, s.Overhead)
	}
	if k := s.Kernels[0]; k.Mean != 62 || k.Last != 64 || k.Min != 60 || k.P50 != 62 {
		t.Errorf("first kernel %+v", k)
	}
	if sum := s.Sum([]int{0, 1}); sum.Min != 90 || sum.Last != 96 {
		t.Errorf("sum of two kernels %+v", sum)
	}
	if sum := s.Sum([]int{0, 1}); sum.P50 != 93 || s.TimeOf(&sum) != 93 {
		t.Errorf("two kernels have a median of %v and take %v", sum.P50, s.TimeOf(&sum))
	}
}

// TestRecorderOfSteps: a step updates the newest time of its kernel, and isn't
// counted as a pass.
func TestRecorderOfSteps(t *testing.T) {
	r := smallRecorder(8)
	r.BeginStep(r.lowered)
	play(r, 40)
	r.End(50)
	var s Snapshot
	r.Snapshot(&s)
	if s.Passes != 0 || s.Wall.N != 0 || s.Err != nil {
		t.Fatalf("recorded %d passes, error %v", s.Passes, s.Err)
	}
	if s.Kernels[0].Last != 40 {
		t.Errorf("the kernel's newest time is %v, want the step's", s.Kernels[0].Last)
	}
}

// TestRecorderOfAnotherProgram: passes of another program are ignored.
func TestRecorderOfAnotherProgram(t *testing.T) {
	r := smallRecorder(8)
	_, other := smallNet()
	r.Begin(other)
	play(r, 60, 30, 10)
	r.End(100)
	if r.Passes() != 0 || r.Err() != nil {
		t.Errorf("recorded %d passes, error %v", r.Passes(), r.Err())
	}
}

// TestRecorderReportsWrongSpans: a pass without exactly one span per kernel is
// dropped, and the recorder says why, even after later passes that are right.
func TestRecorderReportsWrongSpans(t *testing.T) {
	for name, c := range map[string]struct {
		heads []int
		says  string
	}{
		"another fusion":   {[]int{0, 1, 2, 3}, "operation 1, which heads no kernel"},
		"beyond the plan":  {[]int{0, 2, 3, 4}, "operation 4, which heads no kernel"},
		"below the plan":   {[]int{-1}, "operation -1, which heads no kernel"},
		"too few":          {[]int{0, 3}, "did not time the kernel of operation 2"},
		"none":             {nil, "did not time the kernel of operation 0"},
		"twice":            {[]int{0, 2, 2, 3}, "the kernel of operation 2 2 times"},
		"one for each op":  {[]int{0, 1}, "operation 1, which heads no kernel"},
		"twice in a row":   {[]int{0, 0}, "the kernel of operation 0 2 times"},
		"all of them late": {[]int{0, 2, 3, 0, 2, 3}, "the kernel of operation 0 2 times"},
	} {
		t.Run(name, func(t *testing.T) {
			r := smallRecorder(8)
			r.Begin(r.lowered)
			for _, op := range c.heads {
				r.Span(tensor.Span{Op: op, End: 10})
			}
			r.End(50)
			pass(r, 107, 60, 30, 10)
			var s Snapshot
			r.Snapshot(&s)
			var wrong *SpanError
			if !errors.As(s.Err, &wrong) || !strings.Contains(s.Err.Error(), c.says) {
				t.Errorf("error %v, want %q", s.Err, c.says)
			}
			if s.Passes != 1 || s.Wall.Last != 107 {
				t.Errorf("%d passes, the last took %v: want the right one alone", s.Passes, s.Wall.Last)
			}
		})
	}
}

// TestRecorderReportsWrongSteps: a step may have fewer kernels, but no others.
func TestRecorderReportsWrongSteps(t *testing.T) {
	r := smallRecorder(8)
	r.BeginStep(r.lowered)
	r.Span(tensor.Span{Op: 1, End: 10})
	r.End(10)
	if r.Err() == nil {
		t.Error("no error for a step of an unknown kernel")
	}
}

// TestSnapshotWindow compares the incremental statistics with those computed afresh
// from the same passes, for readers that are slow, quick and late.
func TestSnapshotWindow(t *testing.T) {
	const capacity = 16
	rng := rand.New(rand.NewPCG(1, 2))
	r := smallRecorder(capacity)
	var walls []time.Duration
	var s Snapshot
	for round := range 40 {
		for range []int{1, 3, 0, 40}[round%4] {
			wall := time.Duration(100 + rng.IntN(50))
			walls = append(walls, wall)
			pass(r, wall, 60, 30, 5)
		}
		r.Snapshot(&s)
		want := NewSeries(slices.Clone(walls[max(0, len(walls)-capacity):]))
		if s.Passes != len(walls) || !slices.Equal(s.Wall.Recent, want.Recent) || !slices.Equal(s.Wall.sorted, want.sorted) {
			t.Fatalf("round %d: window %v, want %v", round, s.Wall.Recent, want.Recent)
		}
		if s.Wall.P95 != want.P95 || s.Wall.Mean != want.Mean || s.Wall.CV != want.CV {
			t.Fatalf("round %d: %+v, want %+v", round, s.Wall, want)
		}
	}
}

func TestSnapshotFollowsAnotherRecorder(t *testing.T) {
	a, b := smallRecorder(4), smallRecorder(4)
	pass(a, 107, 60, 30, 10)
	pass(b, 50, 20, 20, 5)
	pass(b, 50, 20, 20, 5)
	var s Snapshot
	a.Snapshot(&s)
	b.Snapshot(&s)
	if s.Passes != 2 || s.Wall.N != 2 || s.Wall.Mean != 50 {
		t.Errorf("after the change: %d passes, %+v", s.Passes, s.Wall)
	}
}

// TestReadersNeverSeeHalfAPass: all kernels of a pass take as long as its number, so
// a copy of two passes would show.
func TestReadersNeverSeeHalfAPass(t *testing.T) {
	r := smallRecorder(3)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 3000 {
			d := time.Duration(4 * (i + 1))
			pass(r, 3*d, d, d, d)
		}
	}()
	var s Snapshot
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		r.Snapshot(&s)
		for i, d := range s.Kernels[0].Recent {
			if s.Kernels[1].Recent[i] != d || s.Wall.Recent[i] != 3*d || s.Overhead.Recent[i] != 0 {
				t.Fatalf("half a pass: kernels %v and %v, wall %v", d, s.Kernels[1].Recent[i], s.Wall.Recent[i])
			}
		}
	}
	if s.Passes != 3000 || s.Wall.Last != 36000 {
		t.Errorf("at the end: %d passes, last %v", s.Passes, s.Wall.Last)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := smallRecorder(4)
	var s Snapshot
	for range 5 {
		pass(r, 107, 60, 30, 10)
		r.Snapshot(&s)
	}
	if n := testing.AllocsPerRun(100, func() { pass(r, 107, 60, 30, 10); r.Snapshot(&s) }); n > 0 {
		t.Errorf("%v allocations per pass", n)
	}
}

func TestQuantiles(t *testing.T) {
	s := NewSeries([]time.Duration{400, 100, 300, 200})
	if s.P50 != 250 || s.P95 != 385 || s.Min != 100 || s.Last != 200 || s.Mean != 250 { // as numpy.percentile
		t.Errorf("%+v", s)
	}
	if one := NewSeries([]time.Duration{7}); one.P95 != 7 || one.CV != 0 {
		t.Errorf("%+v", one)
	}
	if none := NewSeries(nil); none.N != 0 || none.Mean != 0 {
		t.Errorf("%+v", none)
	}
}

func BenchmarkSnapshotAfterOnePass(b *testing.B) {
	_, l := smallNet()
	kernels := smallKernels()
	for len(kernels) < 1200 {
		kernels = append(kernels, tensor.KernelInfo{Op: len(l.Plan.Ops)})
		l.Plan.Ops = append(l.Plan.Ops, tensor.Op{})
		l.OpLayer = append(l.OpLayer, -1)
	}
	r := NewRecorder(l, kernels, 256)
	times := make([]time.Duration, 1200)
	for i := range times {
		times[i] = time.Duration(1000 + i)
	}
	var s Snapshot
	for range 300 {
		pass(r, time.Millisecond, times...)
	}
	r.Snapshot(&s)
	b.ReportAllocs()
	for b.Loop() {
		pass(r, time.Millisecond, times...)
		r.Snapshot(&s)
	}
}
