package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// DiffSchema names the JSON of a Diff.
const DiffSchema = "resnet-tui/diff/1"

// Diff is how two profiles differ, layer by layer. A row is matched by path,
// call and pass; what only one of them has is listed apart.
type Diff struct {
	Schema string    `json:"schema"`
	A      string    `json:"a"` // where they come from
	B      string    `json:"b"`
	AboutA DiffSide  `json:"about_a"`
	AboutB DiffSide  `json:"about_b"`
	Total  DiffTotal `json:"total"`
	Layers []DiffRow `json:"layers"`           // by |DeltaMS|, the largest first
	OnlyA  []DiffRow `json:"only_a,omitempty"` // in execution order
	OnlyB  []DiffRow `json:"only_b,omitempty"`
}

// DiffSide says what was measured.
type DiffSide struct {
	Version string `json:"version,omitempty"`
	Model   string `json:"model"`
	Device  Device `json:"device"`
	Input   Input  `json:"input"`
	Mode    string `json:"mode"`
	Fused   bool   `json:"fused"`
	Runs    int    `json:"runs"` // in all recordings

	Recordings int `json:"recordings"`
}

// DiffTotal compares whole passes. PValue is nil where a profile has no
// samples.
type DiffTotal struct {
	AMS         float64  `json:"a_ms"`
	BMS         float64  `json:"b_ms"`
	DeltaMS     float64  `json:"delta_ms"`
	PValue      *float64 `json:"p_value"`
	Significant bool     `json:"significant"`
}

// DiffRow compares one row. QValue is PValue corrected for the number of rows.
type DiffRow struct {
	Path        string   `json:"path"`
	Call        int      `json:"call"`
	Pass        string   `json:"pass"`
	AMS         *float64 `json:"a_ms,omitempty"`
	BMS         *float64 `json:"b_ms,omitempty"`
	DeltaMS     *float64 `json:"delta_ms,omitempty"`
	PValue      *float64 `json:"p_value"`
	QValue      *float64 `json:"q_value,omitempty"`
	Significant bool     `json:"significant"`
	AKernel     string   `json:"a_kernel,omitempty"`
	BKernel     string   `json:"b_kernel,omitempty"`
}

// Delta is the row's difference, 0 where only one profile has it.
func (r *DiffRow) Delta() float64 {
	if r.DeltaMS == nil {
		return 0
	}
	return *r.DeltaMS
}

// Verdict says in words what the row's difference is.
func (r *DiffRow) Verdict() string {
	switch {
	case r.AMS == nil:
		return "only in B"
	case r.BMS == nil:
		return "only in A"
	case r.PValue == nil:
		return Dash
	case !r.Significant:
		return "within noise"
	case r.Delta() > 0:
		return "slower"
	}
	return "faster"
}

// falseDiscovery is the part of the marked rows that may be marked wrongly.
const falseDiscovery = 0.05

type rowKey struct {
	path, pass string
	call       int
}

// NewDiff compares means; whether a difference is beyond noise is the rank
// test's to say, over medians of stretches of each profile's passes. Its
// p-values know the noise within a recording only: what differs from one
// process to the next shows only in several recordings, see NewPooledDiff.
func NewDiff(a, b *Profile, nameA, nameB string) *Diff {
	return newDiff([]*Profile{a}, []*Profile{b}, nameA, nameB)
}

// NewPooledDiff compares several recordings of each side, each made by a
// process of its own: Welch's t test over the recordings' medians, which knows
// what differs from process to process. Recordings of one side that are not of
// the same, or one alone beside several, are an error; one on each side is
// NewDiff.
func NewPooledDiff(a, b []*Profile, nameA, nameB string) (*Diff, error) {
	if len(a) != len(b) && min(len(a), len(b)) < 2 {
		return nil, fmt.Errorf("%d recordings of A and %d of B: to see what differs from process to process, give two or more of each", len(a), len(b))
	}
	for _, side := range [][]*Profile{a, b} {
		for _, p := range side[1:] {
			if x, y := about(side[:1]), about([]*Profile{p}); !x.same(y) {
				return nil, fmt.Errorf("recordings of one side are of different things: %s and %s", x, y)
			}
		}
	}
	return newDiff(a, b, nameA, nameB), nil
}

func newDiff(a, b []*Profile, nameA, nameB string) *Diff {
	d := &Diff{Schema: DiffSchema, A: nameA, B: nameB, AboutA: about(a), AboutB: about(b)}
	left, right := gather(a), gather(b)
	x, y := left.total.mean(), right.total.mean()
	d.Total = DiffTotal{AMS: x, BMS: y, DeltaMS: y - x, PValue: left.total.pValue(right.total)}
	d.Total.Significant = d.Total.PValue != nil && *d.Total.PValue < falseDiscovery
	for _, key := range left.keys {
		if y := right.rows[key]; y != nil {
			d.Layers = append(d.Layers, left.rows[key].against(y, key))
		} else {
			d.OnlyA = append(d.OnlyA, left.rows[key].alone(key, true))
		}
	}
	for _, key := range right.keys {
		if left.rows[key] == nil {
			d.OnlyB = append(d.OnlyB, right.rows[key].alone(key, false))
		}
	}
	d.mark()
	slices.SortStableFunc(d.Layers, func(x, y DiffRow) int { return cmp.Compare(math.Abs(y.Delta()), math.Abs(x.Delta())) })
	return d
}

// mark corrects for the number of tests.
func (d *Diff) mark() {
	var p []float64
	var of []*DiffRow
	for i := range d.Layers {
		if r := &d.Layers[i]; r.PValue != nil {
			p, of = append(p, *r.PValue), append(of, r)
		}
	}
	for i, q := range adjust(p) {
		of[i].QValue, of[i].Significant = &q, q < falseDiscovery
	}
}

// about says what the recordings of a side are of.
func about(of []*Profile) DiffSide {
	p := of[0]
	s := DiffSide{Version: p.Version, Model: p.Model.Arch, Device: p.Device, Input: p.Input, Mode: p.Mode, Fused: p.Fused, Recordings: len(of)}
	for _, p := range of {
		s.Runs += p.Runs
	}
	return s
}

// same reports whether two recordings may stand for one side.
func (s DiffSide) same(o DiffSide) bool {
	return s.Version == o.Version && s.Model == o.Model && s.Device == o.Device && s.Input.Shape.Equal(o.Input.Shape) && s.Mode == o.Mode && s.Fused == o.Fused
}

// String is what was measured, on what.
func (s DiffSide) String() string {
	fusion := "unfused"
	if s.Fused {
		fusion = "fused"
	}
	return fmt.Sprintf("%s %v in %s mode, %s, by version %s on %d threads of %s (%s, %s)",
		s.Model, s.Input.Shape, s.Mode, fusion, cmp.Or(s.Version, "unknown"), s.Device.Threads, s.Device.Name, s.Device.Kernels, s.Device.Precision)
}
