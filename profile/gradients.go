package profile

import (
	"encoding/json"
	"math"

	"resnet-tui/resnet/nn"
)

// Number is a float in JSON; what JSON has no number for (NaN, ±Inf: a net
// whose values overflowed) is null there, and NaN when it is read back.
type Number float64

// MarshalJSON writes the shortest decimal that reads back as the same float64.
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

// BlockGrad are the gradients at a block, see nn.BlockGradient. What a
// block does not have is left out.
type BlockGrad struct {
	Path       string  `json:"path"`
	GradOut    Number  `json:"grad_out"`
	GradIn     Number  `json:"grad_in"`
	GradSkip   *Number `json:"grad_skip,omitempty"`
	GradBranch *Number `json:"grad_branch,omitempty"`
	Cosine     *Number `json:"cosine,omitempty"` // of the angle between the two parts
	Ratio      *Number `json:"ratio,omitempty"`  // branch to skip
}

// SetGradients adds what the last pass of s, which went backward, has found.
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

// BlockGrads are a session's block gradients for a report.
func BlockGrads(blocks []nn.BlockGradient) []BlockGrad {
	var rows []BlockGrad
	for _, b := range blocks {
		rows = append(rows, blockGrad(b))
	}
	return rows
}

func blockGrad(b nn.BlockGradient) BlockGrad {
	row := BlockGrad{Path: b.Path, GradOut: Number(b.Out), GradIn: Number(b.In), Cosine: orNothing(b.Cosine), Ratio: orNothing(b.Ratio())}
	if b.HasSkip {
		row.GradSkip = new(Number(b.Skip))
	}
	if b.HasBranch {
		row.GradBranch = new(Number(b.Branch))
	}
	return row
}

// orNothing is a number, nil where there is none.
func orNothing(v float64) *Number {
	if math.IsNaN(v) {
		return nil
	}
	return new(Number(v))
}

// Gradient is the block gradient that b was written from.
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
