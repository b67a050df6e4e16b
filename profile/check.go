package profile

import (
	"cmp"
	"slices"
)

// CheckSchema names the JSON of a Checks.
const CheckSchema = "resnet-tui/check/1"

// Checks are limits that a net is held to.
type Checks struct {
	Schema string  `json:"schema"`
	OK     bool    `json:"ok"` // all of them hold
	Checks []Check `json:"checks"`
}

// Check is one limit: a value above it does not hold. Blame is the layer that
// has most of the value or, against a baseline, that slowed down most; empty
// where the check holds.
type Check struct {
	Name   string   `json:"name"`
	Limit  float64  `json:"limit"`
	Value  float64  `json:"value"`
	OK     bool     `json:"ok"`
	Blame  string   `json:"blame,omitempty"`
	PValue *float64 `json:"p_value,omitempty"` // that the difference to a baseline is noise
}

// Add appends a check; blame is used if it does not hold.
func (c *Checks) Add(name string, limit, value float64, blame string) {
	c.add(Check{Name: name, Limit: limit, Value: value, OK: value <= limit, Blame: blame})
}

func (c *Checks) add(x Check) {
	if x.OK {
		x.Blame = ""
	}
	c.Schema, c.OK = CheckSchema, x.OK && (c.OK || len(c.Checks) == 0)
	c.Checks = append(c.Checks, x)
}

// AddBaseline compares medians of passes. A run that is slower than the
// baseline by more than the tolerance, a part of it, does not hold, if that is
// beyond the noise of both.
func (c *Checks) AddBaseline(base, run *Profile, tolerance float64) {
	x := Check{Name: "baseline", Limit: base.Total.P50MS * (1 + tolerance), Value: run.Total.P50MS}
	d := NewDiff(base, run, "", "")
	x.PValue = d.Total.PValue
	x.OK = x.Value <= x.Limit || x.PValue != nil && *x.PValue >= falseDiscovery
	x.Blame = d.slowed()
	c.add(x)
}

// slowed is the layer that B took longer for, marked ones first.
func (d *Diff) slowed() string {
	var worst *DiffRow
	for i := range d.Layers {
		r := &d.Layers[i]
		if r.Delta() > 0 && (worst == nil || r.Significant && !worst.Significant) {
			worst = r // rows come by |Δ|
		}
	}
	if worst == nil {
		return ""
	}
	return worst.Path
}

// Slowest is the path of the row with the longest mean.
func (p *Profile) Slowest() string {
	if len(p.Layers) == 0 {
		return ""
	}
	return slices.MaxFunc(p.Layers, func(a, b LayerRow) int { return cmp.Compare(a.MeanMS, b.MeanMS) }).Path
}
