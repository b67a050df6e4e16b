package profile

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// playMatch plays a match on a lab's machine until it is settled, or pairs are used up.
func playMatch(t *testing.T, l *lab, row string, factor float64, pairs int) Check {
	t.Helper()
	m := NewMatch(0.05)
	for {
		a, b := l.turns(1, row, factor)
		if err := m.Add(a[0], b[0]); err != nil {
			t.Fatal(err)
		}
		if x, settled := m.Settled(m.Pairs() == pairs, time.Second); settled || m.Pairs() == pairs {
			return x
		}
	}
}

// TestMatch: a match of equal builds says so, one with a slower build names the layer,
// and one in which the difference is what is tolerated stays open.
func TestMatch(t *testing.T) {
	x := playMatch(t, newLab(1, 0), "", 1, 40)
	if x.Verdict != VerdictNotSlower || !x.OK || x.Processes > 10 || x.Blame != "" || x.Slower != nil ||
		x.Interval == nil {
		t.Errorf("equal: %+v", x)
	}
	x = playMatch(t, newLab(2, 0), "fc", 1.4, 40)
	if x.Verdict != VerdictSlower || x.OK || x.Blame != "fc" || !slices.Equal(x.Slower, []string{"fc"}) ||
		x.Value <= x.Limit {
		t.Errorf("slower: %+v", x)
	}
	// fc is 6 of 21 parts of a pass.
	x = playMatch(t, newLab(3, 0), "fc", 1+0.05*21/6, 20)
	if x.Verdict != VerdictInconclusive || x.OK || x.Reason == "" {
		t.Errorf("at the limit: %+v", x)
	}
	x = playMatch(t, newLab(3, 0), "fc", 2, 1)
	if x.Verdict != VerdictInconclusive || !strings.Contains(x.Reason, "time for 1 pair") {
		t.Errorf("one pair: %+v", x)
	}
}

// TestMatchErrs rarely: over all looks, matches at the very limit take a side in about
// 1 % of cases at most, in spells too.
func TestMatchErrs(t *testing.T) {
	for _, spells := range []time.Duration{0, 10 * time.Second} {
		l := newLab(7+uint64(spells), spells)
		wrong := 0
		for range 100 {
			if x := playMatch(t, l, "fc", 1+0.05*21/6, 24); x.Verdict != VerdictInconclusive {
				wrong++
			}
		}
		if wrong > 3 {
			t.Errorf("spells of %v: %d of 100 matches at the limit were settled", spells, wrong)
		}
	}
}

func TestMatchRefuses(t *testing.T) {
	l := newLab(1, 0)
	a, b := l.turns(2, "", 1)
	m := NewMatch(0.05)
	if err := m.Add(a[0], b[0]); err != nil {
		t.Fatal(err)
	}
	b[1].Layers = b[1].Layers[1:]
	if err := m.Add(a[1], b[1]); err == nil || !strings.Contains(err.Error(), "5 kernels, not 6") {
		t.Errorf("another program: %v", err)
	}
}
