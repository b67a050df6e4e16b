package profile

import (
	"math"
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
	if s == nil || s.Pairs != 20 || math.Abs(s.Cost-0.25/101) > 1e-9 || s.UnobservedMS != 101 {
		t.Fatalf("%+v", s)
	}
	if want := 2 * math.Sqrt(math.Pi/2) * 1.4826 * 0.05 / math.Sqrt(20) / 101; math.Abs(s.Error-want) > 1e-9 {
		t.Errorf("error %v, want %v", s.Error, want)
	}
	if c.spent = 0; !c.wanted() {
		t.Error("20 pairs in no time are said to be enough")
	}
	if c.spent = spareTime; !c.wanted() || c.wantsSpare() {
		t.Error("pairs that count for nothing else are wanted for longer than those that do")
	}
	c.spent = costTime
	if c.wanted() || (&recorderCost{}).summary() != nil {
		t.Error("pairs go on for ever, or none of them say something")
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

// TestOthersNeedTime: of a moment the system's counters say nothing; of longer
// they never say more than there is.
func TestOthersNeedTime(t *testing.T) {
	busy, n := systemBusy()
	if n == 0 {
		t.Skip("this system does not tell")
	}
	now := time.Now()
	w := machineWatch{at: now.Add(-time.Millisecond), busy: busy - time.Second, cpu: processCPU()}
	if m := w.since(time.Millisecond, 1, 1); m.Processors != 0 || m.OthersCores != 0 {
		t.Errorf("a millisecond tells %+v", m)
	}
	w.at = now.Add(-readable)
	if m := w.since(time.Millisecond, 1, 1); m.Processors != n || m.OthersCores < 1 || m.OthersCores > float64(n) {
		t.Errorf("a second of others' work within %v, on %d processors, tells %+v", readable, n, m)
	}
}

// TestProcessCPU: a loop uses about as much as it takes.
func TestProcessCPU(t *testing.T) {
	if processCPU() == 0 {
		t.Skip("this system does not tell")
	}
	before := processCPU()
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
	}
	if used := processCPU() - before; used < 5*time.Millisecond {
		t.Errorf("50 ms of a loop used %v", used)
	}
}
