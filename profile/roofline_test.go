package profile

import (
	"math"
	"testing"
	"time"
)

// TestKnown: ceilings are known if both are positive and finite.
func TestKnown(t *testing.T) {
	inf := math.Inf(1)
	for c, want := range map[Ceilings]bool{
		{100, 20}: true, {}: false, {100, 0}: false, {0, 20}: false, {inf, 20}: false, {100, inf}: false,
	} {
		if c.Known() != want {
			t.Errorf("%+v known: %v", c, !want)
		}
	}
}

func TestPlace(t *testing.T) {
	c := Ceilings{GFLOPS: 100, GBPS: 20}
	if c.Ridge() != 5 {
		t.Errorf("ridge %v", c.Ridge())
	}
	for _, k := range []struct {
		flops, bytes int64
		taken        time.Duration
		bound        Bound
		reached      float64
	}{
		{80_000, 1_000, time.Microsecond, BoundCompute, 0.8},
		{1_000, 15_000, time.Microsecond, BoundMemory, 0.75},
		{1_000, 1_000, time.Microsecond, BoundOverhead, 0.05},
		{0, 0, time.Microsecond, BoundOverhead, 0},
		{80_000, 1_000, 0, BoundUnknown, 0},
	} {
		bound, reached := c.Place(k.flops, k.bytes, k.taken)
		if bound != k.bound || math.Abs(reached-k.reached) > 1e-12 {
			t.Errorf("%d FLOPs, %d bytes in %v: %s at %v, want %s at %v", k.flops, k.bytes, k.taken, bound, reached, k.bound, k.reached)
		}
	}
	if bound, _ := (Ceilings{}).Place(1, 1, 1); bound != BoundUnknown {
		t.Errorf("without ceilings: %q", bound)
	}
}

// TestDistance: only memory's roof can be exceeded for a reason other than a ceiling
// that was measured too low.
func TestDistance(t *testing.T) {
	for _, c := range []struct {
		bound   Bound
		reached float64
		want    string
	}{
		{BoundCompute, 1.02, "1.02× above it: the ceiling was measured too low"},
		{BoundMemory, 1.5, "1.50× above it: its bytes come from cache"},
		{BoundCompute, 1.001, "at it"},
		{BoundCompute, 0.5, "2.0× below it"},
		{BoundOverhead, 0.1, "10.0× below it"},
	} {
		if got := Distance(c.bound, c.reached); got != c.want {
			t.Errorf("%s at %v: %q, want %q", c.bound, c.reached, got, c.want)
		}
	}
}

// TestRaised: a rate that holds over many passes raises the ceiling of arithmetic; a
// single pass, or a kernel of microseconds, does not, nor do bytes.
func TestRaised(t *testing.T) {
	c := Ceilings{GFLOPS: 100, GBPS: 20}
	for _, k := range []struct {
		flops  int64
		took   time.Duration
		passes int
		want   float64
	}{
		{150_000_000, time.Millisecond, 20, 150},
		{50_000_000, time.Millisecond, 20, 100},
		{150_000_000, time.Millisecond, 1, 100},
		{150_000, time.Microsecond, 20, 100},
	} {
		if got := c.Raised(k.flops, k.took, k.passes); got != (Ceilings{k.want, 20}) {
			t.Errorf("%+v gives %+v", k, got)
		}
	}
}

// TestHigher: what is not a positive finite number is no ceiling.
func TestHigher(t *testing.T) {
	odd := Ceilings{GFLOPS: math.Inf(1), GBPS: math.NaN()}
	if c := (Ceilings{GFLOPS: 100, GBPS: -5}).Higher(odd); c != (Ceilings{GFLOPS: 100}) {
		t.Errorf("%+v", c)
	}
	if c := (Ceilings{GFLOPS: 100, GBPS: 20}).Higher(Ceilings{GFLOPS: 90, GBPS: 30}); c != (Ceilings{100, 30}) {
		t.Errorf("%+v", c)
	}
}
