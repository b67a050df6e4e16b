package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// DiffSchema names the JSON of a Diff.
const DiffSchema = "resnet-tui/diff/1"

// Diff compares two sides, A and B, of one or several recordings each, layer by
// layer. Rows are matched by path, call and pass; several kernels with the same
// key (the gradients of a layer) are summed. Rows that only one side has are
// listed separately. Times are milliseconds per pass.
type Diff struct {
	Schema string    `json:"schema"`
	A      string    `json:"a"` // names of the sides, such as their files
	B      string    `json:"b"`
	AboutA DiffSide  `json:"about_a"`
	AboutB DiffSide  `json:"about_b"`
	Total  DiffTotal `json:"total"`
	Layers []DiffRow `json:"layers"`           // sorted by |DeltaMS|, largest first
	OnlyA  []DiffRow `json:"only_a,omitempty"` // in execution order
	OnlyB  []DiffRow `json:"only_b,omitempty"`
}

// DiffSide describes the recordings of one side. All but Runs and Recordings is
// the same for each of them.
type DiffSide struct {
	Version string `json:"version,omitempty"`
	Model   string `json:"model"`
	Device  Device `json:"device"`
	Input   Input  `json:"input"`
	Mode    string `json:"mode"`
	Fused   bool   `json:"fused"`
	Runs    int    `json:"runs"` // measured passes, summed over the recordings

	Recordings int `json:"recordings"`
}

// DiffTotal compares whole passes. The times are means, DeltaMS is B − A, and
// PValue is nil if a side has no samples to test.
type DiffTotal struct {
	AMS         float64  `json:"a_ms"`
	BMS         float64  `json:"b_ms"`
	DeltaMS     float64  `json:"delta_ms"`
	PValue      *float64 `json:"p_value"`
	Significant bool     `json:"significant"`
}

// DiffRow compares one row. Times are means, nil on a side without the row.
//
// PValue tests the row alone; QValue is PValue adjusted for the number of rows
// tested, and Significant means a QValue below 5 %: on average at most 5 % of
// the significant rows are false discoveries. Both values are nil if there are
// no samples to test.
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

// Delta returns B − A in milliseconds, 0 for a row that only one side has.
func (r *DiffRow) Delta() float64 {
	if r.DeltaMS == nil {
		return 0
	}
	return *r.DeltaMS
}

// Verdict puts the row's difference into words: "slower" and "faster" only if
// it is significant.
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

// falseDiscovery bounds the expected share of false discoveries among the
// significant rows. It is also the significance level for whole passes.
const falseDiscovery = 0.05

// rowKey identifies a row across profiles.
type rowKey struct {
	path, pass string
	call       int
}

// NewDiff compares two recordings. Differences are of means, as means add up
// over rows; their significance comes from RankTest over medians of stretches
// of passes, as those are robust and nearly independent.
//
// The p-values cover the noise within a recording only. Layout of memory,
// placement of threads and clock frequency also differ from process to process
// and can exceed it: see NewPooledDiff.
func NewDiff(a, b *Profile, nameA, nameB string) *Diff {
	return newDiff([]*Profile{a}, []*Profile{b}, nameA, nameB)
}

// NewPooledDiff compares several recordings of each side, each made by a
// separate process. Its p-values come from WelchTest over the recordings'
// medians and so include the variation between processes (Georges, Buytaert and
// Eeckhout, Statistically rigorous Java performance evaluation, OOPSLA 2007).
// With one recording of each side it is NewDiff.
//
// It returns an error if one side has a single recording and the other several,
// or if the recordings of a side differ in what they measured.
func NewPooledDiff(a, b []*Profile, nameA, nameB string) (*Diff, error) {
	if len(a) != len(b) && min(len(a), len(b)) < 2 {
		return nil, fmt.Errorf("%d recordings of A and %d of B: "+
			"to see what differs from process to process, give two or more of each", len(a), len(b))
	}
	for _, side := range [][]*Profile{a, b} {
		for _, p := range side[1:] {
			if x, y := about(side[:1]), about([]*Profile{p}); !x.same(y) {
				return nil, fmt.Errorf("recordings of one side differ in what they measured: %s and %s", x, y)
			}
		}
	}
	return newDiff(a, b, nameA, nameB), nil
}

func newDiff(a, b []*Profile, nameA, nameB string) *Diff {
	d := &Diff{Schema: DiffSchema, A: nameA, B: nameB, AboutA: about(a), AboutB: about(b)}
	left, right := gather(a), gather(b)
	d.Total = totalDiff(left.total, right.total)
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
	slices.SortStableFunc(d.Layers, func(x, y DiffRow) int {
		return cmp.Compare(math.Abs(y.Delta()), math.Abs(x.Delta()))
	})
	return d
}

func totalDiff(a, b *diffSum) DiffTotal {
	t := DiffTotal{AMS: a.mean(), BMS: b.mean(), PValue: a.pValue(b)}
	t.DeltaMS = t.BMS - t.AMS
	t.Significant = t.PValue != nil && *t.PValue < falseDiscovery
	return t
}

// mark sets the q-values. With some hundred rows, 5 % of them would have a
// p-value below 5 % by chance, so p alone can't decide. Rows that only one side
// has are not tested and don't count.
func (d *Diff) mark() {
	var p []float64
	var of []*DiffRow // of[i] has p[i]
	for i := range d.Layers {
		if r := &d.Layers[i]; r.PValue != nil {
			p, of = append(p, *r.PValue), append(of, r)
		}
	}
	for i, q := range adjust(p) {
		of[i].QValue, of[i].Significant = &q, q < falseDiscovery
	}
}

// about describes the recordings of a side by their first one.
func about(of []*Profile) DiffSide {
	p := of[0]
	s := DiffSide{
		Version:    p.Version,
		Model:      p.Model.Arch,
		Device:     p.Device,
		Input:      p.Input,
		Mode:       p.Mode,
		Fused:      p.Fused,
		Recordings: len(of),
	}
	for _, p := range of {
		s.Runs += p.Runs
	}
	return s
}

// same reports whether two recordings can be pooled on one side. The source of
// the images doesn't matter: times don't depend on values.
func (s DiffSide) same(o DiffSide) bool {
	return s.Version == o.Version && s.Model == o.Model && s.Device == o.Device &&
		s.Input.Shape.Equal(o.Input.Shape) && s.Mode == o.Mode && s.Fused == o.Fused
}

// String describes the measurement in one line, for errors.
func (s DiffSide) String() string {
	fusion := "unfused"
	if s.Fused {
		fusion = "fused"
	}
	return fmt.Sprintf("%s %v in %s mode, %s, by version %s on %d threads of %s (%s, %s)",
		s.Model, s.Input.Shape, s.Mode, fusion, cmp.Or(s.Version, "unknown"),
		s.Device.Threads, s.Device.Name, s.Device.Kernels, s.Device.Precision)
}
