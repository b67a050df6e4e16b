package main

import (
	"os"
	"path/filepath"
	"testing"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// TestInspectMaps: what a layer gives is the same in a fused pass and in one without
// fusion, also of a layer that fusion absorbs.
func TestInspectMaps(t *testing.T) {
	net := []string{"inspect", "maps", "--arch", "cifar_resnet8", "--batch", "2", "--image", "1", "--exact"}
	for at, layer := range map[string]string{
		"layer2.0": "layer2.0.relu#1", "layer2.0.bn1": "layer2.0.bn1", "layer2.0.relu#0": "layer2.0.relu#0",
		"layer2.0.add": "layer2.0.add",
	} {
		args := append(net, "--at", at)
		fused := mustDecode[report.Maps](t, args...)
		single := mustDecode[report.Maps](t, append(args, "--no-fuse")...)
		if fused.Schema != "resnet-tui/maps/1" || fused.At != at || fused.Layer != layer || fused.Image != 1 ||
			!fused.Shape.Equal(tensor.Shape{32, 16, 16}) || len(fused.Channels) != 32 {
			t.Fatalf("%s: %s, layer %s, image %d, %v", fused.Schema, fused.Layer, layer, fused.Image, fused.Shape)
		}
		for c, x := range fused.Channels {
			y := single.Channels[c]
			if diff := *x.Mean - *y.Mean; diff > 1e-5 || diff < -1e-5 || *x.Max == *x.Min {
				t.Errorf("%s, channel %d: mean %g fused and %g alone", at, c, *x.Mean, *y.Mean)
			}
		}
	}
}

// TestInspectFiles: the ending says what is written.
func TestInspectFiles(t *testing.T) {
	dir := t.TempDir()
	args := []string{"inspect", "maps", "--arch", "cifar_resnet8", "--at", "fc"}
	npy := filepath.Join(dir, "x.npy")
	if out := mustRun(t, append(args, "-o", npy)...); out != "" {
		t.Errorf("stdout has %q", out)
	}
	x, err := checkpoint.ReadNPY(npy)
	if err != nil || !x.Shape.Equal(tensor.Shape{10, 1, 1}) {
		t.Fatalf("%v (%v)", x, err)
	}
	data, err := os.ReadFile(npy)
	if err != nil || mustRun(t, append(args, "--format", "npy")...) != string(data) {
		t.Errorf("stdout has not what the file has (%v)", err)
	}
	for _, name := range []string{"x.json", "x.JSON", "x.csv", "x.txt"} {
		format := map[string]string{".csv": "csv", ".txt": "text"}[filepath.Ext(name)]
		more := []string{"-o", filepath.Join(dir, name)}
		if format == "" {
			format = "json"
		} else {
			more = append(more, "--format", format)
		}
		mustRun(t, append(args, more...)...)
		data, err := os.ReadFile(filepath.Join(dir, name))
		if want := mustRun(t, append(args, "--format", format)...); err != nil || string(data) != want {
			t.Errorf("%s is %d bytes, stdout has %d (%v)", name, len(data), len(want), err)
		}
	}
}
