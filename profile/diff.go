package profile

import (
	"cmp"
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
	Runs    int    `json:"runs"`
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
// process to the next shows only in several recordings.
func NewDiff(a, b *Profile, nameA, nameB string) *Diff {
	d := &Diff{Schema: DiffSchema, A: nameA, B: nameB, AboutA: side(a), AboutB: side(b)}
	d.Total = DiffTotal{AMS: a.Total.MeanMS, BMS: b.Total.MeanMS, DeltaMS: b.Total.MeanMS - a.Total.MeanMS, PValue: pValue(a.Total.SamplesMS, b.Total.SamplesMS)}
	d.Total.Significant = d.Total.PValue != nil && *d.Total.PValue < falseDiscovery
	left, right := gather(a), gather(b)
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

func side(p *Profile) DiffSide {
	return DiffSide{p.Version, p.Model.Arch, p.Device, p.Input, p.Mode, p.Fused, p.Runs}
}

func pValue(a, b []float64) *float64 {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	if p, ok := RankTest(blocks(a), blocks(b)); ok {
		return &p
	}
	return nil
}

// diffSum is the rows of one key: the gradient of a layer has one a kernel.
type diffSum struct {
	ms      float64
	samples []float64
	kernel  string
}

type gathered struct {
	keys []rowKey // in execution order
	rows map[rowKey]*diffSum
}

func gather(p *Profile) gathered {
	g := gathered{rows: map[rowKey]*diffSum{}}
	for i := range p.Layers {
		r := &p.Layers[i]
		key := rowKey{r.Path, r.Pass, r.Call}
		s := g.rows[key]
		if s == nil {
			s = &diffSum{kernel: r.Kernel, samples: make([]float64, len(r.SamplesMS))}
			g.keys, g.rows[key] = append(g.keys, key), s
		} else if s.kernel != r.Kernel {
			s.kernel += ", " + r.Kernel
		}
		s.ms += r.MeanMS
		for i, ms := range r.SamplesMS[:min(len(r.SamplesMS), len(s.samples))] {
			s.samples[i] += ms
		}
	}
	return g
}

func (s *diffSum) against(o *diffSum, key rowKey) DiffRow {
	delta := o.ms - s.ms
	return DiffRow{
		Path: key.path, Call: key.call, Pass: key.pass, AMS: &s.ms, BMS: &o.ms, DeltaMS: &delta,
		PValue: pValue(s.samples, o.samples), AKernel: s.kernel, BKernel: o.kernel,
	}
}

func (s *diffSum) alone(key rowKey, left bool) DiffRow {
	r := DiffRow{Path: key.path, Call: key.call, Pass: key.pass}
	if left {
		r.AMS, r.AKernel = &s.ms, s.kernel
	} else {
		r.BMS, r.BKernel = &s.ms, s.kernel
	}
	return r
}
