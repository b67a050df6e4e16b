package main

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"resnet-tui/profile/report"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// TestInspectExplain explains a carried net by each method: maps have their size, what is
// measured is there, and the likeliest class is that of a run.
func TestInspectExplain(t *testing.T) {
	net := []string{"inspect", "explain", "--weights", "builtin:fashion-resnet20", "--batch", "2", "--image", "1"}
	run := mustDecode[report.Run](t, "run", "--weights", "builtin:fashion-resnet20", "--batch", "2")
	for method, side := range map[string]int{"gradcam": 7, "gradient": 28, "input-x-gradient": 28, "integrated": 28, "occlusion": 14} {
		args := append(net, "--method", method)
		if method == "gradcam" {
			args = append(args, "--check")
		}
		e := mustDecode[report.Explain](t, args...)
		if e.Schema != "resnet-tui/explain/1" || string(e.Method) != method || e.Shape != [2]int{side, side} ||
			len(e.Map) != side || len(e.Map[0]) != side || e.Image != 1 {
			t.Errorf("%s: %s %s, image %d, %v", method, e.Schema, e.Method, e.Image, e.Shape)
		}
		top := run.Output.Top[1][0].Class
		if score := float64(run.Output.Logits[1][top]); e.Class != top || math.Abs(float64(e.Score)-score) > 1e-3 {
			t.Errorf("%s: class %d with %g, want %d with %g", method, e.Class, float64(e.Score), top, score)
		}
		c := e.Checks
		if (e.Parts != nil) != (method == "gradcam") || (c.Completeness != nil) != (method == "integrated") ||
			(c.Deletion != nil && c.Insertion != nil && c.Randomised != nil) != (method == "gradcam") {
			t.Errorf("%s: parts %v, checks %+v", method, e.Parts != nil, c)
		}
	}
}

// TestInspectExplainFiles: an array has what the method is about, a picture the image's
// shape; classes go by their names too.
func TestInspectExplainFiles(t *testing.T) {
	dir := t.TempDir()
	net := []string{"inspect", "explain", "--weights", "builtin:fashion-resnet20", "--class", "ankle BOOT"}
	npy, picture := filepath.Join(dir, "x.npy"), filepath.Join(dir, "x.png")
	for method, shape := range map[string]tensor.Shape{"gradcam": {7, 7}, "occlusion": {5, 5}, "gradient": {1, 28, 28}} {
		args := append(net, "--method", method)
		if method == "occlusion" {
			args = append(args, "--stride", "6", "--patch", "28")
		}
		mustRun(t, append(args, "-o", npy)...)
		x, err := checkpoint.ReadNPY(npy)
		if err != nil || !x.Shape.Equal(shape) {
			t.Fatalf("%s: %v (%v)", method, x, err)
		}
		mustRun(t, append(args, "-o", picture)...)
		f, err := os.Open(picture)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		if err != nil || img.Bounds().Dx() < 224 {
			t.Errorf("%s: a picture of %v (%v)", method, img.Bounds(), err)
		}
		f.Close()
	}
	if e := mustDecode[report.Explain](t, net...); e.Class != 9 || e.Name != "Ankle boot" {
		t.Errorf("class %d %s", e.Class, e.Name)
	}
}

// TestInspectField: a block's unit has parts, a layer's and a class have none.
func TestInspectField(t *testing.T) {
	for _, tt := range []struct {
		at, unit string
		branches int
	}{{"layer2.1", "3,4,15", 6}, {"layer1.0.conv1", "0,0,0", 0}, {"fc", "4", 0}} {
		f := mustDecode[report.UnitField](t, "inspect", "field", "--arch", "cifar_resnet20", "--at", tt.at, "--unit", tt.unit)
		if f.Schema != "resnet-tui/field/1" || f.At != tt.at || len(f.Branches) != tt.branches || (f.SumError != nil) != (tt.branches > 0) {
			t.Errorf("%s: %s, %d branches", tt.at, f.Schema, len(f.Branches))
		}
		if s := f.Support; s != nil && (!s.Rectangle().In(f.Box.Rectangle()) || len(f.Mass) != 3 || f.Mass[2].Share != 0.99) {
			t.Errorf("%s: support %+v in %+v, mass %v", tt.at, *s, f.Box, f.Mass)
		}
	}
}
