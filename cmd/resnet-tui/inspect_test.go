package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// TestInspectExcite: what is found doesn't depend on the batch, and a peak's value is
// what maps has there.
func TestInspectExcite(t *testing.T) {
	args := []string{"inspect", "excite", "--arch", "cifar_resnet8", "--at", "layer2.0", "--data", "synthetic:40", "--top", "3", "--exact"}
	e := mustDecode[report.Excite](t, args...)
	if e.Schema != "resnet-tui/excite/1" || e.Images != 10 || len(e.Channels) != 32 || len(e.Channels[31].Top) != 3 {
		t.Fatalf("%s, %d images, %d channels", e.Schema, e.Images, len(e.Channels))
	}
	one := mustDecode[report.Excite](t, append(args, "--batch", "4", "--channel", "7")...)
	if len(one.Channels) != 1 || one.Channels[0].Channel != 7 {
		t.Fatalf("%+v", one.Channels)
	}
	for i, p := range one.Channels[0].Top {
		if q := e.Channels[7].Top[i]; p.Image != q.Image || p.Y != q.Y || p.Box != q.Box {
			t.Errorf("%+v in batches of 4, %+v at once", p, q)
		}
	}
	best := one.Channels[0].Top[0]
	m := mustDecode[report.Maps](t, "inspect", "maps", "--arch", "cifar_resnet8", "--at", "layer2.0", "--exact",
		"--data", "synthetic:40", "--batch", "10", "--image", strconv.Itoa(best.Image))
	if most := *m.Channels[7].Max; math.Abs(float64(most-best.Value)) > 1e-5 {
		t.Errorf("the largest value is %g in maps and %g here", most, best.Value)
	}
	if b := best.Box; b.Bottom-b.Top != 13 || b.Right-b.Left != 13 || b.Top+b.Bottom != 2*2*best.Y+1 {
		t.Errorf("box %+v of the unit in row %d", b, best.Y)
	}
	png := filepath.Join(t.TempDir(), "x.png")
	mustRun(t, append(args, "-o", png)...)
	if data, err := os.ReadFile(png); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
		t.Errorf("%d bytes (%v)", len(data), err)
	}
}

// TestInspectSimilarity: similarity with oneself is 1, symmetric, and the same whatever
// the batch; that with the plain twin is another.
func TestInspectSimilarity(t *testing.T) {
	args := []string{"inspect", "similarity", "--arch", "cifar_resnet8", "--data", "synthetic:40", "--exact"}
	one := mustDecode[report.Similarity](t, args...)
	paths := []string{"relu", "layer1.0", "layer2.0", "layer3.0", "avgpool"}
	if one.Schema != "resnet-tui/similarity/1" || !slices.Equal(one.A, paths) || !slices.Equal(one.B, paths) ||
		one.Images != 10 || one.Estimator != "debiased" || one.With != nil {
		t.Fatalf("%+v", one)
	}
	batches := mustDecode[report.Similarity](t, append(args, "--batch", "3")...)
	for i, row := range one.CKA {
		for j, v := range row {
			if math.Abs(float64(v-one.CKA[j][i])) > 1e-9 || math.Abs(float64(v-batches.CKA[i][j])) > 1e-6 || i == j && math.Abs(float64(v-1)) > 1e-9 {
				t.Errorf("%s, %s: %v, the other way %v, in batches %v", paths[i], paths[j], v, one.CKA[j][i], batches.CKA[i][j])
			}
		}
	}
	two := mustDecode[report.Similarity](t, append(args, "--with", "--plain", "--estimator", "biased")...)
	if two.With == nil || two.With.Arch != "cifar_plain8" || !slices.Equal(two.B, paths) || two.Estimator != "biased" {
		t.Fatalf("%+v", two)
	}
	if v := two.CKA[3][3]; !(v > 0.1 && v < 0.999) {
		t.Errorf("the plain twin's last block is like the net's by %v", v)
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	mustRun(t, append(args, "-o", path)...)
	x, err := checkpoint.ReadNPY(path)
	if err != nil || !x.Shape.Equal(tensor.Shape{5, 5}) || x.Data[1] != float32(one.CKA[0][1]) {
		t.Errorf("%v (%v)", x, err)
	}
}
