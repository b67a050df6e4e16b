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
