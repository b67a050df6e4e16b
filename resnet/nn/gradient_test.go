package nn_test

import (
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestEveryRuleHasDifferences compares the gradients of a net in which every
// rule of the table is at work with differences of the loss.
func TestEveryRuleHasDifferences(t *testing.T) {
	m := netOfEveryRule(t)
	seen := map[tensor.Kind]bool{}
	for _, l := range m.Layers {
		seen[l.Kind] = true
	}
	for kind := range nn.GradientRules {
		if !seen[kind] {
			t.Errorf("the net has no %v", kind)
		}
	}
	for _, train := range []bool{false, true} {
		p := nn.Pass{Mode: modeOf(train), Backward: &nn.Backward{Smoothing: 0.1}, Probes: []nn.Probe{probeInput}}
		newExact(t, m, p).checkDifferences(t)
	}
}

// netOfEveryRule has two paths of unlike layers that meet in a scaled addition
// and a scaled branch without a skip, between what nets of the family begin and
// end with.
func netOfEveryRule(t *testing.T) *nn.Model {
	t.Helper()
	whole, err := everyRule(nn.NewBuilder("every rule", "Net", tensor.Shape{3, 3, 11, 9}))
	if err != nil {
		t.Fatal(err)
	}
	b, image, err := nn.NewLesionedBuilder(whole, lesions(t, "residual=scale:0.5", "plain=scale:-2"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := everyRule(b, image)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func everyRule(b *nn.Builder, x nn.Value) (*nn.Model, error) {
	x = b.ReLU(b.BatchNorm2d(b.Conv2d(x, "conv1", nn.Conv{Out: 4, K: 3, Stride: 1}), "bn1", 1e-5), "relu")
	x = b.MaxPool2d(x, "maxpool", 3, 2, false)
	x = b.Block(x, "residual", "Block", nn.Block{Skip: nn.ZeroPad, Stride: 2}, func() nn.Value {
		branch := b.Conv2d(x, "conv2", nn.Conv{Out: 8, K: 3, Stride: 2, Groups: 2})
		return b.Join(branch, func() nn.Value { return b.Pad(x, "pad", 2, 2, 2) })
	})
	x = b.Block(x, "plain", "Block", nn.Block{Stride: 1}, func() nn.Value {
		return b.Join(b.Conv2d(x, "conv3", nn.Conv{Out: 8, K: 1, Stride: 1, Bias: true}), nil)
	})
	x = b.Flatten(b.AdaptiveAvgPool2d(b.AvgPool2d(x, "pool", 2, 2), "avgpool", 2), "flatten")
	x = b.Dropout(b.Linear(x, "fc1", 6), "dropout", 0.5)
	b.Linear(b.ReLU(x, "relu2"), "fc2", 4)
	return b.Model()
}
