package profile

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
)

// TestBlockGradsReadBack: what a block doesn't have is left out, and a norm that
// overflowed is NaN, not 0.
func TestBlockGradsReadBack(t *testing.T) {
	want := []nn.BlockGradient{
		{Path: "layer1.0", Out: 1, In: 5, Skip: 3, Branch: 4, Cosine: 0.5, HasSkip: true, HasBranch: true},
		{Path: "layer1.1", Out: 1, In: math.Inf(1), Branch: 2, Cosine: math.NaN(), HasBranch: true},
	}
	data, err := json.Marshal(BlockGrads(want))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(data); strings.Count(s, "grad_skip") != 1 || strings.Count(s, "cosine") != 1 || !strings.Contains(s, `"grad_in":null`) {
		t.Errorf("%s", s)
	}
	var rows []BlockGrad
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if got := rows[0].Gradient(); got != want[0] {
		t.Errorf("%+v, want %+v", got, want[0])
	}
	if got := rows[1].Gradient(); got.HasSkip || !got.HasBranch || got.Branch != 2 || !math.IsNaN(got.In) || !math.IsNaN(got.Cosine) {
		t.Errorf("%+v", got)
	}
}

// stepped stands for a session after a backward pass.
type stepped struct{ blocks []nn.BlockGradient }

func (s stepped) Loss() (float64, error)                      { return 2.5, nil }
func (s stepped) BlockGradients() ([]nn.BlockGradient, error) { return s.blocks, nil }

func TestSetGradients(t *testing.T) {
	p := &Profile{}
	if err := p.SetGradients(stepped{[]nn.BlockGradient{{Path: "layer1.0", In: 5}}}); err != nil {
		t.Fatal(err)
	}
	if *p.Loss != 2.5 || len(p.Blocks) != 1 || p.Blocks[0].GradIn != 5 {
		t.Errorf("%v, %+v", *p.Loss, p.Blocks)
	}
}
