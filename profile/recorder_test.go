package profile

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"resnet-tui/tensor"
)

func TestRecorderAddsUp(t *testing.T) {
	m, l := smallNet()
	r := NewRecorder(l, m, 8)
	pass(r, l, 107, 60, 30, 10)
	pass(r, l, 115, 64, 32, 12)
	var s Snapshot
	r.Snapshot(&s)
	if s.Passes != 2 || s.Wall.N != 2 || s.Wall.Mean != 111 || s.Overhead.Mean != 7 {
		t.Fatalf("passes %d, wall %+v, overhead %+v", s.Passes, s.Wall, s.Overhead)
	}
	if g := s.Groups[0]; g.Mean != 62 || g.Last != 64 || g.Min != 60 || g.P50 != 62 {
		t.Errorf("first group %+v", g)
	}
	if sum := s.Sum([]int{0, 1}); sum.Min != 90 || sum.Last != 96 {
		t.Errorf("sum of two groups %+v", sum)
	}
	if p50 := s.P50([]int{0, 1}); p50 != 93 {
		t.Errorf("two groups have a median of %v", p50)
	}
}

func TestRecorderIgnoresWhatIsNoPass(t *testing.T) {
	m, l := smallNet()
	_, other := smallNet()
	r := NewRecorder(l, m, 8)
	pass(r, l, 50, 40)              // cut short after the first group
	pass(r, other, 100, 60, 30, 10) // another program
	var s Snapshot
	r.Snapshot(&s)
	if s.Passes != 0 || s.Wall.N != 0 {
		t.Fatalf("recorded %d passes", s.Passes)
	}
	if s.Groups[0].Last != 40 {
		t.Errorf("the newest time of a group is %v, want that of the pass cut short", s.Groups[0].Last)
	}
}

// TestSnapshotWindow compares the incremental statistics with fresh ones over
// the same passes, for readers that are slow, quick and late.
func TestSnapshotWindow(t *testing.T) {
	m, l := smallNet()
	const capacity = 16
	rng := rand.New(rand.NewPCG(1, 2))
	r := NewRecorder(l, m, capacity)
	var walls []time.Duration
	var s Snapshot
	for round := range 40 {
		for range []int{1, 3, 0, 40}[round%4] {
			wall := time.Duration(100 + rng.IntN(50))
			walls = append(walls, wall)
			pass(r, l, wall, 60, 30, 5)
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
	m, l := smallNet()
	a, b := NewRecorder(l, m, 4), NewRecorder(l, m, 4)
	pass(a, l, 107, 60, 30, 10)
	pass(b, l, 50, 20, 20, 5)
	pass(b, l, 50, 20, 20, 5)
	var s Snapshot
	a.Snapshot(&s)
	b.Snapshot(&s)
	if s.Passes != 2 || s.Wall.N != 2 || s.Wall.Mean != 50 {
		t.Errorf("after the change: %d passes, %+v", s.Passes, s.Wall)
	}
}

// TestReadersNeverSeeHalfAPass: each pass's groups are all as long as its
// number, so a torn copy would show.
func TestReadersNeverSeeHalfAPass(t *testing.T) {
	m, l := smallNet()
	r := NewRecorder(l, m, 3)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 3000 {
			d := time.Duration(4 * (i + 1))
			pass(r, l, 3*d, d, d, d)
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
		for i, d := range s.Groups[0].Recent {
			if s.Groups[1].Recent[i] != d || s.Wall.Recent[i] != 3*d || s.Overhead.Recent[i] != 0 {
				t.Fatalf("half a pass: groups %v and %v, wall %v", d, s.Groups[1].Recent[i], s.Wall.Recent[i])
			}
		}
	}
	if s.Passes != 3000 || s.Wall.Last != 36000 {
		t.Errorf("at the end: %d passes, last %v", s.Passes, s.Wall.Last)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	m, l := smallNet()
	r := NewRecorder(l, m, 4)
	var s Snapshot
	for range 5 {
		pass(r, l, 107, 60, 30, 10)
		r.Snapshot(&s)
	}
	if n := testing.AllocsPerRun(100, func() { pass(r, l, 107, 60, 30, 10); r.Snapshot(&s) }); n > 0 {
		t.Errorf("%v allocations a pass", n)
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
	m, l := smallNet()
	for len(l.Groups) < 1200 {
		l.Plan.Ops = append(l.Plan.Ops, tensor.Op{})
		l.OpLayer = append(l.OpLayer, -1)
		l.Groups = append(l.Groups, tensor.Group{Head: len(l.Plan.Ops) - 1})
	}
	r := NewRecorder(l, m, 256)
	times := make([]time.Duration, 1200)
	for i := range times {
		times[i] = time.Duration(1000 + i)
	}
	var s Snapshot
	for range 300 {
		pass(r, l, time.Millisecond, times...)
	}
	r.Snapshot(&s)
	b.ReportAllocs()
	for b.Loop() {
		pass(r, l, time.Millisecond, times...)
		r.Snapshot(&s)
	}
}
