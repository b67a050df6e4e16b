package profile

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// fakeRunner plays passes with given wall times; kernels take 60, 30 and 5 %.
type fakeRunner struct {
	model   *nn.Model
	lowered *nn.Lowered
	kernels []tensor.KernelInfo
	walls   []time.Duration // the last one repeats
	passes  int
	// unobserved counts those of the passes that nobody watched: they take no wall.
	unobserved int
	fail       int   // the pass that fails, from 1; 0 none
	heads      []int // of the kernels that are timed; nil: those that there are
}

func newFakeRunner(walls ...time.Duration) *fakeRunner {
	m, l := smallNet()
	m.Input, m.Total.MACs = tensor.Shape{2, 3, 8, 8}, 1e6
	m.Layers[0].Cost, m.Layers[0].Out = nn.Cost{Params: 10, MACs: 1e6}, tensor.Shape{2, 4, 8, 8}
	m.Layers[1].Out = tensor.Shape{2, 4, 8, 8}
	for i := range l.Plan.Ops {
		l.Plan.Buffers = append(l.Plan.Buffers, tensor.Buffer{Shape: tensor.Shape{2, 4}})
		l.Plan.Ops[i] = tensor.Op{Kind: tensor.Conv2d, Path: "probe", Out: []tensor.BufferID{tensor.BufferID(i)}}
		if at := l.OpLayer[i]; at >= 0 {
			l.Plan.Ops[i].Path, l.Plan.Ops[i].Kind = m.Layers[at].Path, m.Layers[at].Kind
		}
	}
	return &fakeRunner{model: m, lowered: l, kernels: smallKernels(), walls: walls}
}

func (f *fakeRunner) Model() *nn.Model     { return f.model }
func (f *fakeRunner) Lowered() *nn.Lowered { return f.lowered }
func (f *fakeRunner) Options() nn.SessionOptions {
	return nn.SessionOptions{Pass: f.lowered.Pass, Fuse: true}
}
func (f *fakeRunner) Memory() tensor.MemoryPlan {
	return tensor.MemoryPlan{ArenaBytes: 100, WeightBytes: 40, ScratchBytes: 2}
}

func (f *fakeRunner) Kernels() []tensor.KernelInfo { return f.kernels }

func (f *fakeRunner) Run(ctx context.Context, obs nn.Observer) error {
	f.passes++
	if f.passes == f.fail {
		return errors.New("no more")
	}
	if obs == nil {
		f.unobserved++
		return nil
	}
	wall := f.walls[min(f.passes-f.unobserved, len(f.walls))-1]
	obs.Begin(f.lowered)
	at := time.Duration(0)
	heads := f.heads
	if heads == nil {
		heads = []int{0, 2, 3}
	}
	for i, op := range heads {
		end := at + wall*[]time.Duration{60, 30, 5}[i]/100
		obs.Span(tensor.Span{Op: op, Start: at, End: end})
		at = end
	}
	obs.End(wall)
	return nil
}

func TestMeasure(t *testing.T) {
	f := newFakeRunner(10*time.Millisecond, time.Millisecond, 2*time.Millisecond, 3*time.Millisecond)
	var heard []int
	p, err := Measure(t.Context(), f, MeasureOptions{Runs: 3, Warmup: 1, Progress: func(done, total int) { heard = append(heard, done, total) }})
	if err != nil {
		t.Fatal(err)
	}
	if p.Runs != 3 || p.Warmup != 1 || f.passes-f.unobserved != 4+cpuPasses || f.unobserved != 3 || len(heard) != 6 || heard[4] != 3 || heard[5] != 3 {
		t.Errorf("runs %d after %d, %d passes, progress %v", p.Runs, p.Warmup, f.passes, heard)
	}
	if p.Total.P50MS != 2 || p.Total.MinMS != 1 || p.Total.ImagesPerS != 1000 || p.Memory.PredictedBytes != 142 {
		t.Errorf("total %+v, memory %+v", p.Total, p.Memory)
	}
	sum := p.Total.OverheadMS
	for _, l := range p.Layers {
		sum += l.MeanMS
	}
	if math.Abs(sum-p.Total.MeanMS) > 1e-12 || math.Abs(p.Total.OverheadMS-0.1) > 1e-12 {
		t.Errorf("means sum to %v with an overhead of %v, want %v", sum, p.Total.OverheadMS, p.Total.MeanMS)
	}
	if got := p.TimeMS([]int{0, 1, 2}); math.Abs(got-1.9) > 1e-9 || math.Abs(p.OverheadTimeMS()-0.1) > 1e-9 {
		t.Errorf("the layers take %v ms together, want 95 %% of the pass's 2 ms", got)
	}
	first := p.Layers[0]
	if first.Path != "a.conv1" || first.Kernel != "winograd" || len(first.Absorbed) != 1 || first.Absorbed[0] != "a.relu" || first.MACs != 1e6 {
		t.Errorf("first row %+v", first)
	}
	if want := 2 * 1e6 * 2 / 1.2e-3 / 1e9; math.Abs(float64(first.GFLOPS)-want) > 1e-9 || first.Intensity != 500 {
		t.Errorf("%v GFLOP/s at %v FLOPs per byte, want %v at 500", first.GFLOPS, first.Intensity, want)
	}
	p.SetCeilings(Ceilings{GFLOPS: 1, GBPS: 1})
	if p.Ceilings == nil || p.Layers[0].Bound != BoundCompute || p.Layers[1].Bound != BoundOverhead {
		t.Errorf("bounds %s, %s", p.Layers[0].Bound, p.Layers[1].Bound)
	}
	if p.AboveRoof() != nil {
		t.Error("1e6 FLOPs in 1.2 ms are above a roof of 1 GFLOP/s")
	}
	if p.SetCeilings(Ceilings{GFLOPS: 0.5, GBPS: 1}); p.AboveRoof() == nil {
		t.Error("1e6 FLOPs in 1.2 ms are not above a roof of 0.5 GFLOP/s")
	}
}

