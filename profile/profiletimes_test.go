package profile

import (
	"math"
	"testing"
	"time"
)

// measured is a profile of n passes, of which every third is slow.
func measured(t *testing.T, n int) *Profile {
	t.Helper()
	walls := []time.Duration{time.Millisecond} // of the warm-up
	for i := range n {
		walls = append(walls, time.Duration(1000+i)*time.Microsecond)
		if i%3 == 0 {
			walls[len(walls)-1] *= 2
		}
	}
	p, err := Measure(t.Context(), newFakeRunner(walls...), MeasureOptions{Runs: n, Warmup: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.SetCeilings(Ceilings{GFLOPS: 1, GBPS: 1})
	return p
}

// TestAllPassesCount: typical times are of all passes, of which the samples are some,
// and they add up; shares, rates and bounds are of them.
func TestAllPassesCount(t *testing.T) {
	const runs = MaxSamples + 100
	p := measured(t, runs)
	var walls []float64
	for i := range runs {
		ms := (1000 + float64(i)) / 1e3
		if i%3 == 0 {
			ms *= 2
		}
		walls = append(walls, ms)
	}
	want := meanAt(walls, typicalPasses(walls, nil))
	if got := p.Total.TypicalMS; p.Runs != runs || math.Abs(got-want) > 1e-6 || math.Abs(got-p.Total.MeanMS) < 0.1 {
		t.Fatalf("of %d runs: %v ms, want %v; the mean is %v", p.Runs, got, want, p.Total.MeanMS)
	}
	sum, share := p.Total.OverheadTypicalMS, p.Total.OverheadTypicalMS/p.Total.TypicalMS
	for i := range p.Layers {
		l := &p.Layers[i]
		sum, share = sum+l.TypicalMS, share+float64(l.Share)
		if want := rate(l.MACs, p.Batch(), l.TypicalMS); l.GFLOPS != want {
			t.Errorf("%s runs at %v GFLOP/s, want %v", l.Path, l.GFLOPS, want)
		}
		if bound, roof := (Ceilings{1, 1}).Place(l.ExecutedFLOPs, l.Bytes, nanoseconds(l.TypicalMS)); bound != l.Bound || Number(roof) != l.Roof {
			t.Errorf("%s is bound by %s at %v, want %s at %v", l.Path, l.Bound, l.Roof, bound, roof)
		}
	}
	if math.Abs(sum-p.Total.TypicalMS) > 1e-9 || math.Abs(share-1) > 1e-9 {
		t.Errorf("rows add up to %v of %v ms, shares to %v", sum, p.Total.TypicalMS, share)
	}
	if got, want := float64(p.Total.ImagesPerS), float64(p.Batch())/p.Total.TypicalMS*1e3; math.Abs(got-want) > 1e-9 {
		t.Errorf("%v images per second, want %v", got, want)
	}
}

// TestOldRecordings: typical times of a file without them come from its samples if
// these are all passes; else the file has means, and so are its shares.
func TestOldRecordings(t *testing.T) {
	p := measured(t, 40)
	old := p.MeansOnly()
	old.Total.SamplesMS = p.Total.SamplesMS
	for i := range old.Layers {
		old.Layers[i].SamplesMS = p.Layers[i].SamplesMS
	}
	thinned := *old
	thinned.Runs = 41
	if old.Complete(); old.Statistic() != Typical || math.Abs(old.Total.TypicalMS-p.Total.TypicalMS) > 1e-9 {
		t.Errorf("%s: %v ms, want %v", old.Statistic(), old.Total.TypicalMS, p.Total.TypicalMS)
	}
	for i := range p.Layers {
		got, want := &old.Layers[i], &p.Layers[i]
		if math.Abs(float64(got.Share-want.Share)) > 1e-9 || got.Bound != want.Bound || math.Abs(float64(got.TypicalError-want.TypicalError)) > 1e-9 {
			t.Errorf("%s: %+v, want %+v", got.Path, got, want)
		}
	}
	if thinned.Complete(); thinned.Statistic() != Mean || thinned.KernelTime(0) != nanoseconds(p.Layers[0].MeanMS) {
		t.Errorf("%d runs with 40 samples: %s, %v", thinned.Runs, thinned.Statistic(), thinned.KernelTime(0))
	}
}
