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
// listed separately. Times are milliseconds per pass: typical ones, or means where a
// recording knows no others. Over several recordings it is their mean; where they ran
// turn about, over the half of a side's processes that were the fastest as a whole, the
// same for all rows: the others ran in slow spells of the machine, in part at least.
type Diff struct {
	Schema string   `json:"schema"`
	A      string   `json:"a"` // names of the sides, such as their files
	B      string   `json:"b"`
	AboutA DiffSide `json:"about_a"`
	AboutB DiffSide `json:"about_b"`

	// TurnAbout means that processes of A and B ran in turns, so that pairs of
	// neighbours were compared. It is false where OtherDevice says that B ran on another
	// device than A: a spell that slows one of them need not slow the other, and pairs
	// cancel nothing. Reason says why nothing, or only what is large, can be significant;
	// empty otherwise.
	TurnAbout   bool   `json:"turn_about"`
	OtherDevice bool   `json:"other_device,omitempty"`
	Reason      string `json:"reason,omitempty"`

	Total  DiffTotal `json:"total"`
	Layers []DiffRow `json:"layers"`           // sorted by |DeltaMS|, largest first
	OnlyA  []DiffRow `json:"only_a,omitempty"` // in execution order
	OnlyB  []DiffRow `json:"only_b,omitempty"`
}

// DiffSide describes the recordings of one side. All but Runs, Recordings and
// Processes is the same for each of them.
type DiffSide struct {
	Version string `json:"version,omitempty"`
	Model   string `json:"model"`
	Device  Device `json:"device"`
	Input   Input  `json:"input"`
	Mode    string `json:"mode"`
	Fused   bool   `json:"fused"`
	Runs    int    `json:"runs"` // measured passes, summed over the recordings

	Recordings int `json:"recordings"`
	Processes  int `json:"processes"` // summed over the recordings
}

// DiffTest says how well a difference stands out from noise.
//
// With two processes a side, or more, PValue is the probability of a difference
// between processes at least this large if A and B are equally fast; PAdjusted is it
// for all rows and the total as one family, and Significant means that it is below
// 0.2 %. Interval is the 95 % confidence interval of B's time over A's, by processes.
//
// With one process a side, PValue is that of a rank test within this pair, which
// repeats as long as the machine's spells last: nothing is significant, InPair marks
// what differs in this pair, and Reason says so. PValue is nil without samples.
type DiffTest struct {
	PValue      *float64    `json:"p_value"`
	PAdjusted   *float64    `json:"p_adjusted,omitempty"`
	Interval    *[2]float64 `json:"interval,omitempty"`
	Significant bool        `json:"significant"`
	InPair      bool        `json:"in_pair,omitempty"`
	Reason      string      `json:"reason,omitempty"`

	estimate *estimate // by processes, nil if there are too few
	contrary bool      // typical times say the contrary of the low quantiles, which are tested
}

// DiffTotal compares whole passes. DeltaMS is B − A.
type DiffTotal struct {
	AMS     float64 `json:"a_ms"`
	BMS     float64 `json:"b_ms"`
	DeltaMS float64 `json:"delta_ms"`
	DiffTest
}

// DiffRow compares one row. Times are nil on a side without the row.
type DiffRow struct {
	Path    string   `json:"path"`
	Call    int      `json:"call"`
	Pass    string   `json:"pass"`
	AMS     *float64 `json:"a_ms,omitempty"`
	BMS     *float64 `json:"b_ms,omitempty"`
	DeltaMS *float64 `json:"delta_ms,omitempty"`
	DiffTest
	AKernel string `json:"a_kernel,omitempty"`
	BKernel string `json:"b_kernel,omitempty"`
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
	}
	return r.DiffTest.verdict()
}

// Verdict puts the difference of whole passes into words, as that of a row.
func (t *DiffTotal) Verdict() string { return t.DiffTest.verdict() }

// Row returns the total as a row without a path.
func (t *DiffTotal) Row() DiffRow {
	return DiffRow{AMS: &t.AMS, BMS: &t.BMS, DeltaMS: &t.DeltaMS, DiffTest: t.DiffTest}
}

func (t *DiffTest) verdict() string {
	switch {
	case t.PValue == nil:
		return Dash
	case t.Significant && t.Interval[0] > 1:
		return "slower"
	case t.Significant:
		return "faster"
	case t.InPair:
		return "differs in this pair"
	}
	return "within noise"
}

