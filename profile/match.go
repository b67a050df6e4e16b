package profile

import (
	"fmt"
	"time"
)

// Match compares another build of the program, A, with this one, B, process by process,
// until it is settled whether B is slower. Add two processes at a time, in turns, and
// ask for a Verdict after each.
//
// It is a sequential test: looking at the data again and again until they please would
// find a difference sooner or later. So there are few looks, after 6 pairs and whenever
// there are a third more, and look k may err with a probability of α/(k(k+1)) only.
// Over all looks, however many, that is less than α = 0.2 % for each of the verdicts
// "slower" and "not slower" (spending of α: K. K. G. Lan and D. L. DeMets, Discrete
// sequential boundaries for clinical trials, Biometrika 70, 1983; the sum over looks
// bounds it whatever their dependence).
type Match struct {
	tolerance float64 // a share of A's time
	a, b      []*Profile
	looks     int
	next      int // number of pairs at the next look
}

const firstLook = 6 // pairs

// NewMatch returns a match in which B may be slower by tolerance, a share of A's time.
func NewMatch(tolerance float64) *Match { return &Match{tolerance: tolerance, next: firstLook} }

// Add adds a process of each side, which ran one after the other. It is an error if a
// side measures something else than before, or B something else than A.
func (m *Match) Add(a, b *Profile) error {
	for _, side := range []struct{ before, now *Profile }{{first(m.a, a), a}, {first(m.b, b), b}} {
		if err := sameProgram(side.before, side.now); err != nil {
			return err
		}
	}
	if x, y := a.Model.Arch, b.Model.Arch; x != y || !a.Input.Shape.Equal(b.Input.Shape) {
		return fmt.Errorf("one runs %s on %v, the other %s on %v", x, a.Input.Shape, y, b.Input.Shape)
	}
	m.a, m.b = append(m.a, a), append(m.b, b)
	return nil
}

func first(list []*Profile, or *Profile) *Profile {
	if len(list) > 0 {
		return list[0]
	}
	return or
}

// Pairs returns the number of pairs so far.
func (m *Match) Pairs() int { return len(m.a) }

// Settled looks whether there is a verdict; last says that no more pairs will come. The
// check is inconclusive, and settled is false, if there is none yet.
func (m *Match) Settled(last bool, took time.Duration) (x Check, settled bool) {
	x = Check{Name: "against", Processes: m.Pairs(), Seconds: Number(took.Seconds()), Verdict: VerdictInconclusive}
	if m.Pairs() < m.next && !last {
		return x, false
	}
	if m.Pairs() < 2 {
		x.Reason = fmt.Sprintf("there was time for %d pairs of processes; a verdict needs two, better %d",
			m.Pairs(), firstLook)
		return x, false
	}
	m.next = max(m.next, m.Pairs()) * 4 / 3
	m.looks++
	level := falseVerdict / float64(m.looks*(m.looks+1))
	d := newDiff(m.a, m.b, "", "")
	x.Limit, x.Value = Number(d.Total.AMS*(1+m.tolerance)), Number(d.Total.BMS)
	x.PValue, x.Interval, x.Slower = d.Total.PValue, d.Total.Interval, d.slower(level)
	x.Verdict = m.verdict(d, level)
	x.OK = x.Verdict == VerdictNotSlower
	switch x.Verdict {
	case VerdictInconclusive:
		x.Reason = "the processes vary too much to tell"
	case VerdictSlower:
		x.Blame = "total"
		if len(x.Slower) > 0 {
			x.Blame = x.Slower[0]
		}
	}
	return x, x.Verdict != VerdictInconclusive
}

// verdict compares whole passes with the tolerance at a level of significance.
func (m *Match) verdict(d *Diff, level float64) string {
	e := d.Total.estimate
	switch most := 1 + m.tolerance; {
	case e == nil:
	case e.exceeds(most) < level:
		return VerdictSlower
	case e.staysBelow(most) < level:
		return VerdictNotSlower
	}
	return VerdictInconclusive
}

// slower returns the paths of the layers that are slower in B, at a level of
// significance for all of them together, the largest difference first.
func (d *Diff) slower(level float64) (paths []string) {
	for i := range d.Layers {
		r := &d.Layers[i]
		if r.PAdjusted != nil && *r.PAdjusted < level && r.Interval[0] > 1 && !r.contrary {
			paths = append(paths, r.Path)
		}
	}
	return paths
}
