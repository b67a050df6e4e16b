package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// Compare shows two nets, A and B, side by side after a backward pass of each on
// the same images: what they cost, how long they take, the gradient and the
// responses by depth. It is made for a residual net and its plain twin, as in He
// et al., Deep residual learning for image recognition, 2015, section 4.2.
type Compare struct {
	Schema    string         `json:"schema"`
	A         *Run           `json:"a"`
	B         *Run           `json:"b"`
	Blocks    []BlockPair    `json:"blocks"`
	Responses []ResponsePair `json:"responses"`
	Times     TimePair       `json:"times"`
	Outputs   *OutputPair    `json:"outputs,omitempty"` // nil unless both have the same classes
}

// OutputPair measures how far B's outputs are from A's. KL is the mean over images
// of the Kullback–Leibler divergence Σ p·ln(p/q) in nats, with the softmax
// probabilities p of A and q of B. Agree is the number of images for which both
// have the same most likely class. MaxDifference is the largest difference of two logits.
type OutputPair struct {
	KL            Number `json:"kl"`
	Agree         int    `json:"agree"`
	MaxDifference Number `json:"max_difference"`
}

// BlockPair holds the gradients at the blocks with the same path.
type BlockPair = profile.Pair[BlockGrad]

// ResponsePair holds the standard deviations of the responses of the convolutions
// with the same path, see nn.Response. nil: the net has no such convolution.
type ResponsePair struct {
	Path string  `json:"path"`
	A    *Number `json:"a,omitempty"`
	B    *Number `json:"b,omitempty"`
}

// PassTimes holds the times of the forward and of the backward pass: what all their
// kernels took together, means of the typical ones of Runs passes. Overhead belongs
// to neither and is left out.
type PassTimes struct {
	ForwardMS  float64 `json:"forward_ms"`
	BackwardMS float64 `json:"backward_ms"`
	Runs       int     `json:"runs"`
}

// TimePair holds the PassTimes of both nets.
type TimePair struct {
	A PassTimes `json:"a"`
	B PassTimes `json:"b"`
}

// Side is what NewCompare needs of one net: a Run with gradients, the responses of
// its convolutions, and a Profile of backward passes whose rows have samples.
type Side struct {
	Run       *Run
	Responses []nn.Response
	Profile   *profile.Profile
}

// NewCompare compares two nets. Blocks and convolutions are paired by path;
// outputs are compared only if they have the same shape. The result shares the
// Runs of both sides.
func NewCompare(a, b Side) *Compare {
	c := &Compare{
		Schema:    CompareSchema,
		A:         a.Run,
		B:         b.Run,
		Blocks:    profile.Align(a.Run.Blocks, b.Run.Blocks, func(g *BlockGrad) string { return g.Path }),
		Responses: pairResponses(a.Responses, b.Responses),
		Times:     TimePair{passTimes(a.Profile), passTimes(b.Profile)},
	}
	if a.Run.Output.Shape.Equal(b.Run.Output.Shape) {
		c.Outputs = pairOutputs(a.Run.Output.Logits, b.Run.Output.Logits)
	}
	return c
}

// pairOutputs compares logits, image by image. The label −1 means unknown.
func pairOutputs(a, b []Row) *OutputPair {
	var c train.Change
	most := 0.0
	for i := range a {
		c.Add(a[i], b[i], -1)
		for k := range a[i] {
			most = max(most, math.Abs(float64(a[i][k])-float64(b[i][k])))
		}
	}
	return &OutputPair{KL: Number(c.KL()), Agree: c.Images - c.Moved, MaxDifference: Number(most)}
}

// pairResponses pairs responses by path, those that only B has last.
func pairResponses(a, b []nn.Response) []ResponsePair {
	var rows []ResponsePair
	for _, p := range profile.Align(a, b, func(r *nn.Response) string { return r.Path }) {
		rows = append(rows, ResponsePair{p.Path, deviation(p.A), deviation(p.B)})
	}
	return rows
}

// deviation returns a response's standard deviation, nil for no response.
func deviation(r *nn.Response) *Number {
	if r == nil {
		return nil
	}
	return known(Number(r.Std))
}

// passTimes sums up the forward and the backward rows of a profile.
func passTimes(p *profile.Profile) PassTimes {
	kernels := p.ByPass().Root.Kernels
	return PassTimes{
		Runs:       p.Runs,
		ForwardMS:  p.TimeMS(kernels.In(tensor.Forward)),
		BackwardMS: p.TimeMS(kernels.In(tensor.Backward)),
	}
}

// Text writes costs and times as one table, then the gradients by block, then the
// responses by convolution, then facts.
func (c *Compare) Text(w io.Writer) error {
	if err := c.costs().Text(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\ngradient norms by block, bars on one log axis from %s\n", c.axis().Span())
	if err := c.Table().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nstandard deviation of each convolution's response, "+
		"after its batch norm, before ReLU and addition")
	if err := c.responses().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	var f facts
	f.add("input", c.A.Input.Shape.String()+", "+c.A.Input.Source)
	f.addf("mode", "%s: batch norm takes %s", c.A.Mode, normTakes[c.A.Mode])
	f.add("device", c.A.Device.Line())
	if c.B.Device != c.A.Device {
		f.add("", "b: "+c.B.Device.Line())
	}
	f.add("measured", c.measured())
	return f.write(w)
}

// normTakes says which statistics batch norm uses in each mode.
var normTakes = map[string]string{"train": "the batch's statistics", "eval": "running statistics"}

// measured puts the findings into words: how the gradient changes with depth in
// each net, and how far the outputs differ.
func (c *Compare) measured() string {
	var parts []string
	for _, s := range []struct {
		name string
		run  *Run
	}{{"a", c.A}, {"b", c.B}} {
		if ratio, ok := s.run.depthRatio(); ok {
			parts = append(parts, fmt.Sprintf("%s's gradient at its first block is %s times that at its last",
				s.name, profile.Significant(ratio)))
		}
	}
	if o := c.Outputs; o != nil {
		parts = append(parts, fmt.Sprintf(
			"b's outputs are at a KL divergence of %s from a's, with the same likeliest class for %d of %d images "+
				"and logits that differ by %.2g at most",
			profile.Significant(float64(o.KL)), o.Agree, len(c.A.Output.Logits), float64(o.MaxDifference)))
	}
	if len(parts) == 0 {
		return "nothing to compare"
	}
	return "on this one batch, " + strings.Join(parts, ", ")
}

// depthRatio returns the gradient norm at the first block's input divided by that
// at the last block's: far below 1, the gradient vanishes; far above, it explodes.
// It reports false for fewer than two blocks or a ratio that isn't finite.
func (r *Run) depthRatio() (ratio float64, ok bool) {
	n := len(r.Blocks)
	if n < 2 {
		return 0, false
	}
	ratio = float64(r.Blocks[0].GradIn / r.Blocks[n-1].GradIn)
	return ratio, !math.IsNaN(ratio) && !math.IsInf(ratio, 0)
}
