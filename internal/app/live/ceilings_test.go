package live

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// cachedRoofs are ceilings that are measured in no time, and what was kept of them.
type cachedRoofs struct {
	mu       sync.Mutex
	kept     profile.Ceilings
	measured profile.Ceilings
	err      error
}

func (r *cachedRoofs) Known() profile.Ceilings {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept
}

func (r *cachedRoofs) Measure(context.Context) (profile.Ceilings, error) {
	if r.err != nil {
		return profile.Ceilings{}, r.err
	}
	return r.Keep(r.measured), nil
}

func (r *cachedRoofs) Keep(c profile.Ceilings) profile.Ceilings {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = r.kept.Higher(c)
	return r.kept
}

// TestCeilingsAreMeasuredAnew: passes stop meanwhile and then go on; the highest holds.
func TestCeilingsAreMeasuredAnew(t *testing.T) {
	r := &cachedRoofs{kept: profile.Ceilings{GFLOPS: 100, GBPS: 30}, measured: profile.Ceilings{GFLOPS: 150, GBPS: 20}}
	o := small(t, fake(nil))
	o.Roofs = r
	e := start(t, o)
	s := await(t, e, "a pass", ran(1))
	if s.Ceilings != r.kept {
		t.Errorf("at the start %+v", s.Ceilings)
	}
	e.Send(MeasureCeilings{})
	s = await(t, e, "ceilings", func(s *State) bool { return s.Ceilings == profile.Ceilings{GFLOPS: 150, GBPS: 30} })
	if !strings.Contains(s.Notice, "150 GFLOP/s and 30.0 GB/s") {
		t.Errorf("notice %q", s.Notice)
	}
	await(t, e, "more passes", ran(int(s.Program.Recorder.Passes())+1))
	r.err = errors.New("too little memory")
	e.Send(MeasureCeilings{})
	await(t, e, "the reason", func(s *State) bool { return strings.Contains(s.Notice, "ceilings: too little memory") })
	await(t, e, "passes after it", isAt(Running))
}

// TestReachedCeilingIsKept at the end: the net has shown that the machine can do more
// than was measured.
func TestReachedCeilingIsKept(t *testing.T) {
	d := fake(nil)
	d.Time = func(*tensor.Plan, tensor.KernelInfo, int) time.Duration { return time.Millisecond }
	d.Kernel = func(_ *tensor.Plan, k tensor.KernelInfo) tensor.KernelInfo {
		return tensor.KernelInfo{Name: k.Name, FLOPs: 2e8, Bytes: 1e6}
	}
	r := &cachedRoofs{kept: profile.Ceilings{GFLOPS: 100, GBPS: 30}}
	o := small(t, d)
	o.Roofs = r
	e := start(t, o)
	await(t, e, "passes", ran(20))
	e.Close()
	if c := r.Known(); c != (profile.Ceilings{GFLOPS: 200, GBPS: 30}) {
		t.Errorf("kept %+v", c)
	}
}
