package main

import (
	"math"
	"testing"

	"resnet-tui/profile/report"
)

// TestInspectStats: a step is described in full, and every value is counted.
func TestInspectStats(t *testing.T) {
	all := mustDecode[report.Stats](t, "inspect", "stats", "--arch", "cifar_resnet8", "--batch", "2", "--backward", "--no-fuse")
	if all.Schema != "resnet-tui/stats/1" || all.Mode != "train" || len(all.Layers) != 29 ||
		len(all.Params) == 0 || len(all.Params) != len(all.Gradients) {
		t.Fatalf("%s in mode %s: %d layers, %d parameters, %d gradients",
			all.Schema, all.Mode, len(all.Layers), len(all.Params), len(all.Gradients))
	}
	for _, list := range [][]report.TensorStats{all.Layers, all.Params, all.Gradients} {
		for _, x := range list {
			sum := x.Histogram.Zero + x.NaN + x.Inf
			for i, n := range x.Histogram.Negative {
				sum += n + x.Histogram.Positive[i]
			}
			if sum != x.Elements || x.Elements != int64(x.Shape.Elems()) || x.Channels != nil {
				t.Errorf("%s%s: %d of %d values are counted", x.Path, x.Name, sum, x.Elements)
			}
		}
	}
	fused := mustDecode[report.Stats](t, "inspect", "stats", "--arch", "cifar_resnet8")
	if n := len(fused.Layers); n == 0 || n >= len(all.Layers) || len(fused.Params) != len(all.Params) || fused.Gradients != nil {
		t.Errorf("a fused pass describes %d of %d outputs", n, len(all.Layers))
	}
}

// TestInspectStatsAt: what is named is described, and the parameters below it, fused or not.
func TestInspectStatsAt(t *testing.T) {
	args := []string{"inspect", "stats", "--arch", "cifar_resnet8", "--exact", "--per-channel",
		"--at", "layer2.0.bn1", "--at", "layer2.0.relu#0", "--at", "fc.weight", "--at", "fc"}
	fused := mustDecode[report.Stats](t, args...)
	single := mustDecode[report.Stats](t, append(args, "--no-fuse")...)
	var names []string
	for _, p := range fused.Params {
		names = append(names, p.Name)
	}
	want := []string{"layer2.0.bn1.weight", "layer2.0.bn1.bias", "fc.weight", "fc.bias"}
	if len(fused.Layers) != 3 || len(names) != len(want) {
		t.Fatalf("%d layers, parameters %v", len(fused.Layers), names)
	}
	for i, name := range want {
		if names[i] != name || len(fused.Params[i].Channels.Mean) != fused.Params[i].Shape[0] {
			t.Errorf("parameter %d is %s, want %s", i, names[i], name)
		}
	}
	for i, x := range fused.Layers {
		y := single.Layers[i]
		if x.Path != y.Path || *x.Call != 0 || len(x.Channels.Max) != x.Shape[1] {
			t.Errorf("%s, call %d: %d channels", x.Path, *x.Call, len(x.Channels.Max))
		}
		if d := float64(*x.Std - *y.Std); math.Abs(d) > 1e-5 {
			t.Errorf("%s deviates by %v fused, and by %v alone", x.Path, *x.Std, *y.Std)
		}
	}
}
