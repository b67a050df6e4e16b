package tui

import (
	"math"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// turns are six passes in each of which another third of the kernels is slow.
func turns(l *nn.Lowered, kernels []tensor.KernelInfo) *profile.Snapshot {
	r := profile.NewRecorder(l, kernels, 8)
	for pass := range 6 {
		r.Begin(l)
		at := time.Duration(0)
		for k := range kernels {
			took := time.Millisecond
			if k%3 == pass%3 {
				took = 3*time.Millisecond + time.Duration(pass)
			}
			r.Span(tensor.Span{Op: kernels[k].Op, Start: at, End: at + took})
			at += took
		}
		r.End(at + 500*time.Microsecond)
	}
	s := &profile.Snapshot{}
	r.Snapshot(s)
	return s
}

// TestModulesAddUp: a module takes what its rows take, and all rows what a pass takes,
// whatever row is slow in a pass; its p95 is that of its own sums.
func TestModulesAddUp(t *testing.T) {
	for _, backward := range []bool{false, true} {
		m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet20", Batch: 2})
		if err != nil {
			t.Fatal(err)
		}
		var o nn.Pass
		if backward {
			o = nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Probes: []nn.Probe{probeFlows}}
		}
		l := lower(t, m.Model, o)
		tree := newTree(m.Model, l, fake(nil).Program(l.Plan, true).Kernels())
		s := turns(l, fake(nil).Program(l.Plan, true).Kernels())
		tree.update(s)
		for _, n := range tree.nodes {
			parts := time.Duration(0)
			for _, c := range n.children {
				parts += tree.took(c)
			}
			if n.Folds() && n != tree.root && parts != tree.took(n) {
				t.Errorf("%s takes %v, its rows %v", n.Path, tree.took(n), parts)
			}
		}
		sum, kernels := time.Duration(0), 0
		for _, n := range append(tree.order, tree.tail...) {
			sum, kernels = sum+tree.took(n), kernels+len(n.Kernels.All())
		}
		off := math.Abs(float64(sum)/float64(tree.whole) - 1)
		if off > 1e-6 || tree.whole != s.Wall.Typical || kernels != len(tree.rows.ByKernel) {
			t.Errorf("rows of %d kernels in %d make up %v, passes take %v", kernels, len(tree.rows.ByKernel), sum, tree.whole)
		}
		block := tree.byBlock["layer1.0"]
		if own := s.Sum(block.Kernels.All()); own.P95 <= 0 || own.P95 >= block.p95Sum(s) {
			t.Errorf("the p95 of a block is %v, of its kernels together %v", own.P95, block.p95Sum(s))
		}
	}
}

// p95Sum is the sum of the row's kernels' p95, which is not the row's own.
func (n *node) p95Sum(s *profile.Snapshot) (sum time.Duration) {
	for _, k := range n.Kernels.All() {
		sum += s.Kernels[k].P95
	}
	return sum
}

// TestRowsCostWhatTheyRun: a module's row has the module's cost, and under a
// lesion that of what is left.
func TestRowsCostWhatTheyRun(t *testing.T) {
	for _, arch := range []string{
		"resnet18", "resnet50", "cifar_resnet20_b", "cifar_preact_resnet29", "resnet50v2", "vgg19_bn", "plain34",
	} {
		for _, fuse := range []bool{false, true} {
			c, err := resnet.ParseArch(arch)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := resnet.Build(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range plannedTree(t, whole, nn.Pass{}, fuse).nodes {
				if n.Folds() && n.Module != nil && n.Cost != n.Module.Cost {
					t.Errorf("%s, fused %v: %s costs %+v, want %+v", arch, fuse, n.Path, n.Cost, n.Module.Cost)
				}
			}
		}
	}
	for _, text := range []string{"layer1.0=drop-branch", "layer2.0=cut-skip", "layer1.1=scale:0.5"} {
		l, err := nn.ParseLesion(text)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := resnet.Build(resnet.Config{Arch: "resnet18"})
		if err != nil {
			t.Fatal(err)
		}
		lesioned, err := resnet.Build(whole.Config, []nn.Lesion{l}...)
		if err != nil {
			t.Fatal(err)
		}
		tree := plannedTree(t, lesioned, nn.Pass{}, true)
		if got, want := tree.root.Cost, lesioned.Root.Cost; got != want {
			t.Errorf("%s: the net costs %+v, want %+v", text, got, want)
		}
	}
}
