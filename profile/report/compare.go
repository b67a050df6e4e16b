package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/train"
)

// Compare is two nets side by side, after a backward pass of each on the same
// images.
type Compare struct {
	Schema    string         `json:"schema"`
	A         *Run           `json:"a"`
	B         *Run           `json:"b"`
	Blocks    []BlockPair    `json:"blocks"`
	Responses []ResponsePair `json:"responses"`
	Times     TimePair       `json:"times"`
	Outputs   *OutputPair    `json:"outputs,omitempty"` // if both have the same classes
}

// OutputPair says how far b's outputs are from a's.
type OutputPair struct {
	KL    Number `json:"kl"`    // mean over images of Σ p·ln(p/q), p from a, q from b
	Agree int    `json:"agree"` // images for which both find the same class likeliest
}

// BlockPair is the block of one path in both nets, nil where a net has none.
type BlockPair struct {
	Path string     `json:"path"`
	A    *BlockGrad `json:"a,omitempty"`
	B    *BlockGrad `json:"b,omitempty"`
}

// ResponsePair is the deviation of a convolution's response in both nets, see
// resnet.Response.
type ResponsePair struct {
	Path string  `json:"path"`
	A    *Number `json:"a,omitempty"`
	B    *Number `json:"b,omitempty"`
}

// PassTimes are the medians of what the passes' layers took.
type PassTimes struct {
	ForwardMS  float64 `json:"forward_ms"`
	BackwardMS float64 `json:"backward_ms"`
	Runs       int     `json:"runs"`
}

// TimePair is both nets'.
type TimePair struct {
	A PassTimes `json:"a"`
	B PassTimes `json:"b"`
}

// Side is one of the nets.
type Side struct {
	Run       *Run
	Responses []resnet.Response
	Profile   *profile.Profile
}

// NewCompare aligns two nets by the paths of blocks and convolutions.
func NewCompare(a, b Side) *Compare {
	c := &Compare{Schema: "resnet-tui/compare/1", A: a.Run, B: b.Run, Times: TimePair{passTimes(a.Profile), passTimes(b.Profile)}}
	blocks := map[string]int{}
	for i := range a.Run.Blocks {
		blocks[a.Run.Blocks[i].Path] = i
		c.Blocks = append(c.Blocks, BlockPair{Path: a.Run.Blocks[i].Path, A: &a.Run.Blocks[i]})
	}
	for i := range b.Run.Blocks {
		block := &b.Run.Blocks[i]
		if at, ok := blocks[block.Path]; ok {
			c.Blocks[at].B = block
		} else {
			c.Blocks = append(c.Blocks, BlockPair{Path: block.Path, B: block})
		}
	}
	c.Responses = pairResponses(a.Responses, b.Responses)
	if a.Run.Output.Shape.Equal(b.Run.Output.Shape) {
		c.Outputs = pairOutputs(a.Run.Output.Logits, b.Run.Output.Logits)
	}
	return c
}

func pairOutputs(a, b []Row) *OutputPair {
	var c train.Change
	for i := range a {
		c.Add(a[i], b[i], -1)
	}
	return &OutputPair{KL: Number(c.KL()), Agree: c.Images - c.Moved}
}

func pairResponses(a, b []resnet.Response) []ResponsePair {
	var pairs []ResponsePair
	at := map[string]int{}
	for _, r := range a {
		at[r.Path] = len(pairs)
		pairs = append(pairs, ResponsePair{Path: r.Path, A: known(Number(r.Std))})
	}
	for _, r := range b {
		if i, ok := at[r.Path]; ok {
			pairs[i].B = known(Number(r.Std))
		} else {
			pairs = append(pairs, ResponsePair{Path: r.Path, B: known(Number(r.Std))})
		}
	}
	return pairs
}