// What Diff.Reason and DiffTest.Reason say.
const (
	reasonSingle        = "one process a side: what differs in this pair can't be told from the machine's spells"
	reasonSingleDevices = "one process a side, on different devices: " +
		"a spell of either may explain differences up to twofold"
	reasonApart = "the processes of A and B did not run turn about: " +
		"spells of the machine may explain differences up to twofold"
	reasonDevices = "A and B ran on different devices: " +
		"spells that slow one of them alone may explain differences up to twofold"
	reasonNoSamples = "no samples of passes to test"
	reasonContrary  = "the fastest passes and the typical ones moved in opposite directions"

	reasonRowSingle = "one process a side"
	reasonRowApart  = "not turn about, and less than twofold"
	reasonRowDevice = "on different devices, and less than twofold"
)

// pairLevel bounds the probability that a rank test within a pair of processes marks a
// row, if passes were all that varies.
const pairLevel = 0.05

// rowKey identifies a row across profiles.
type rowKey struct {
	path, pass string
	call       int
}

// NewDiff compares two recordings; it is NewPooledDiff with one of each side.
func NewDiff(a, b *Profile, nameA, nameB string) *Diff {
	return newDiff([]*Profile{a}, []*Profile{b}, nameA, nameB)
}

// NewPooledDiff compares one or several recordings of each side, of one or several
// processes each. It returns an error if one side has a single process and the other
// several, or if the recordings of a side differ in what they measured.
func NewPooledDiff(a, b []*Profile, nameA, nameB string) (*Diff, error) {
	for _, side := range [][]*Profile{a, b} {
		for _, p := range side[1:] {
			if x, y := about(side[:1]), about([]*Profile{p}); !x.same(y) {
				return nil, fmt.Errorf("recordings of one side differ in what they measured: %s and %s", x, y)
			}
		}
	}
	if x, y := about(a).Processes, about(b).Processes; x != y && min(x, y) < 2 {
		return nil, fmt.Errorf("%d processes of A and %d of B: "+
			"a verdict needs two or more of each", x, y)
	}
	return newDiff(a, b, nameA, nameB), nil
}

func newDiff(a, b []*Profile, nameA, nameB string) *Diff {
	d := &Diff{Schema: DiffSchema, A: nameA, B: nameB, AboutA: about(a), AboutB: about(b)}
	left, right := gather(a), gather(b)
	all := []*duel{{a: left.total, b: right.total}}
	var both []rowKey
	for _, key := range left.keys {
		if y := right.rows[key]; y != nil {
			both = append(both, key)
			all = append(all, &duel{a: left.rows[key], b: y})
		} else {
			d.OnlyA = append(d.OnlyA, left.rows[key].alone(key, true))
		}
	}
	for _, key := range right.keys {
		if left.rows[key] == nil {
			d.OnlyB = append(d.OnlyB, right.rows[key].alone(key, false))
		}
	}
	c := newContest(left.started, right.started)
	if d.OtherDevice = !d.AboutA.Device.sameProcessor(d.AboutB.Device); d.OtherDevice {
		c.pairs = nil
	}
	c = c.calm(values(all, c))
	d.runDuels(all, c)
	useA, useB := c.compared()
	useA, useB = left.total.fastest(useA), right.total.fastest(useB)
	d.Total = all[0].total(useA, useB)
	for i, key := range both {
		d.Layers = append(d.Layers, all[i+1].row(key, useA, useB))
	}
	slices.SortStableFunc(d.Layers, func(x, y DiffRow) int {
		return cmp.Compare(math.Abs(y.Delta()), math.Abs(x.Delta()))
	})
	return d
}

// total returns the comparison of whole passes, of the processes to use.
func (x *duel) total(useA, useB []int) DiffTotal {
	a, b := x.a.time(useA), x.b.time(useB)
	return DiffTotal{a, b, b - a, x.test.settled()}
}

// row returns the comparison of a row, of the processes to use.
func (x *duel) row(key rowKey, useA, useB []int) DiffRow {
	a, b := x.a.time(useA), x.b.time(useB)
	delta := b - a
	return DiffRow{
		Path: key.path, Call: key.call, Pass: key.pass, AMS: &a, BMS: &b, DeltaMS: &delta,
		DiffTest: x.test.settled(), AKernel: x.a.kernel, BKernel: x.b.kernel,
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
		s.Processes += max(len(p.Processes), 1)
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
	return fmt.Sprintf("%s %v in %s mode, %s, by version %s on %s (%s, %s)",
		s.Model, s.Input.Shape, s.Mode, fusion, cmp.Or(s.Version, "unknown"),
		s.Device.Processor(), s.Device.Kernels, s.Device.Precision)
}
