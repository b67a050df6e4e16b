package profile

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTimeEffect: of 100 comparisons of turns in spells none has an effect where there is
// none, also if one program lies 1 % worse in memory; a block less is an effect.
func TestTimeEffect(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	turns := func(ratio float64) *TimeEffect {
		var a, b []float64
		spell := 0.0
		for range turnRounds {
			if r.IntN(6) == 0 {
				spell = 0.3 * r.Float64()
			}
			a = append(a, spell+0.01*r.NormFloat64())
			b = append(b, spell+0.01*r.NormFloat64()+math.Log(ratio))
		}
		return newTimeEffect(a, b)
	}
	for range 100 {
		if e := turns(1.01); e.Significant || !strings.HasPrefix(e.String(), "within noise, ") {
			t.Errorf("no effect: %+v", e.Interval)
		}
	}
	found := 0
	for range 100 {
		if e := turns(0.88); e.Significant && e.Interval[1] < 1 && strings.HasPrefix(e.String(), "−1") {
			found++
		}
	}
	if found < 95 {
		t.Errorf("12 %% less was found in %d of 100", found)
	}
}

func TestTimeEffectInWords(t *testing.T) {
	for want, e := range map[string]*TimeEffect{
		Dash:                           nil,
		"none: the same kernels":       {SameKernels: true},
		"−12.0 to +1.0 %":              {Interval: &[2]float64{0.88, 1.01}, Significant: true},
		"within noise, −1.0 to +2.5 %": {Interval: &[2]float64{0.99, 1.025}},
	} {
		if got := e.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (&TimeEffect{}).String(); got != Dash {
		t.Errorf("not measured: %q", got)
	}
}