// passTimes sums up a profile by pass.
func passTimes(p *profile.Profile) PassTimes {
	rows := map[string][]profile.LayerRow{}
	for _, r := range p.Layers {
		rows[r.Pass] = append(rows[r.Pass], r)
	}
	t := PassTimes{Runs: p.Runs}
	if f := rows["forward"]; len(f) > 0 {
		t.ForwardMS = profile.P50MS(f)
	}
	if b := rows["backward"]; len(b) > 0 {
		t.BackwardMS = profile.P50MS(b)
	}
	return t
}

// Table has one row per block.
func (c *Compare) Table() Tabular {
	a, b := gradColumns("a", c.axis(), blockOfA), gradColumns("b", c.axis(), blockOfB)
	b.bar.Title += " " // a gap between the norms and their parts
	return Table[BlockPair]{Rows: c.Blocks, Columns: []Column[BlockPair]{
		{"path", "block", left, func(p BlockPair) Cell { return plain(p.Path) }},
		a.out, b.out,
		a.in, a.bar, b.in, b.bar,
		a.skip, a.branch, a.cosine, b.skip, b.branch, b.cosine,
	}}
}

func blockOfA(p BlockPair) *BlockGrad { return p.A }
func blockOfB(p BlockPair) *BlockGrad { return p.B }

// sideColumns are the columns of one of the two nets.
type sideColumns struct{ out, in, bar, skip, branch, cosine Column[BlockPair] }

// gradColumns shows the gradients at the blocks of one net, which side names;
// of returns its block, nil where it has none.
func gradColumns(side string, axis logAxis, of func(p BlockPair) *BlockGrad) sideColumns {
	column := func(name, title string, value func(b *BlockGrad) *Number) Column[BlockPair] {
		return Column[BlockPair]{side + "_" + name, side + ": " + title, right, func(p BlockPair) Cell {
			if b := of(p); b != nil {
				return number(value(b))
			}
			return missing
		}}
	}
	columns := sideColumns{
		out:    column("grad_out", "", func(b *BlockGrad) *Number { return &b.GradOut }),
		in:     column("grad_in", "grad in", func(b *BlockGrad) *Number { return &b.GradIn }),
		skip:   column("grad_skip", "by skip", func(b *BlockGrad) *Number { return b.GradSkip }),
		branch: column("grad_branch", "by branch", func(b *BlockGrad) *Number { return b.GradBranch }),
		cosine: column("cosine", "cosine", func(b *BlockGrad) *Number { return b.Cosine }),
		bar: barColumn(gradBar, func(p BlockPair) float64 {
			if b := of(p); b != nil {
				return axis.part(float64(b.GradIn))
			}
			return 0
		}),
	}
	columns.out.Title = "" // only in CSV
	return columns
}

// axis is one for both nets.
func (c *Compare) axis() logAxis {
	var norms []float64
	for _, r := range []*Run{c.A, c.B} {
		for _, b := range r.Blocks {
			norms = append(norms, float64(b.GradIn))
		}
	}
	return axisOf(norms)
}

