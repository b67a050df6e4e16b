package profile

import (
	"cmp"
	"slices"
)

// CheckSchema names the JSON of a Checks.
const CheckSchema = "resnet-tui/check/1"

// Checks holds the limits that a net was checked against, and whether it keeps
// them. The zero value has no checks; OK is meaningful after the first Add.
type Checks struct {
	Schema string  `json:"schema"`
	Device Device  `json:"device"` // that runs the net, and whose memory is planned
	OK     bool    `json:"ok"`     // all checks hold
	Checks []Check `json:"checks"`
}

// The verdicts of checks against a baseline or another build.
const (
	VerdictSlower       = "slower"
	VerdictNotSlower    = "not slower"
	VerdictInconclusive = "inconclusive" // noise forbids a verdict
)

// Check is one upper limit. Limit and Value have the unit of the check, which
// its name implies: a count, multiply-adds per image, bytes, or milliseconds
// per pass. A value equal to its limit holds.
type Check struct {
	Name  string `json:"name"`
	Limit Number `json:"limit"`
	Value Number `json:"value"`
	OK    bool   `json:"ok"` // it is shown to hold: false for an inconclusive one too

	// Blame is the path of the layer that contributes most to the value or, against a
	// baseline or another build, that slowed down most; "total" if no layer stands out
	// alone. Empty if the check holds.
	Blame string `json:"blame,omitempty"`

	// Verdict is how a check against a baseline or another build came out, and Reason
	// why it is inconclusive. Other checks have neither.
	Verdict string `json:"verdict,omitempty"`
	Reason  string `json:"reason,omitempty"`

	// Against another build: the number of processes of each, the seconds that they
	// took, the 95 % confidence interval of this one's time over the other's, and the
	// layers that are slower beyond noise, the largest difference first.
	Processes int         `json:"processes,omitempty"`
	Seconds   Number      `json:"seconds,omitempty"`
	Interval  *[2]float64 `json:"interval,omitempty"`
	Slower    []string    `json:"slower,omitempty"`

	// PValue is the probability of a difference to the baseline, or the other build, at
	// least this large if there is none. Only such checks have one.
	PValue *float64 `json:"p_value,omitempty"`
}

// Add appends a check of value against limit. blame is kept only if the check
// fails.
func (c *Checks) Add(name string, limit, value float64, blame string) {
	c.AddCheck(Check{Name: name, Limit: Number(limit), Value: Number(value), OK: value <= limit, Blame: blame})
}

// AddCheck appends a check.
func (c *Checks) AddCheck(x Check) {
	if x.OK {
		x.Blame = ""
	}
	c.Schema = CheckSchema
	c.OK = x.OK && (c.OK || len(c.Checks) == 0)
	c.Checks = append(c.Checks, x)
}

const (
	reasonOtherTime = "the baseline is from another time, and a spell of the machine may explain up to twofold; " +
		"a check against its program runs both turn about"
	reasonWithinPair = "passes vary more than that"
)

// AddBaseline appends a check of run's typical pass against base's, which may be slower
// by tolerance, a share of it. Both were recorded at different times, so what exceeds
// that is a verdict only if it is more than spells of the machine explain, and if the
// passes differ by a rank test; else the check is inconclusive.
func (c *Checks) AddBaseline(base, run *Profile, tolerance float64) {
	d := NewDiff(base, run, "", "")
	x := Check{
		Name:    "baseline",
		Limit:   Number(base.Total.TimeMS() * (1 + tolerance)),
		Value:   Number(run.Total.TimeMS()),
		PValue:  d.Total.PValue,
		Blame:   d.slowed(),
		Verdict: VerdictSlower,
	}
	switch {
	case x.Value <= x.Limit:
		x.Verdict = VerdictNotSlower
	case x.Value <= x.Limit*spellRatio:
		x.Verdict, x.Reason = VerdictInconclusive, reasonOtherTime
	case x.PValue != nil && *x.PValue >= pairLevel:
		x.Verdict, x.Reason = VerdictInconclusive, reasonWithinPair
	}
	x.OK = x.Verdict == VerdictNotSlower
	c.AddCheck(x)
}

// slowed returns the path of the layer that slowed down most from A to B, rows that
// stand out from noise before others, or "" if none is slower.
func (d *Diff) slowed() string {
	var worst *DiffRow
	outstanding := func(r *DiffRow) bool { return r.Significant || r.InPair }
	for i := range d.Layers {
		r := &d.Layers[i]
		// Rows are sorted by |Δ|, so the first slower row is the worst of its
		// kind; only one that stands out can displace it.
		if r.Delta() > 0 && (worst == nil || outstanding(r) && !outstanding(worst)) {
			worst = r
		}
	}
	if worst == nil {
		return ""
	}
	return worst.Path
}

// Slowest returns the path of the row with the largest mean, or "" if the
// profile has no rows.
func (p *Profile) Slowest() string {
	if len(p.Layers) == 0 {
		return ""
	}
	slowest := slices.MaxFunc(p.Layers, func(a, b LayerRow) int { return cmp.Compare(a.MeanMS, b.MeanMS) })
	return slowest.Path
}