// TestWarmUpIsAdaptive: it ends when three passes take about the same time.
func TestWarmUpIsAdaptive(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		walls []time.Duration
		want  int
	}{
		{[]time.Duration{5 * ms}, 3},
		{[]time.Duration{9 * ms, 7 * ms, 5 * ms, 5 * ms}, 5},
		{[]time.Duration{11 * ms, 10 * ms, 9 * ms, 8 * ms, 7 * ms, 6 * ms, 5 * ms, 4 * ms, 3 * ms, 2 * ms, 1 * ms}, warmupMost},
	} {
		if got, err := warmUp(t.Context(), newFakeRunner(c.walls...), Adaptive); err != nil || got.passes != c.want {
			t.Errorf("%v: %d passes (%v), want %d", c.walls, got.passes, err, c.want)
		}
	}
	if got, err := warmUp(t.Context(), newFakeRunner(ms), 0); got.passes != 0 || err != nil {
		t.Errorf("without warm-up: %d passes (%v)", got.passes, err)
	}
}

func TestMeasureStops(t *testing.T) {
	f := newFakeRunner(time.Millisecond)
	p, err := Measure(t.Context(), f, MeasureOptions{Runs: Adaptive, Warmup: Adaptive})
	if err != nil || p.Runs != MaxSamples {
		t.Errorf("%d runs of a net that takes no time (%v), want %d", p.Runs, err, MaxSamples)
	}
	f = newFakeRunner(time.Millisecond)
	f.fail = 2
	if _, err := Measure(t.Context(), f, MeasureOptions{Runs: 5, Warmup: 0}); err == nil {
		t.Error("the error of a failed pass is lost")
	}
	if _, err := Measure(t.Context(), f, MeasureOptions{Runs: 0}); err == nil {
		t.Error("a profile of no runs")
	}
}

// TestMeasureReportsWrongSpans: with a device whose spans aren't those of its
// kernels, Measure returns an error instead of running for ever.
func TestMeasureReportsWrongSpans(t *testing.T) {
	for name, heads := range map[string][]int{"another": {0, 1, 3}, "too few": {0, 2}, "too many": {0, 2, 2}} {
		for _, runs := range []int{Adaptive, 3} {
			f := newFakeRunner(time.Millisecond)
			f.heads = heads
			var wrong *SpanError
			if _, err := Measure(t.Context(), f, MeasureOptions{Runs: runs}); !errors.As(err, &wrong) {
				t.Errorf("%s, %d runs: %v", name, runs, err)
			}
		}
	}
}

// TestOtherObserversReportWrongSpans: observers of workers report unknown kernels
// too.
func TestOtherObserversReportWrongSpans(t *testing.T) {
	f := newFakeRunner(time.Millisecond)
	f.heads = []int{0, 1, 3}
	var wrong *SpanError
	if _, err := measureCPU(t.Context(), f); !errors.As(err, &wrong) || wrong.Op != 1 {
		t.Errorf("processor time: %v", err)
	}
	if _, err := traced(t.Context(), f, 1); !errors.As(err, &wrong) || wrong.Op != 1 {
		t.Errorf("trace: %v", err)
	}
}

func TestSamplesAreThinned(t *testing.T) {
	samples := make([]time.Duration, 1000)
	for i := range samples {
		samples[i] = time.Duration(i) * time.Millisecond
	}
	got := thin(samples)
	if len(got) != MaxSamples || got[0] != 0 || got[1] != 5 || got[199] != 995 {
		t.Errorf("%d samples, %v … %v", len(got), got[:2], got[len(got)-1])
	}
}
