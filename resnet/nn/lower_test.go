package nn_test

import (
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// TestPlansAreValid lowers every net in every mode.
func TestPlansAreValid(t *testing.T) {
	for _, name := range resnet.Archs() {
		m := build(t, resnet.Config{Arch: name, Batch: 2})
		var some []nn.Probe
		for _, i := range []int{0, len(m.Layers) / 2, len(m.Layers) - 1} {
			at := m.Layers[i].At()
			some = append(some, nn.Probe{At: at, What: nn.Moments}, nn.Probe{At: at, What: nn.Keep})
		}
		every := []nn.Probe{probeMoments}
		for _, o := range []nn.Pass{
			{}, {Mode: nn.Train, Probes: every}, {Probes: some}, {Mode: nn.Train, Probes: some},
		} {
			l, err := m.Lower(o)
			if err == nil {
				err = l.Plan.Validate()
			}
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, o, err)
			}
			checkMaps(t, m, l)
			out := l.Plan.Buffers[l.Output]
			if !out.Shape.Equal(tensor.Shape{2, m.Classes()}) || out.Class != tensor.Output {
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
		none := op.Kind == tensor.Moments || op.Kind == tensor.Norm || op.Kind == tensor.Histogram || op.Path == "loss"
		if (l.OpLayer[i] < 0) != none {
			t.Fatalf("%s: operation %d (%v) belongs to layer %d", m.Name, i, op.Kind, l.OpLayer[i])
		}
		if op.Kind == tensor.Moments {
			probes++
		}
	}
	if sites := l.SitesOf(nn.Moments); len(sites) != probes {
		t.Errorf("%s: %d probes, read at %d places", m.Name, probes, len(sites))
	}
}

// TestProbesStopNoFusion: with probes a net has the same kernels, and one probe
// after each, however the device fuses; unfused, one after each layer.
func TestProbesStopNoFusion(t *testing.T) {
	m := build(t, resnet.Config{Depth: 50})
	devices := map[string]tensor.Device{"cpu": device(t), "reference": tensortest.Reference(), "pairs": pairs{}}
	for name, dev := range devices {
		bare, without, err := nn.Fusions(dev, m, nn.SessionOptions{Fuse: true})
		if err != nil {
			t.Fatal(err)
		}
		probed, with, err := nn.Fusions(dev, m, nn.SessionOptions{Pass: probed(probeMoments), Fuse: true})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for _, k := range with {
			layer := probed.OpLayer[k.Op]
			if layer < 0 {
				continue
			}
			want := without[i]
			if layer != bare.OpLayer[want.Op] || len(k.Absorbed) != len(want.Absorbed) {
				t.Fatalf("%s: kernel %d is %+v with probes, %+v without", name, i, k, want)
			}
			last := m.Layers[probed.OpLayer[k.Last()]]
			if _, ok := probed.Site(nn.Probe{At: last.At(), What: nn.Moments}); !ok {
				t.Errorf("%s: the result of %s is not probed", name, m.Layers[layer].Path)
			}
			i++
		}
		if n := len(without); i != n || len(with) != 2*n || n >= len(m.Layers) {
			t.Errorf("%s: %d kernels of %d layers without probes, %d with", name, n, len(m.Layers), len(with))
		}
	}
	if _, err := m.LowerVisible(probed(probeMoments), []int{len(m.Layers)}); err == nil {
		t.Error("a layer that does not exist is probed")
	}
	each, _ := m.Lower(probed(probeMoments))
	if n := len(each.Plan.Ops); n != 2*len(m.Layers) {
		t.Errorf("%d operations unfused with probes, want %d", n, 2*len(m.Layers))
	}
}

// TestModes: what the mode decides in the operations.
func TestModes(t *testing.T) {
	m := build(t, resnet.Config{Arch: "vgg19_bn", Batch: 2})
	for _, train := range []bool{false, true} {
		l, err := m.Lower(nn.Pass{Mode: modeOf(train)})
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

// pairs is a device that fuses otherwise: a ReLU into what comes right before it.
type pairs struct{ tensor.Device }

func (pairs) Fusions(p *tensor.Plan, _ tensor.Options) (kernels []tensor.KernelInfo, err error) {
	readers := make([]int, len(p.Buffers))
	for i := range p.Ops {
		for _, id := range p.Ops[i].In {
			readers[id]++
		}
	}
	for i := range p.Ops {
		op, n := &p.Ops[i], len(kernels)
		if op.Kind == tensor.ReLU && n > 0 && op.In[0] == p.Ops[i-1].Out[0] && readers[op.In[0]] == 1 {
			kernels[n-1].Absorbed = []int{i}
			continue
		}
		kernels = append(kernels, tensor.KernelInfo{Op: i})
	}
	return kernels, nil
}
