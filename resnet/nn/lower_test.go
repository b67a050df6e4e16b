package nn_test

import (
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestPlansAreValid lowers every net in every mode.
func TestPlansAreValid(t *testing.T) {
	for _, name := range resnet.Archs() {
		m := build(t, resnet.Config{Arch: name, Batch: 2})
		for _, o := range []nn.LowerOptions{{}, {Train: true, Moments: true}, {Fuse: true, Moments: true}, {Train: true, Fuse: true, Moments: true}} {
			l, err := m.Lower(o)
			if err == nil {
				err = l.Plan.Validate()
			}
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, o, err)
			}
			checkMaps(t, m, l)
			if out := l.Plan.Buffers[l.Output]; !out.Shape.Equal(tensor.Shape{2, m.Classes()}) || out.Class != tensor.Output {
				t.Errorf("%s: the output is %+v", name, out)
			}
		}
	}
}

// checkMaps checks the way from layers to operations and back.
func checkMaps(t *testing.T, m *nn.Model, l *nn.Lowered) {
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
	m := build(t, resnet.Config{Depth: 50})
	bare, _ := m.Lower(nn.LowerOptions{Fuse: true})
	probed, _ := m.Lower(nn.LowerOptions{Fuse: true, Moments: true})
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
	each, _ := m.Lower(nn.LowerOptions{Moments: true})
	if n := len(each.Plan.Ops); n != 2*len(m.Layers) {
		t.Errorf("%d operations unfused with probes, want %d", n, 2*len(m.Layers))
	}
}

// TestModes: what the mode decides in the operations.
func TestModes(t *testing.T) {
	m := build(t, resnet.Config{Arch: "vgg19_bn", Batch: 2})
	for _, train := range []bool{false, true} {
		l, err := m.Lower(nn.LowerOptions{Train: train})
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
