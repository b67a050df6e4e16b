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

// turns are three passes in each of which another third of the kernels is slow.
func turns(kernels int) *profile.Snapshot {
	const passes, left = 3, 500 * time.Microsecond
	s := &profile.Snapshot{Passes: passes}
	walls := []time.Duration{left, left, left}
	for k := range kernels {
		times := make([]time.Duration, passes)
		for i := range times {
			times[i] = time.Millisecond
			if k%passes == i {
				times[i] = 3 * time.Millisecond
			}
			walls[i] += times[i]
		}
		s.Kernels = append(s.Kernels, profile.NewSeries(times))
	}
	s.Wall, s.Overhead = profile.NewSeries(walls), profile.NewSeries([]time.Duration{left, left, left})
	return s
}

// TestModulesHaveTimesOfTheirOwn: a module's p50 is the median of what it took,
// not what its layers' medians make up; shares make up the whole.
func TestModulesHaveTimesOfTheirOwn(t *testing.T) {
	for _, backward := range []bool{false, true} {
		m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet20", Batch: 2})
		if err != nil {
			t.Fatal(err)
		}
		var o nn.Pass
		if backward {
			o = nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Probes: []nn.Probe{probeFlows}}
		}
		tree := plannedTree(t, m, o, true)
		s := turns(len(tree.rows.ByKernel))
		tree.update(s)
		differ := 0
		for _, n := range tree.nodes {
			ahead, after := s.Sum(n.Kernels.In(tensor.Forward)), s.Sum(n.Kernels.After())
			if n.time != ahead.P50 && n != tree.root || n.back != after.P50 {
				t.Errorf("%s takes %v and %v, want %v and %v", n.Path, n.time, n.back, ahead.P50, after.P50)
			}
			parts := time.Duration(0)
			for _, c := range n.children {
				parts += c.time
			}
			if n.Folds() && parts != n.time {
				differ++
			}
		}
		if differ == 0 {
			t.Error("every module's median is the sum of its layers': the test says nothing")
		}
		mean, kernels := time.Duration(0), 0
		for _, n := range append(tree.order, tree.tail...) {
			mean, kernels = mean+n.mean, kernels+len(n.Kernels.All())
		}
		off := math.Abs(float64(mean)/float64(tree.mean) - 1)
		if off > 1e-6 || tree.mean != s.Wall.Mean || kernels != len(tree.rows.ByKernel) {
			t.Errorf("rows of %d kernels in %d make up %v, passes take %v", kernels, len(tree.rows.ByKernel), mean, tree.mean)
		}
	}
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
