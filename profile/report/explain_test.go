package report

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet/inspect"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// someExplain is a Grad-CAM of 2×3 with its parts.
func someExplain() *Explain {
	x := &inspect.Explanation{
		Class: 8, Score: 3.5, H: 2, W: 3, Map: []float32{-1, 0, 1, 2, 4, float32(nan)},
		Skip: []float32{-1, 0, 0.5, 1, 2, 0}, Branch: []float32{0, 0, 0.5, 1, 2, 0}, SumError: 1e-8,
	}
	o := inspect.Options{Method: inspect.GradCAM, At: inspect.Place{Path: "layer3.0", Layer: &nn.Layer{}}}
	e := NewExplain(x, o, make([]float32, 3*4*6))
	e.Model, e.Input, e.Name = someNet, RunInput{Shape: tensor.Shape{1, 3, 4, 6}, Source: "ship.jpg"}, "ship"
	e.Checks.Deletion, e.Checks.Randomised = known(Number(0.25)), known(Number(-0.5))
	return e
}

func TestExplain(t *testing.T) {
	e := someExplain()
	text := string(write(t, e, "text"))
	for _, want := range []string{
		"    ::\n++@@\n", "8 ship, score 3.50", "gradcam at layer3.0\n", "ship.jpg, image 0",
		"deletion", "0.250", "randomised", "1e-08", "from -1.00 to 4.00",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("text without %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "completeness") || strings.Contains(text, "insertion") {
		t.Errorf("text has what wasn't measured:\n%s", text)
	}
	if a := e.Array(); !a.Shape.Equal(tensor.Shape{2, 3}) || a.Data[4] != 4 {
		t.Errorf("%v", a)
	}
	var b bytes.Buffer
	if err := Write(&b, e, PNG); err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(&b); err != nil || img.Bounds().Dx() < 224 {
		t.Errorf("a picture of %v (%v)", img.Bounds(), err)
	}
}

// TestExplainAttribution: the array of a gradient is signed and has the image's shape.
func TestExplainAttribution(t *testing.T) {
	x := &inspect.Explanation{H: 1, W: 2, Map: []float32{2, 1}, Completeness: 0.01,
		Attribution: &tensor.Tensor{Shape: tensor.Shape{2, 1, 2}, Data: []float32{-1, 1, 3, 0}}}
	e := NewExplain(x, inspect.Options{Method: inspect.Integrated, Steps: 5, Patch: 3}, nil)
	if a := e.Array(); !a.Shape.Equal(tensor.Shape{2, 1, 2}) || !slices.Equal(a.Data, x.Attribution.Data) {
		t.Errorf("%v", a)
	}
	if e.At != "input" || e.Steps != 5 || e.Patch != 0 || e.Parts != nil || *e.Checks.Completeness != 0.01 {
		t.Errorf("%+v", e)
	}
	if text := string(write(t, e, "text")); !strings.Contains(text, "integrated at input, 5 steps") {
		t.Errorf("text:\n%s", text)
	}
}

// TestSketch: a large map is drawn by means, and what is no number as nothing.
func TestSketch(t *testing.T) {
	values := make([]float32, 56*30)
	values[0], values[1], values[30], values[31] = 1, 1, 1, 1
	values[2] = float32(nan)
	lines := strings.Split(sketch(values, 56, 30), "\n")
	if len(lines) != 29 || lines[0] != "@@" || lines[1] != "" {
		t.Errorf("%q", lines)
	}
}

// someUnitField has a part that is 0.
func someUnitField() *UnitField {
	box := inspect.Box{Top: 2, Left: 3, Bottom: 9, Right: 12}
	f := NewUnitField(&inspect.UnitField{
		Box: inspect.Box{Top: -3, Left: -1, Bottom: 12, Right: 14}, Support: &box, SumError: 2e-7,
		Mass:     []inspect.Mass{{Share: 0.5, Box: box}, {Share: 0.99, Box: box}},
		Branches: []inspect.Branch{{Branches: 0}, {Branches: 1, Norm: 0.5, Support: &box}},
	}, inspect.Unit{C: 5, Y: 1, X: 2})
	f.Model, f.Layer, f.Input = someNet, "layer1.0.relu#1", RunInput{Shape: tensor.Shape{1, 3, 32, 32}, Source: "ship.jpg"}
	return f
}

func TestUnitField(t *testing.T) {
	text := string(write(t, someUnitField(), "text"))
	for _, want := range []string{"through 1 branch ", "99 % of it", "channel 5, row 1, column 2 of layer1.0.relu#1", "2e-07"} {
		if !strings.Contains(text, want) {
			t.Errorf("text without %q:\n%s", want, text)
		}
	}
	shut := NewUnitField(&inspect.UnitField{}, inspect.Unit{})
	text, data := string(write(t, shut, "text")), string(write(t, shut, "json"))
	if !strings.Contains(text, "no pixel changes the unit") || strings.Contains(data, "support") || !strings.Contains(data, `"mass": []`) {
		t.Errorf("a unit without a gradient:\n%s\n%s", text, data)
	}
}
