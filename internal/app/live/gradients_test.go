package live

import (
	"math"
	"testing"

	"resnet-tui/resnet/nn"
)

// TestSharesAddUp holds the bar's two parts against ‖g in‖².
func TestSharesAddUp(t *testing.T) {
	for _, c := range []struct{ skip, branch, cosine float64 }{{3, 4, 0}, {1, 0.2, 0.08}, {1, 0.9, -0.99}, {2, 2, 1}} {
		in := c.skip*c.skip + c.branch*c.branch + 2*c.skip*c.branch*c.cosine
		g := nn.BlockGradient{
			In: math.Sqrt(in), Skip: c.skip, Branch: c.branch, Cosine: c.cosine, HasSkip: true, HasBranch: true,
		}
		other := g
		other.Skip, other.Branch = g.Branch, g.Skip
		if sum := SkipShare(g) + SkipShare(other); math.Abs(sum-1) > 1e-12 {
			t.Errorf("%+v: the two shares add up to %v", c, sum)
		}
	}
	if v := SkipShare(nn.BlockGradient{In: 1, Branch: 1, HasBranch: true}); !math.IsNaN(v) {
		t.Errorf("a plain block has a skip's share %v", v)
	}
}

func TestBlocksByPath(t *testing.T) {
	g := NewGradients(1, 2, "", []nn.BlockGradient{{Path: "layer1.0", In: 3}, {Path: "layer1.1", In: 4}})
	if b, ok := g.Block("layer1.1"); !ok || b.In != 4 {
		t.Errorf("layer1.1 is %+v, %v", b, ok)
	}
	if _, ok := g.Block("layer2.0"); ok {
		t.Error("there is a layer2.0")
	}
	if _, ok := (*Gradients)(nil).Block("layer1.0"); ok {
		t.Error("nothing has blocks")
	}
}
