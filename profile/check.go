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
	OK     bool    `json:"ok"` // all checks hold
	Checks []Check `json:"checks"`
}

// Check is one upper limit. Limit and Value have the unit of the check, which
// its name implies: a count, multiply-adds per image, bytes, or milliseconds
// per pass. A value equal to its limit holds.
type Check struct {
	Name  string `json:"name"`
	Limit Number `json:"limit"`
	Value Number `json:"value"`
	OK    bool   `json:"ok"`

	// Blame is the path of the layer that contributes most to the value or,
	// against a baseline, that slowed down most. Empty if the check holds.
	Blame string `json:"blame,omitempty"`

	// PValue is the probability of a difference to the baseline at least this
	// large if there is none. Only checks against a baseline have one.
	PValue *float64 `json:"p_value,omitempty"`
}

// Add appends a check of value against limit. blame is kept only if the check
// fails.
func (c *Checks) Add(name string, limit, value float64, blame string) {
	c.add(Check{Name: name, Limit: Number(limit), Value: Number(value), OK: value <= limit, Blame: blame})
}

func (c *Checks) add(x Check) {
	if x.OK {
		x.Blame = ""
	}
	c.Schema = CheckSchema
	c.OK = x.OK && (c.OK || len(c.Checks) == 0)
	c.Checks = append(c.Checks, x)
}

// AddBaseline appends a check of run's median pass against base's. It fails
// only if both hold: the median exceeds the baseline's by more than tolerance,
// a share of it, and the difference is statistically significant at 5 %. One
// condition alone would fail on noise (tolerance) or on differences too small
// to matter (significance). Without samples there is no test, and tolerance
// alone decides.
func (c *Checks) AddBaseline(base, run *Profile, tolerance float64) {
	d := NewDiff(base, run, "", "")
	x := Check{
		Name:   "baseline",
		Limit:  Number(base.Total.P50MS * (1 + tolerance)),
		Value:  Number(run.Total.P50MS),
		PValue: d.Total.PValue,
		Blame:  d.slowed(),
	}
	noise := x.PValue != nil && *x.PValue >= falseDiscovery
	x.OK = x.Value <= x.Limit || noise
	c.add(x)
}

// slowed returns the path of the layer that slowed down most from A to B,
// significant rows before others, or "" if none is slower.
func (d *Diff) slowed() string {
	var worst *DiffRow
	for i := range d.Layers {
		r := &d.Layers[i]
		// Rows are sorted by |Δ|, so the first slower row is the worst of its
		// kind; only significance can displace it.
		if r.Delta() > 0 && (worst == nil || r.Significant && !worst.Significant) {
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
