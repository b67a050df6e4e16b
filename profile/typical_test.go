package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestTypicalPasses: the middle half by total, ties in order; of fewer than four
// passes all.
func TestTypicalPasses(t *testing.T) {
	for _, c := range []struct {
		walls []float64
		want  []int
	}{
		{nil, nil},
		{[]float64{3, 1, 2}, []int{0, 1, 2}},
		{[]float64{9, 1, 3, 2}, []int{2, 3}},
		{[]float64{5, 5, 5, 5, 5}, []int{1, 2, 3}},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, []int{2, 3, 4, 5}},
		{[]float64{2, 1, 2, 1, 2, 1, 2, 1}, []int{0, 2, 5, 7}},
	} {
		if got := typicalPasses(c.walls, nil); !slices.Equal(got, c.want) {
			t.Errorf("of %v: %v, want %v", c.walls, got, c.want)
		}
	}
}

// TestTypicalTimesAddUp: all rows are of the same passes, so they add up to the
// whole, though another row is slow in each pass. The slowest and the fastest pass
// decide nothing.
func TestTypicalTimesAddUp(t *testing.T) {
	r := smallRecorder(8)
	for _, p := range [][4]time.Duration{{100, 50, 30, 10}, {900, 600, 200, 50}, {110, 30, 60, 12}, {90, 40, 40, 5}, {120, 70, 20, 25}} {
		pass(r, p[0], p[1:]...)
	}
	var s Snapshot
	r.Snapshot(&s)
	if s.Statistic() != Typical || s.Wall.Typical != 110 || s.Kernels[0].Typical != 50 {
		t.Fatalf("%s: a pass takes %v, the first kernel %v, want those of passes 0, 2 and 4",
			s.Statistic(), s.Wall.Typical, s.Kernels[0].Typical)
	}
	sum := s.Sum([]int{0, 1, 2})
	if total := s.TimeOf(&sum) + s.TimeOf(&s.Overhead); total < 109 || total > 111 { // to the rounding of each
		t.Errorf("rows add up to %v", total)
	}
	if allocs := testing.AllocsPerRun(5, func() { pass(r, 100, 50, 30, 10); r.Snapshot(&s) }); allocs > 0 {
		t.Errorf("%v allocations for a pass", allocs)
	}
}

// spells returns n times whose machine is a fifth slower in 15 % of the time, for
// about three passes in a row.
func spells(r *rand.Rand, n int) []float64 {
	slow, x := r.Float64() < 0.15, make([]float64, n)
	for i := range x {
		if r.Float64() < [2]float64{0.06, 1.0 / 3}[map[bool]int{true: 1}[slow]] {
			slow = !slow
		}
		x[i] = 1 + 0.02*r.NormFloat64()
		if slow {
			x[i] *= 1.2
		}
	}
	return x
}

// independent returns a generator of n times that don't depend on each other.
func independent(draw func(r *rand.Rand) float64) func(*rand.Rand, int) []float64 {
	return func(r *rand.Rand, n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = draw(r)
		}
		return x
	}
}

// correlated returns n times of which each resembles the one before (0.5).
func correlated(r *rand.Rand, n int) []float64 {
	x, a := make([]float64, n), r.NormFloat64()
	for i := range x {
		a = 0.5*a + math.Sqrt(0.75)*r.NormFloat64()
		x[i] = 1 + 0.05*a
	}
	return x
}

// rowOf returns a row's times in passes at a machine's speeds, and the passes' own.
func rowOf(r *rand.Rand, speeds []float64) (row, walls []float64) {
	row, walls = make([]float64, len(speeds)), make([]float64, len(speeds))
	for i, v := range speeds {
		row[i] = 10 * v * (1 + 0.03*r.NormFloat64())
		walls[i] = row[i] + 100*v*(1+0.01*r.NormFloat64())
	}
	return row, walls
}

// TestTypicalErrorCovers: in about 95 % of recordings the interval holds what very
// many passes would give, for the whole and for a row, in noise as machines have it.
// Where passes resemble each other, short recordings know less of it than they
// could.
func TestTypicalErrorCovers(t *testing.T) {
	for name, c := range map[string]struct {
		draw  func(*rand.Rand, int) []float64
		least map[int]float64 // coverage, by passes
	}{
		"normal":    {independent(func(r *rand.Rand) float64 { return 1 + 0.05*r.NormFloat64() }), map[int]float64{5: .9, 20: .88, 100: .91}},
		"skewed":    {independent(func(r *rand.Rand) float64 { return 1 + 0.1*math.Exp(r.NormFloat64()) }), map[int]float64{5: .9, 20: .87, 100: .91}},
		"outliers":  {independent(outlier), map[int]float64{5: .9, 20: .88, 100: .91}},
		"spells":    {spells, map[int]float64{20: .86, 100: .89}},
		"resembles": {correlated, map[int]float64{20: .78, 100: .86}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			row, walls := rowOf(r, c.draw(r, 400_000))
			typical := typicalPasses(walls, nil)
			trueRow, trueWall := meanAt(row, typical), meanAt(walls, typical)
			for n, least := range c.least {
				const tries = 500
				rows, wholes := 0.0, 0.0
				for range tries {
					row, walls := rowOf(r, c.draw(r, n))
					typical := typicalPasses(walls, nil)
					rows += covers(row, walls, typical, trueRow) / tries
					wholes += covers(walls, walls, typical, trueWall) / tries
				}
				if said := fmt.Sprintf("%d passes: %.3f of rows, %.3f of wholes", n, rows, wholes); min(rows, wholes) < least || min(rows, wholes) > 0.985 {
					t.Errorf("%s, want %v", said, least)
				} else {
					t.Log(said)
				}
			}
		})
	}
}

// outlier is a time that is a few times as long in every tenth pass.
func outlier(r *rand.Rand) float64 {
	v := 1 + 0.02*r.NormFloat64()
	if r.Float64() < 0.1 {
		v *= 1 + 3*r.Float64()
	}
	return v
}

// covers is 1 if the interval around a row's typical time holds the true one.
func covers(row, walls []float64, typical []int, truth float64) float64 {
	mean := meanAt(row, typical)
	if math.Abs(mean-truth) <= typicalError(row, walls, typical)*mean {
		return 1
	}
	return 0
}

// TestTypicalErrorOfFew: too few passes give no interval, equal ones one of 0.
func TestTypicalErrorOfFew(t *testing.T) {
	few := []float64{1, 2, 3, 4}
	if e := typicalError(few, few, typicalPasses(few, nil)); e != 0 {
		t.Errorf("four passes: ±%v", e)
	}
	same := slices.Repeat([]float64{2}, 20)
	if e := typicalError(same, same, typicalPasses(same, nil)); e != 0 {
		t.Errorf("equal passes: ±%v", e)
	}
}
