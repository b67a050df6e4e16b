package resnet

import (
	"testing"

	"resnet-tui/tensor"
)

// TestKeras: the details in which Keras differs from PyTorch.
func TestKeras(t *testing.T) {
	for arch, want := range map[string]struct{ bias, bare int }{
		"keras_resnet50": {bias: 53}, "resnet50v2": {bias: 1 + 16 + 4, bare: 32},
		"preact_resnet50": {bare: 53}, "resnet50_nonorm": {bias: 53},
	} {
		m := mustBuild(t, Config{Arch: arch})
		var bias, bare int
		for _, l := range m.Layers {
			switch {
			case l.Kind == tensor.BatchNorm2d && (l.Op.Eps == 1.001e-5) != m.Config.Keras:
				t.Errorf("%s: %s has ε %g", arch, l.Path, l.Op.Eps)
			case l.Kind == tensor.MaxPool2d && l.Op.KH == 3 && l.Op.PadZero != m.Config.Keras:
				t.Errorf("%s: %s pads with zeros: %v", arch, l.Path, l.Op.PadZero)
			case l.Kind == tensor.Conv2d && len(l.Params) == 2:
				bias++
			case l.Kind == tensor.Conv2d:
				bare++
			}
		}
		if bias != want.bias || bare != want.bare {
			t.Errorf("%s: %d convolutions with a bias and %d without, want %+v", arch, bias, bare, want)
		}
	}
}