// Text writes what the nets cost, what the passes took, and the gradients and
// responses by depth.
func (c *Compare) Text(w io.Writer) error {
	if err := c.costs().Text(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\ngradient norms by block, bars on one log axis from %s\n", c.axis().span())
	if err := c.Table().Text(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nstandard deviation of each convolution's response, behind its batch norm, before ReLU and addition\n")
	if err := c.responses().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return facts(w, [][2]string{
		{"input", c.A.Input.Shape.String() + ", " + c.A.Input.Source},
		{"mode", c.A.Mode + ": batch norm takes " + map[string]string{"train": "the batch's statistics", "eval": "running statistics"}[c.A.Mode]},
		{"device", deviceLine(c.A.Device)},
		{"measured", c.measured()},
	})
}

// measured says in words how the gradients change with depth, and how far the
// outputs are apart.
func (c *Compare) measured() string {
	var parts []string
	for _, s := range []struct {
		name string
		run  *Run
	}{{"a", c.A}, {"b", c.B}} {
		n := len(s.run.Blocks)
		if n < 2 {
			continue
		}
		first, last := float64(s.run.Blocks[0].GradIn), float64(s.run.Blocks[n-1].GradIn)
		if ratio := first / last; !math.IsNaN(ratio) && !math.IsInf(ratio, 0) {
			parts = append(parts, fmt.Sprintf("%s's gradient at its first block is %s times that at its last", s.name, profile.Significant(ratio)))
		}
	}
	if o := c.Outputs; o != nil {
		parts = append(parts, fmt.Sprintf("b's outputs are at a KL divergence of %s from a's, with the same likeliest class for %d of %d images",
			profile.Significant(float64(o.KL)), o.Agree, len(c.A.Output.Logits)))
	}
	if len(parts) == 0 {
		return "nothing that both have"
	}
	return "on this one batch, " + strings.Join(parts, ", ")
}

// costRow is a figure of both nets.
type costRow struct{ name, a, b string }

// costs has one row per figure.
func (c *Compare) costs() Table[costRow] {
	var rows []costRow
	row := func(name string, of func(r *Run, t PassTimes) string) {
		rows = append(rows, costRow{name, of(c.A, c.Times.A), of(c.B, c.Times.B)})
	}
	row("net", func(r *Run, _ PassTimes) string { return r.Model.Arch })
	if len(c.A.Model.Lesions)+len(c.B.Model.Lesions) > 0 {
		row("lesions", func(r *Run, _ PassTimes) string { return strings.Join(r.Model.Lesions, ", ") })
	}
	row("weights", func(r *Run, _ PassTimes) string { return r.Model.Weights })
	row("params", func(r *Run, _ PassTimes) string { return figure(r.Model.Params) })
	row("macs", func(r *Run, _ PassTimes) string { return figure(r.Model.MACs) })
	row("memory", func(r *Run, _ PassTimes) string { return profile.FormatBytes(r.Memory.PredictedBytes) })
	row("forward", func(_ *Run, t PassTimes) string { return timing(t.ForwardMS, t.Runs) })
	row("backward", func(_ *Run, t PassTimes) string { return timing(t.BackwardMS, t.Runs) })
	row("loss", func(r *Run, _ PassTimes) string { return number(r.Loss).Text })
	return Table[costRow]{Rows: rows, Columns: []Column[costRow]{
		{"", " ", left, func(r costRow) Cell { return plain(r.name) }},
		{"", "a", left, func(r costRow) Cell { return plain(r.a) }},
		{"", "b", left, func(r costRow) Cell { return plain(r.b) }},
	}}
}

func timing(ms float64, runs int) string {
	return fmt.Sprintf("%s, median of %d", profile.FormatTime(time.Duration(ms*1e6)), runs)
}

// responses has one row per convolution, with bars on one axis for both nets.
func (c *Compare) responses() Table[ResponsePair] {
	var values []float64
	for _, p := range c.Responses {
		values = append(values, orZero(p.A), orZero(p.B))
	}
	axis := axisOf(values)
	b := barColumn(gradBar, func(p ResponsePair) float64 { return axis.part(orZero(p.B)) })
	b.Title += " " // as in Table
	return Table[ResponsePair]{Rows: c.Responses, Columns: []Column[ResponsePair]{
		{"", "convolution", left, func(p ResponsePair) Cell { return plain(p.Path) }},
		{"", "a", right, func(p ResponsePair) Cell { return number(p.A) }},
		barColumn(gradBar, func(p ResponsePair) float64 { return axis.part(orZero(p.A)) }),
		{"", "b", right, func(p ResponsePair) Cell { return number(p.B) }},
		b,
	}}
}

// orZero is a value for an axis, which does not show 0.
func orZero(n *Number) float64 {
	if n == nil {
		return 0
	}
	return float64(*n)
}
