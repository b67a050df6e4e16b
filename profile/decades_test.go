package profile

import (
	"math"
	"testing"
)

func TestDecadesOf(t *testing.T) {
	for _, c := range []struct {
		values              []float64
		tight, below, above Decades
	}{
		{[]float64{0.02, 3}, Decades{-2, 1}, Decades{-2, 1}, Decades{-2, 1}},
		{[]float64{1}, Decades{0, 1}, Decades{-1, 0}, Decades{0, 1}},
		{[]float64{1, 100}, Decades{0, 2}, Decades{-1, 2}, Decades{0, 3}},
		{[]float64{0, 5, math.Inf(1), math.NaN(), -7}, Decades{0, 1}, Decades{0, 1}, Decades{0, 1}},
		{[]float64{1e-40, 2e30}, Decades{-40, 31}, Decades{-41, 31}, Decades{-40, 31}},
	} {
		for edge, want := range map[Edge]Decades{EdgeTight: c.tight, EdgeBelow: c.below, EdgeAbove: c.above} {
			if got, ok := DecadesOf(c.values, edge); !ok || got != want {
				t.Errorf("%v with edge %d: %+v, want %+v", c.values, edge, got, want)
			}
		}
	}
	for _, none := range [][]float64{nil, {0, -1, math.NaN(), math.Inf(1)}} {
		if d, ok := DecadesOf(none, EdgeTight); ok {
			t.Errorf("%v has an axis %+v", none, d)
		}
	}
}

func TestDecadesPosition(t *testing.T) {
	d := Decades{-2, 2}
	for v, want := range map[float64]float64{0.01: 0, 1: 0.5, 100: 1} {
		if at, ok := d.Position(v); !ok || at != want {
			t.Errorf("position of %v is %v, want %v", v, at, want)
		}
	}
	for _, v := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if at, ok := d.Position(v); ok {
			t.Errorf("%v has the position %v", v, at)
		}
	}
	if s := d.Span(); s != "1e-2 to 1e2" {
		t.Errorf("the span is %q", s)
	}
}
