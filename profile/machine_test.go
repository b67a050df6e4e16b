package profile

import (
	"math"
	"runtime"
	"testing"
	"time"
)

func TestRecorderCost(t *testing.T) {
	var c recorderCost
	for i := range 20 {
		base := time.Duration(100+i%3) * time.Millisecond
		c.add(base+time.Duration(200+i%2*100)*time.Microsecond, base)
	}
	s := c.summary()
	if s == nil || s.Pairs != 20 || math.Abs(float64(s.Cost)-0.25/101) > 1e-9 || s.UnobservedMS != 101 {
		t.Fatalf("%+v", s)
	}
	if want := 2 * math.Sqrt(math.Pi/2) * 1.4826 * 0.05 / math.Sqrt(20) / 101; math.Abs(float64(s.Error)-want) > 1e-9 {
		t.Errorf("error %v, want %v", s.Error, want)
	}
	if c.spent = 0; !c.wanted() {
		t.Error("20 pairs that took no time are taken for enough")
	}
	if c.spent = spareTime; !c.wanted() || c.wantsSpare() {
		t.Error("unmeasured pairs go on for longer than measured ones")
	}
	c.spent = costTime
	if c.wanted() || (&recorderCost{}).summary() != nil {
		t.Error("pairs never end, or no pairs give an estimate")
	}
}

func TestBusy(t *testing.T) {
	for _, c := range []struct {
		m       *Machine
		threads int
		want    bool
	}{
		{nil, 2, false},
		{&Machine{Processors: 2, OthersCores: 0.1}, 2, false},
		{&Machine{Processors: 2, OthersCores: 0.9}, 2, true},
		{&Machine{Processors: 2, OthersCores: 0.9}, 1, false},
		{&Machine{Processors: 64, OthersCores: 20}, 8, false},
		{&Machine{Processors: 2, OthersCores: 0.1}, 8, false},
		{&Machine{OthersCores: 5}, 2, false},
	} {
		if got := c.m.Busy(c.threads); got != c.want {
			t.Errorf("%+v with %d threads: busy %v", c.m, c.threads, got)
		}
	}
}

// TestOthersNeedTime: over too short an interval the system's counters say nothing,
// and over longer ones never more than there are processors.
func TestOthersNeedTime(t *testing.T) {
	busy, n := systemBusy()
	if n == 0 {
		t.Skip("this system doesn't report busy time")
	}
	now := time.Now()
	w := machineWatch{at: now.Add(-time.Millisecond), busy: busy - time.Second, cpu: processCPU()}
	if m := w.since(time.Millisecond, 1, 1); m.Processors != 0 || m.OthersCores != 0 {
		t.Errorf("after a millisecond: %+v", m)
	}
	w.at = now.Add(-readable)
	if m := w.since(time.Millisecond, 1, 1); m.Processors != n || m.OthersCores < 1 || m.OthersCores > float64(n) {
		t.Errorf("a second of others' work within %v on %d processors: %+v", readable, n, m)
	}
}

// TestProcessCPU spins until the process has used some CPU time. How long that
// takes depends on what else runs; what must hold is that the time never goes
// back, that work makes it advance, and that it advances no faster than all
// processors together.
func TestProcessCPU(t *testing.T) {
	const (
		enough  = 20 * time.Millisecond
		patient = time.Minute
		slack   = 20 * time.Millisecond // resolution of coarse clocks
	)
	start := time.Now()
	first := processCPU()
	if first == 0 {
		t.Skip("this system doesn't report CPU time")
	}
	for last := first; last-first < enough; {
		now := processCPU()
		if now < last {
			t.Fatalf("CPU time went back from %v to %v", last, now)
		}
		last = now
		if time.Since(start) > patient {
			t.Fatalf("a loop of %v used only %v", patient, last-first)
		}
	}
	used := processCPU() - first
	if most := time.Since(start)*time.Duration(runtime.NumCPU()) + slack; used > most {
		t.Errorf("the process used %v, more than the %v that its processors have", used, most)
	}
}

// TestLoad: a reading needs an interval, and holds until the next one.
func TestLoad(t *testing.T) {
	if _, n := systemBusy(); n == 0 {
		t.Skip("this system doesn't report busy time")
	}
	var l Load
	if m := l.Read(); m != nil {
		t.Errorf("at once: %+v", m)
	}
	if m := l.Read(); m != nil {
		t.Errorf("too soon: %+v", m)
	}
	// As if two processors had been busy since ten seconds ago.
	l.since.at = l.since.at.Add(-10 * time.Second)
	l.since.busy -= 20 * time.Second
	m := l.Read()
	if m == nil || m.Processors < 1 || m.OthersCores < min(1.8, float64(m.Processors)*0.9) {
		t.Errorf("after ten seconds: %+v", m)
	}
	if again := l.Read(); again != m {
		t.Errorf("right after: %+v", again)
	}
}
