package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// someStats has an output with everything, a parameter of zeros, and a gradient that has
// nothing finite.
func someStats() *Stats {
	s := NewStats()
	s.Model, s.Mode = someNet, "train"
	s.Input = RunInput{Shape: tensor.Shape{1, 2, 1, 4}, Source: "x.npy"}
	inf := float32(math.Inf(1))
	out := &tensor.Tensor{Shape: tensor.Shape{1, 2, 1, 4}, Data: []float32{-3, 0, 1, 5, inf, -inf, float32(nan), inf}}
	relu := nn.StatisticsOf(out, true, 1)
	l := &nn.Layer{Module: &nn.Module{Path: "layer1.0.relu"}, Path: "layer1.0.relu", Call: 1, Out: out.Shape}
	l.Module.Layers = []*nn.Layer{l, l}
	s.Layers = append(s.Layers, LayerStats(l, &relu))
	bias := &tensor.Param{Name: "fc.bias", Shape: tensor.Shape{2}}
	zero := nn.StatisticsOf(tensor.New(2), false, 0)
	s.Params = append(s.Params, ParamStats(bias, &zero))
	bad := nn.StatisticsOf(&tensor.Tensor{Shape: bias.Shape, Data: []float32{float32(nan), inf}}, false, 0)
	s.Gradients = append(s.Gradients, ParamStats(bias, &bad))
	return s
}

func TestStatsJSON(t *testing.T) {
	data, err := json.Marshal(someStats())
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{
		`{"path":"layer1.0.relu","call":1,"shape":[1,2,1,4],"elements":8,"mean":0.75,`,
		`"min":-3,"max":5,"l2":5.9160797830996`, `"zeros":1,"nan":1,"inf":3,`,
		`"histogram":{"first":0,"negative":[0,1,0],"positive":[1,0,1],"zero":1}`,
		`"channels":{"mean":[0.75,null],"std":[2.86138`, `"max":[5,null],"zeros":[1,0]}`,
		`{"name":"fc.bias","shape":[2],"elements":2,"mean":0,"std":0,"min":0,"max":0,"l2":0,"zeros":2,"nan":0,"inf":0,` +
			`"histogram":{"first":0,"negative":[],"positive":[],"zero":2}}`,
		`"gradients":[{"name":"fc.bias","shape":[2],"elements":2,"zeros":0,"nan":1,"inf":1}]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestStatsText(t *testing.T) {
	text := string(write(t, someStats(), "text"))
	for _, want := range []string{"layer1.0.relu#1", "0 … 2", "12.5 %", "mode", "x.npy"} {
		if !strings.Contains(text, want) {
			t.Errorf("text without %q:\n%s", want, text)
		}
	}
}
