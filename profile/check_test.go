package profile

import "testing"

func TestChecks(t *testing.T) {
	var c Checks
	c.Add("max-params", 10, 10, "fc")
	if !c.OK || c.Checks[0].Blame != "" {
		t.Errorf("at the limit: %+v", c)
	}
	c.Add("max-macs", 10, 11, "conv1")
	c.Add("max-ms", 10, 1, "conv1")
	if c.OK || c.Checks[1].OK || c.Checks[1].Blame != "conv1" || !c.Checks[2].OK {
		t.Errorf("a failed check among others: %+v", c)
	}
}

// TestBaseline: a slowdown that no spell explains fails, and names the layer; a speedup
// holds; between the tolerance and twofold there is no verdict.
func TestBaseline(t *testing.T) {
	order := []string{"conv1", "layer1.0.conv1", "fc"}
	with := func(seed uint64, slow float64) *Profile {
		return noisy(seed, map[string]float64{"conv1": 1, "layer1.0.conv1": slow, "fc": 0.5}, order...)
	}
	base := with(1, 2)
	for _, c := range []struct {
		run            *Profile
		ok             bool
		verdict, blame string
	}{
		{with(2, 2), true, VerdictNotSlower, ""}, {with(3, 1), true, VerdictNotSlower, ""},
		{with(4, 3), false, VerdictInconclusive, "layer1.0.conv1"}, {with(5, 2.05), true, VerdictNotSlower, ""},
		{with(6, 7), false, VerdictSlower, "layer1.0.conv1"},
	} {
		var checks Checks
		checks.AddBaseline(base, c.run, 0.05)
		x := checks.Checks[0]
		if x.OK != c.ok || x.Verdict != c.verdict || x.Blame != c.blame || x.PValue == nil || checks.OK != c.ok ||
			(x.Reason != "") != (c.verdict == VerdictInconclusive) {
			t.Errorf("%+v, want %v, %q and %q", x, c.ok, c.verdict, c.blame)
		}
	}
	noise := with(6, 7)
	noise.Total.SamplesMS = base.Total.SamplesMS
	var checks Checks
	if checks.AddBaseline(base, noise, 0.05); checks.Checks[0].Verdict != VerdictInconclusive {
		t.Error("a time above the limit fails though its samples are the baseline's")
	}
	if base.Slowest() != "layer1.0.conv1" {
		t.Error(base.Slowest())
	}
}
