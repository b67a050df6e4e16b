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

// Table has one row a block.
func (c *Compare) Table() *Table {
	t := &Table{Columns: []Column{
		{"path", "block", false}, {"a_grad_out", "", true}, {"b_grad_out", "", true}, {"a_grad_in", "grad in", true}, {"", strings.Repeat(" ", gradBar), false},
		{"b_grad_in", "grad in", true}, {"", strings.Repeat(" ", gradBar) + " ", false}, {"a_grad_skip", "by skip", true}, {"a_grad_branch", "by branch", true},
		{"a_cosine", "cosine", true}, {"b_grad_skip", "by skip", true}, {"b_grad_branch", "by branch", true}, {"b_cosine", "cosine", true},
	}}
	for _, side := range []int{3, 7, 8, 9} {
		t.Columns[side].Title = "a: " + t.Columns[side].Title
	}
	for _, side := range []int{5, 10, 11, 12} {
		t.Columns[side].Title = "b: " + t.Columns[side].Title
	}
	axis := c.axis()
	for _, p := range c.Blocks {
		a, b := orNone(p.A), orNone(p.B)
		t.Add(plain(p.Path), number(gradOut(p.A)), number(gradOut(p.B)), number(gradIn(p.A)), axis.cell(p.A), number(gradIn(p.B)), axis.cell(p.B),
			number(a.GradSkip), number(a.GradBranch), number(a.Cosine), number(b.GradSkip), number(b.GradBranch), number(b.Cosine))
	}
	return t
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

func (a logAxis) cell(b *BlockGrad) Cell {
	if b == nil {
		return Cell{}
	}
	return Cell{Text: bar(a.part(float64(b.GradIn)), gradBar)}
}

func orNone(b *BlockGrad) BlockGrad {
	if b == nil {
		return BlockGrad{}
	}
	return *b
}

func gradIn(b *BlockGrad) *Number {
	if b == nil {
		return nil
	}
	return &b.GradIn
}

func gradOut(b *BlockGrad) *Number {
	if b == nil {
		return nil
	}
	return &b.GradOut
}

// Text writes what the nets cost, what the passes took, and the gradients and
// responses by depth.
func (c *Compare) Text(w io.Writer) error {
	if err := c.costs().Text(w); err != nil {
		return err
	}
	a := c.axis()
	fmt.Fprintf(w, "\ngradient norms by block, bars on one log axis from %s to %s\n", a.label(a.low), a.label(a.high))
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

// costs has a row a figure.
func (c *Compare) costs() *Table {
	t := &Table{Columns: []Column{{"", " ", false}, {"", "a", false}, {"", "b", false}}}
	row := func(name string, of func(r *Run, t PassTimes) string) {
		t.Add(plain(name), plain(of(c.A, c.Times.A)), plain(of(c.B, c.Times.B)))
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
	return t
}

func timing(ms float64, runs int) string {
	return fmt.Sprintf("%s, median of %d", profile.FormatTime(time.Duration(ms*1e6)), runs)
}

func (c *Compare) responses() *Table {
	var values []float64
	for _, p := range c.Responses {
		for _, v := range []*Number{p.A, p.B} {
			if v != nil && !math.IsInf(float64(*v), 0) && !math.IsNaN(float64(*v)) {
				values = append(values, float64(*v))
			}
		}
	}
	axis := axisOf(values)
	t := &Table{Columns: []Column{
		{"", "convolution", false}, {"", "a", true}, {"", strings.Repeat(" ", gradBar), false}, {"", "b", true}, {"", strings.Repeat(" ", gradBar) + " ", false},
	}}
	for _, p := range c.Responses {
		t.Add(plain(p.Path), number(p.A), axis.numberBar(p.A), number(p.B), axis.numberBar(p.B))
	}
	return t
}

func (a logAxis) numberBar(n *Number) Cell {
	if n == nil {
		return Cell{}
	}
	return Cell{Text: bar(a.part(float64(*n)), gradBar)}
}
