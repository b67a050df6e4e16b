package profile

import (
	"math"
	"strings"
	"testing"
)

// TestPoolProcesses: the pool has all passes, times that add up, and an entry a process.
func TestPoolProcesses(t *testing.T) {
	l := newLab(1, 0)
	var of []*Profile
	for range 3 {
		of = append(of, l.process("", 1))
	}
	of[1].Runs = 100 // of which 50 have a sample
	of[2].Machine = &Machine{Processors: 2}
	p, err := PoolProcesses(of)
	if err != nil {
		t.Fatal(err)
	}
	if p.Runs != 200 || len(p.Total.SamplesMS) != 150 || len(p.Processes) != 3 || p.Machine != nil {
		t.Fatalf("%d runs, %d samples, %d processes", p.Runs, len(p.Total.SamplesMS), len(p.Processes))
	}
	mean := (of[0].Total.MeanMS + 2*of[1].Total.MeanMS + of[2].Total.MeanMS) / 4
	if math.Abs(p.Total.MeanMS-mean) > 1e-9 {
		t.Errorf("mean %v, want %v", p.Total.MeanMS, mean)
	}
	sum := p.Total.OverheadTypicalMS
	for i := range p.Layers {
		sum += p.Layers[i].TypicalMS
	}
	if math.Abs(sum-p.Total.TypicalMS) > 1e-9 || p.Total.TypicalError <= 0 {
		t.Errorf("rows take %v of %v ms, ± %v", sum, p.Total.TypicalMS, p.Total.TypicalError)
	}
	one := p.Processes[1]
	if one.Runs != 100 || !one.Started.Equal(of[1].Started) || one.TypicalMS != of[1].Total.TimeMS() ||
		one.LowMS <= 0 || one.LowMS >= one.TypicalMS || len(one.Layers) != len(p.Layers) || one.Layers[0].Path != "conv1" {
		t.Errorf("%+v", one)
	}
	if of[0].Processes != nil || len(of[0].Total.SamplesMS) != 50 {
		t.Error("pooling changed a process")
	}
}

func TestPoolProcessesRefuses(t *testing.T) {
	if _, err := PoolProcesses(nil); err == nil {
		t.Error("no process")
	}
	l := newLab(1, 0)
	a, b, c := l.process("", 1), l.process("", 1), l.process("", 1)
	b.Layers[2].Kernel = "another"
	if _, err := PoolProcesses([]*Profile{a, b}); err == nil ||
		!strings.Contains(err.Error(), "process 2 of 2: it ran another") {
		t.Errorf("another kernel: %v", err)
	}
	c.Mode = "train"
	if _, err := PoolProcesses([]*Profile{a, c}); err == nil || !strings.Contains(err.Error(), "train mode") {
		t.Errorf("another mode: %v", err)
	}
}
