package resnet

import (
	"testing"

	"resnet-tui/tensor"
)

// TestPlansAreValid lowers every net in every mode.
func TestPlansAreValid(t *testing.T) {
	for _, name := range Archs() {
		m := mustBuild(t, Config{Arch: name, Batch: 2})
		for _, o := range []LowerOptions{{}, {Train: true, Moments: true}, {Fuse: true, Moments: true}, {Train: true, Fuse: true, Moments: true}} {
			l, err := m.Lower(o)
			if err == nil {
				err = l.Plan.Validate()
			}
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, o, err)
			}
			checkMaps(t, m, l)
			if out := l.Plan.Buffers[l.Output]; !out.Shape.Equal(tensor.Shape{2, m.Config.Classes}) || out.Class != tensor.Output {
				t.Errorf("%s: the output is %+v", name, out)
			}
		}
	}
}

// checkMaps checks the way from layers to operations and back.
func checkMaps(t *testing.T, m *Model, l *Lowered) {
	t.Helper()
	for i, layer := range m.Layers {
		op := l.Plan.Ops[l.LayerOp[i]]
		if l.OpLayer[l.LayerOp[i]] != i || op.Path != layer.Path || op.Call != layer.Call || op.Kind != layer.Kind {
			t.Fatalf("%s: layer %d (%s) is operation %+v", m.Name, i, layer.Path, op)
		}
		if !l.Plan.OutShape(l.LayerOp[i]).Equal(layer.Out) || !l.Plan.InShape(l.LayerOp[i]).Equal(layer.In) {
			t.Fatalf("%s: %s has other shapes in the plan", m.Name, layer.Path)
		}
	}
	probes := 0
	for i, op := range l.Plan.Ops {
		none := op.Kind == tensor.Moments || op.Kind == tensor.Norm || op.Path == "loss"
		if (l.OpLayer[i] < 0) != none {
			t.Fatalf("%s: operation %d (%v) belongs to layer %d", m.Name, i, op.Kind, l.OpLayer[i])
		}
		if op.Kind == tensor.Moments {
			probes++
		}
	}
	for _, id := range l.Moments {
		if id != tensor.NoBuffer {
			probes--
		}
	}
	if probes != 0 {
		t.Errorf("%s: %d probes too many", m.Name, probes)
	}
}

// TestProbesStopNoFusion: with probes a net has the same fused groups, and one
// probe behind each; unfused, one behind each layer.
func TestProbesStopNoFusion(t *testing.T) {
	m := mustBuild(t, Config{Depth: 50})
	bare, _ := m.Lower(LowerOptions{Fuse: true})
	probed, _ := m.Lower(LowerOptions{Fuse: true, Moments: true})
	var i int
	for _, g := range probed.Groups {
		layer := probed.OpLayer[g.Head]
		if layer < 0 {
			continue
		}
		want := bare.Groups[i]
		if layer != bare.OpLayer[want.Head] || len(g.Absorbed) != len(want.Absorbed) {
			t.Fatalf("group %d is %+v with probes, %+v without", i, g, want)
		}
		if probed.Moments[probed.OpLayer[g.Last()]] == tensor.NoBuffer {
			t.Errorf("the result of %s is not probed", m.Layers[layer].Path)
		}
		i++
	}
	if i != len(bare.Groups) || len(probed.Groups) != 2*i || i >= len(m.Layers)/2 {
		t.Errorf("%d groups of %d layers without probes, %d with", len(bare.Groups), len(m.Layers), len(probed.Groups))
	}
	each, _ := m.Lower(LowerOptions{Moments: true})
	if n := len(each.Plan.Ops); n != 2*len(m.Layers) {
		t.Errorf("%d operations unfused with probes, want %d", n, 2*len(m.Layers))
	}
}

// TestModes: what the mode decides in the operations.
func TestModes(t *testing.T) {
	m := mustBuild(t, Config{Arch: "vgg19_bn", Batch: 2})
	for _, train := range []bool{false, true} {
		l, err := m.Lower(LowerOptions{Train: train})
		if err != nil {
			t.Fatal(err)
		}
		if (len(l.Plan.Scalars) == 1) != train {
			t.Errorf("train %v: scalars %v", train, l.Plan.Scalars)
		}
		for _, op := range l.Plan.Ops {
			switch op.Kind {
			case tensor.BatchNorm2d:
				if op.Train != train || op.Momentum != 0.1 || op.Eps != 1e-5 {
					t.Errorf("train %v: %+v", train, op)
				}
			case tensor.Dropout:
				if op.Train != train || (op.Scalar == 0) != train || op.Eps != 0.5 {
					t.Errorf("train %v: %+v", train, op)
				}
			}
		}
	}
}

// TestKeras: what Keras does in its own way.
func TestKeras(t *testing.T) {
	for arch, want := range map[string]struct{ bias, bare int }{
		"keras_resnet50": {bias: 53}, "resnet50v2": {bias: 1 + 16 + 4, bare: 32}, "preact_resnet50": {bare: 53}, "resnet50_nonorm": {bias: 53},
	} {
		m := mustBuild(t, Config{Arch: arch})
		var bias, bare int
		for _, l := range m.Layers {
			switch {
			case l.Kind == tensor.BatchNorm2d && (l.op.Eps == 1.001e-5) != m.Config.Keras:
				t.Errorf("%s: %s has ε %g", arch, l.Path, l.op.Eps)
			case l.Kind == tensor.MaxPool2d && l.op.KH == 3 && l.op.PadZero != m.Config.Keras:
				t.Errorf("%s: %s pads with zeros: %v", arch, l.Path, l.op.PadZero)
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
