package app

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// spoilt is the He initialisation of a net but for one value.
type spoilt struct {
	nn.Initial
	name  string
	at    int
	value float32
}

func (s spoilt) Load(p tensor.Param, x *tensor.Tensor) error {
	err := s.Initial.Load(p, x)
	if p.Name == s.name {
		x.Data[s.at] = s.value
	}
	return err
}

// spoil saves weights of spec's net with one value changed, and returns their file.
func spoil(t *testing.T, spec Spec, name string, at int, value float32) string {
	t.Helper()
	m, err := resnet.Build(spec.Net)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "spoilt.safetensors")
	source := spoilt{m.Initial(1), name, at, value}
	if err := checkpoint.WriteSafetensors(path, m.Params, source, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWhyNotFinite: what is said names the tensor and the index where values stop being
// finite, and speaks of an overflow only where something overflowed.
func TestWhyNotFinite(t *testing.T) {
	nan := float32(math.NaN())
	spec := tiny("cifar_resnet8")
	input := tensor.New(2, 3, 8, 8)
	input.Data[3*64+64+8+5] = nan
	broken := filepath.Join(t.TempDir(), "in.npy")
	if err := checkpoint.WriteNPY(broken, input); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		weights, input, want string
	}{
		"weight": {spoil(t, spec, "layer2.0.conv1.weight", 10, nan), "",
			"layer2.0.conv1.weight of FILE has a NaN at [0,1,0,1]"},
		"infinite": {spoil(t, spec, "fc.bias", 3, float32(math.Inf(-1))), "", "fc.bias of FILE has -Inf at [3]"},
		"variance": {spoil(t, spec, "layer3.0.bn1.running_var", 3, -0.5), "",
			"layer3.0.bn1.running_var[3] of FILE is -0.5, but a variance can't be negative"},
		"input":    {"", broken, "the input has a NaN at [1,1,1,5]"},
		"overflow": {spoil(t, spec, "bn1.weight", 0, 3e38), "", "the net's values overflowed, first in the output of "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var h heard
			s := spec
			s.Weights = c.weights
			if c.input != "" {
				s.Input.Files = []string{c.input}
				s.Net.Height, s.Net.Width, s.Net.Batch = 0, 0, 0
			}
			if _, err := service(t).Run(t.Context(), s, RunOptions{}, h.listener()); err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(c.want, "FILE", c.weights)
			if len(h.notices) != 1 || !strings.Contains(h.notices[0], want) {
				t.Errorf("%q, want %q", h.notices, want)
			}
		})
	}
}

// TestArrayLayout: images whose channels come last are found out.
func TestArrayLayout(t *testing.T) {
	for _, c := range []struct {
		shape    tensor.Shape
		channels int
		want     string // "" for none
	}{
		{tensor.Shape{2, 3, 8, 8}, 0, ""},
		{tensor.Shape{2, 1, 8, 8}, 0, ""},
		{tensor.Shape{2, 3, 8, 3}, 0, ""},
		{tensor.Shape{2, 8, 8, 3}, 0, "looks like N×H×W×C"},
		{tensor.Shape{2, 8, 8, 1}, 0, "looks like N×H×W×C"},
		{tensor.Shape{2, 8, 8, 4}, 4, "looks like N×H×W×C"},
		{tensor.Shape{2, 4, 8, 8}, 0, "give channels 4 if it is meant so"},
		{tensor.Shape{2, 4, 8, 8}, 4, ""},
		{tensor.Shape{2, 8, 8, 3}, 8, ""},
		{tensor.Shape{3, 8, 8}, 0, "input is N×C×H×W"},
	} {
		err := checkImages("x.npy", c.shape, c.channels)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v with %d channels asked for: %v", c.shape, c.channels, err)
		}
	}
}
