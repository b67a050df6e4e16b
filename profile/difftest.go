package profile

import (
	"math"
	"slices"
)

// duel is one row of both sides of a diff, or their totals.
type duel struct {
	a, b *diffSum
	test DiffTest
}

// runDuels tests rows and totals as one family. The total is the first of them.
func (d *Diff) runDuels(all []*duel, c contest) {
	switch {
	case min(c.a, c.b) < 2:
		d.Reason = reasonSingle
		testPair(all)
	case c.paired():
		d.TurnAbout = true
		testProcesses(all, c)
	default:
		d.Reason = reasonApart
		testProcesses(all, c)
	}
	if all[0].test.PValue == nil {
		d.Reason = reasonNoSamples
	}
	all[0].test.Reason = d.Reason
}

// testPair tests the passes of two processes.
func testPair(all []*duel) {
	var p []float64
	var of []*DiffTest
	for _, x := range all {
		x.test.Reason = reasonRowSingle
		if v, ok := RankTest(blocks(x.a.samples), blocks(x.b.samples)); ok {
			x.test.PValue = &v
			p, of = append(p, v), append(of, &x.test)
		}
	}
	for i, v := range adjust(p) {
		of[i].InPair = v < pairLevel
	}
}

// testProcesses tests the processes of two sides.
func testProcesses(all []*duel, c contest) {
	var p []float64
	var of []*DiffTest
	for _, x := range all {
		a := x.a.logs(c.a)
		e, ok := c.estimate(a, x.b.logs(c.b))
		if !ok {
			x.test.Reason = reasonNoSamples
			continue
		}
		v, ratio := e.pValue(c.margin(math.Exp(slices.Min(a)))), e.interval()
		x.test.PValue, x.test.Interval, x.test.estimate = &v, &ratio, &e
		p, of = append(p, v), append(of, &x.test)
	}
	for i, v := range adjust(p) {
		of[i].PAdjusted, of[i].Significant = &v, v < falseVerdict
		if !of[i].Significant && !c.paired() {
			of[i].Reason = reasonRowApart
		}
	}
}

// of returns the test of a difference that is shown. What is tested is a low quantile: a typical
// time that moved the other way is no evidence, and makes the verdict void.
func (t DiffTest) of(delta float64) DiffTest {
	if t.Significant && (t.Interval[0] > 1) != (delta > 0) {
		t.Significant = false
		t.Reason = reasonContrary
	}
	return t
}

// values returns the values of both sides' processes, for the rows that have them all.
func values(all []*duel, c contest) (a, b [][]float64) {
	for _, x := range all {
		if x, y := x.a.logs(c.a), x.b.logs(c.b); x != nil && y != nil {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b
}
