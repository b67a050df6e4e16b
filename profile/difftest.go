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
		if d.Reason = reasonSingle; d.OtherDevice {
			d.Reason = reasonSingleDevices
		}
		testPair(all)
	case c.paired():
		d.TurnAbout = true
		testProcesses(all, c, "")
	case d.OtherDevice:
		d.Reason = reasonDevices
		testProcesses(all, c, reasonRowDevice)
	default:
		d.Reason = reasonApart
		testProcesses(all, c, reasonRowApart)
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

// testProcesses tests the processes of two sides. apart is why what was not compared in
// pairs is not significant.
func testProcesses(all []*duel, c contest, apart string) {
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
		x.test.contrary = x.contrary(c, ratio)
		p, of = append(p, v), append(of, &x.test)
	}
	for i, v := range adjust(p) {
		of[i].PAdjusted, of[i].Significant = &v, v < falseVerdict
		if !of[i].Significant && !c.paired() {
			of[i].Reason = apart
		}
	}
}

// contrary reports whether typical times moved against the low quantile, whose interval
// is given, by more than their noise: then neither is evidence.
func (x *duel) contrary(c contest, low [2]float64) bool {
	e, ok := c.estimate(logs(x.a.typical, c.a), logs(x.b.typical, c.b))
	if !ok {
		return false
	}
	typical := e.interval()
	return low[0] > 1 && typical[1] < 1 || low[1] < 1 && typical[0] > 1
}

// settled returns the test, void if the typical times say the contrary.
func (t DiffTest) settled() DiffTest {
	if t.Significant && t.contrary {
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
