package profile

import (
	"math"
	"slices"
	"testing"
	"time"
)

// at returns times of starts, in seconds.
func at(seconds ...int) (times []time.Time) {
	for _, s := range seconds {
		times = append(times, time.Unix(int64(s), 0))
	}
	return times
}

func TestContestPairs(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []time.Time
		want [][2]int
	}{
		{"in turns", at(1, 3, 5), at(2, 4, 6), [][2]int{{0, 0}, {1, 1}, {2, 2}}},
		{"either first, files in any order", at(4, 1, 6), at(2, 3, 5), [][2]int{{1, 0}, {0, 1}, {2, 2}}},
		{"one side after the other", at(1, 2, 3), at(4, 5, 6), nil},
		{"unequal", at(1, 3), at(2), nil},
		{"unknown", []time.Time{{}, {}}, at(1, 2), nil},
		{"the same recordings", at(1, 2), at(1, 2), nil},
	} {
		if got := newContest(c.a, c.b); !slices.Equal(got.pairs, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got.pairs, c.want)
		}
	}
}

// TestCalm: pairs in a slow spell are left out, at most half of them and none of the
// first six; a side that is slower as a whole is in no spell.
func TestCalm(t *testing.T) {
	const n = 20
	var a, b []float64
	var starts [2][]time.Time
	for i := range n {
		starts[0] = append(starts[0], time.Unix(int64(2*i), 0))
		starts[1] = append(starts[1], time.Unix(int64(2*i+1), 0))
		x := 0.0
		if i < 4 {
			x = 0.3
		}
		a, b = append(a, x), append(b, x+0.5)
	}
	rows := func(v []float64) [][]float64 { return [][]float64{v, v, v} }
	c := newContest(starts[0], starts[1]).calm(rows(a), rows(b))
	if len(c.pairs) != n-4 || slices.ContainsFunc(c.pairs, func(p [2]int) bool { return p[0] < 4 }) {
		t.Errorf("kept %v", c.pairs)
	}
	for i := range a {
		a[i] += float64(i)
	}
	if c = newContest(starts[0], starts[1]).calm(rows(a), rows(b)); len(c.pairs) != n/2 {
		t.Errorf("kept %d pairs", len(c.pairs))
	}
	few := newContest(starts[0][:7], starts[1][:7])
	if few = few.calm(rows(a[:7]), rows(b[:7])); len(few.pairs) != leastCalm {
		t.Errorf("kept %d of few pairs", len(few.pairs))
	}
}

// TestEstimate: for 3 degrees of freedom, Student's distribution has a closed form; the
// p-value of Welch's test is that of t = 1.1946 with 4.366.
func TestEstimate(t *testing.T) {
	a, b := []float64{1, 2, 3, 5}, []float64{2, 2.5, 5, 7} // differences 1, 0.5, 2, 2: t = 1.375/0.375
	pairs := contest{a: 4, b: 4, pairs: [][2]int{{0, 0}, {1, 1}, {2, 2}, {3, 3}}}
	x := 1.375 / 0.375 / math.Sqrt(3)
	want := 1 - 2/math.Pi*(math.Atan(x)+x/(1+x*x))
	if e, ok := pairs.estimate(a, b); !ok || e.effect != 1.375 || math.Abs(e.pValue(0)-want) > 1e-9 {
		t.Errorf("%+v, p %v, want %v", e, e.pValue(0), want)
	}
	apart := contest{a: 4, b: 4}
	if e, ok := apart.estimate([]float64{1, 2, 3, 4}, []float64{2, 3, 4, 8}); !ok || math.Abs(e.pValue(0)-0.2931) > 1e-4 {
		t.Errorf("%+v, p %v, want 0.2931", e, e.pValue(0))
	}
	if _, ok := apart.estimate([]float64{1, 2, 3, math.Inf(1)}, b); ok {
		t.Error("infinite values have an estimate")
	}
	if _, ok := (contest{a: 1, b: 1}).estimate(a[:1], b[:1]); ok {
		t.Error("one process a side has an estimate")
	}
	if _, ok := (contest{a: 2, b: 2}).estimate(nil, b[:2]); ok {
		t.Error("a side without values has an estimate")
	}
}

// TestEstimateHypotheses: what is tested against a ratio, in either direction.
func TestEstimateHypotheses(t *testing.T) {
	e := estimate{effect: math.Log(1.1), variance: 1e-4, freedom: 9}
	if p := e.exceeds(1.1); math.Abs(p-0.5) > 1e-12 || math.Abs(e.staysBelow(1.1)-0.5) > 1e-12 {
		t.Errorf("at the estimate: %v", p)
	}
	if e.exceeds(1) > 1e-4 || e.staysBelow(1.2) > 1e-4 || e.exceeds(1.2) < 0.99 {
		t.Errorf("apart: %v, %v", e.exceeds(1), e.staysBelow(1.2))
	}
	if i := e.interval(); i[0] > 1.1 || i[1] < 1.1 || math.Abs(i[0]*i[1]-1.21) > 1e-9 {
		t.Errorf("interval %v", i)
	}
	if p := e.pValue(math.Log(2)); p != 1 {
		t.Errorf("within the margin: %v", p)
	}
	exact := estimate{effect: 1}
	if exact.pValue(0.5) != 0 || exact.pValue(1) != 1 || exact.interval() != [2]float64{math.E, math.E} {
		t.Error("without variance")
	}
}

// TestMargin: sides that did not run turn about are not told apart up to twofold, others
// up to half a per cent; of a kernel of a microsecond 50 ns are no difference.
func TestMargin(t *testing.T) {
	pairs, apart := contest{a: 2, b: 2, pairs: [][2]int{{0, 0}, {1, 1}}}, contest{a: 2, b: 2}
	for _, c := range []struct {
		contest
		ms, ratio float64
	}{{pairs, 1000, 1.005}, {pairs, 0.001, 1.055}, {apart, 1000, 2}} {
		if got := math.Exp(c.margin(c.ms)); math.Abs(got-c.ratio) > 1e-6 {
			t.Errorf("%v ms: %v, want %v", c.ms, got, c.ratio)
		}
	}
}

// TestAdjust: Holm's procedure by hand.
func TestAdjust(t *testing.T) {
	got := adjust([]float64{0.01, 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		if math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("adjusted %v", got)
			break
		}
	}
	if len(adjust(nil)) != 0 {
		t.Error("there are p-values without tests")
	}
}

func TestLow(t *testing.T) {
	samples := make([]float64, 101)
	for i := range samples {
		samples[i] = float64(100 - i)
	}
	if v := low(samples); math.Abs(v-2) > 1e-12 {
		t.Errorf("low of 0 … 100: %v", v)
	}
	if low(nil) != 0 || low([]float64{3}) != 3 {
		t.Error("of few samples")
	}
}
