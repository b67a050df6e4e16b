package resnet

import (
	"testing"

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
	for kind := range gradientRules {
		if !seen[kind] {
			t.Errorf("the net has no %v", kind)
		}
	}
	for _, train := range []bool{false, true} {
		newExact(t, m, LowerOptions{Train: train, Backward: true, InputGrad: true, Smoothing: 0.1}).checkDifferences(t)
	}
}

// netOfEveryRule has two paths of unlike layers that meet in a scaled addition,
// between what nets of the family begin and end with.
func netOfEveryRule(t *testing.T) *Model {
	t.Helper()
	c := mustBuild(t, Config{Arch: "cifar_resnet8", Height: 11, Width: 9, Batch: 3, Classes: 4}).Config
	root := &Module{Alike: 1}
	n := &net{Model: &Model{Config: c, Root: root, Lesions: []Lesion{{Path: "branch", Kind: ScaleBranch, Alpha: 0.5}}}, at: root}
	x := value{shape: c.input(), layer: -1, rf: 1, jump: 1}
	x = n.maxPool(n.relu(n.norm(n.conv(x, "conv1", convSpec{out: 4, k: 3, stride: 1}), "bn1")), "maxpool", 3, 2)
	branch := n.same(n.conv(x, "conv2", convSpec{out: 8, k: 3, stride: 2, groups: 2}), "scale", tensor.Op{Kind: tensor.Scale}, "")
	x = n.sum(branch, n.pad(x, 8, 2))
	for _, at := range []int{branch.layer, x.layer} {
		n.Layers[at].scaled = alphaName("branch")
	}
	x = n.flatten(n.avgPool(x, 2))
	x = n.same(n.linear(x, "fc1", 6), "dropout", tensor.Op{Kind: tensor.Dropout, Eps: 0.5}, "")
	n.linear(n.same(x, "relu2", tensor.Op{Kind: tensor.ReLU}, ""), "fc2", c.Classes)
	if n.err != nil {
		t.Fatal(n.err)
	}
	root.finish()
	return n.Model
}
