package profile

import (
	"encoding/json"
	"math"

	"resnet-tui/resnet/nn"
)

// Number is a float64 that JSON can always represent. JSON has no number for NaN
// and ±Inf, which encoding/json refuses to write; they occur where a net's values
// overflow. A Number writes null for them, and reads null as NaN.
type Number float64

// MarshalJSON writes the shortest decimal that reads back as the same float64, or
// null.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads a number or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}

// BlockGrad holds L2 norms of the loss's gradient at a block, over the whole
// batch: at its output, at its input, and of the two parts that add up (as
// vectors) to the gradient at the input. See nn.BlockGradient. What a block
// doesn't have is left out: plain blocks have no skip, and Ratio and Cosine need
// both parts.
type BlockGrad struct {
	Path       string  `json:"path"`
	GradOut    Number  `json:"grad_out"`
	GradIn     Number  `json:"grad_in"`
	GradSkip   *Number `json:"grad_skip,omitempty"`
	GradBranch *Number `json:"grad_branch,omitempty"`
	Cosine     *Number `json:"cosine,omitempty"` // of the angle between the two parts
	Ratio      *Number `json:"ratio,omitempty"`  // GradBranch over GradSkip
}

// SetGradients adds loss and block gradients of the last pass of s, a session
// that runs backward. Its errors are those of s.
func (p *Profile) SetGradients(s interface {
	Loss() (float64, error)
	BlockGradients() ([]nn.BlockGradient, error)
}) error {
	loss, err := s.Loss()
	if err != nil {
		return err
	}
	blocks, err := s.BlockGradients()
	p.Loss, p.Blocks = new(Number(loss)), BlockGrads(blocks)
	return err
}

// BlockGrads converts a session's block gradients for a report.
func BlockGrads(blocks []nn.BlockGradient) []BlockGrad {
	var rows []BlockGrad
	for _, b := range blocks {
		rows = append(rows, blockGrad(b))
	}
	return rows
}

func blockGrad(b nn.BlockGradient) BlockGrad {
	row := BlockGrad{
		Path:    b.Path,
		GradOut: Number(b.Out),
		GradIn:  Number(b.In),
		Cosine:  orNothing(b.Cosine),
		Ratio:   orNothing(b.Ratio()),
	}
	if b.HasSkip {
		row.GradSkip = new(Number(b.Skip))
	}
	if b.HasBranch {
		row.GradBranch = new(Number(b.Branch))
	}
	return row
}

// orNothing returns nil for NaN, which nn uses for figures that don't apply.
func orNothing(v float64) *Number {
	if math.IsNaN(v) {
		return nil
	}
	return new(Number(v))
}

// Gradient converts b back. A cosine that was left out is NaN again.
func (b BlockGrad) Gradient() nn.BlockGradient {
	g := nn.BlockGradient{Path: b.Path, Out: float64(b.GradOut), In: float64(b.GradIn), Cosine: math.NaN()}
	if b.GradSkip != nil {
		g.Skip, g.HasSkip = float64(*b.GradSkip), true
	}
	if b.GradBranch != nil {
		g.Branch, g.HasBranch = float64(*b.GradBranch), true
	}
	if b.Cosine != nil {
		g.Cosine = float64(*b.Cosine)
	}
	return g
}
