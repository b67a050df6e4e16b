package nn_test

import (
	"math"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// exact is a net's step on the float64 reference.
type exact struct {
	*tensor.Reference[float64]
	*nn.Lowered
	model   *nn.Model
	scalars []float32
}

// newExact makes it, with seeded parameters far from a fresh net's, so that no
// gradient is zero by symmetry.
func newExact(t testing.TB, m *nn.Model, o nn.Pass) *exact {
	t.Helper()
	l, err := m.Lower(o)
	if err != nil {
		t.Fatal(err)
	}
	return onReference(t, m, l)
}

func onReference(t testing.TB, m *nn.Model, l *nn.Lowered) *exact {
	t.Helper()
	r, err := tensor.NewReference[float64](l.Plan, trained{})
	if err != nil {
		t.Fatal(err)
	}
	e := &exact{r, l, m, make([]float32, len(l.Plan.Scalars))}
	for i, name := range l.Plan.Scalars {
		e.scalars[i] = map[string]float32{nn.DropoutSeed: 5, nn.LearningRate: 0.1}[name]
		if v, ok := m.Alphas()[name]; ok {
			e.scalars[i] = v
		}
	}
	if err := r.Set(l.Input, nn.RandomInput(1, m.Input).Data); err != nil {
		t.Fatal(err)
	}
	if l.Target == tensor.NoBuffer {
		return e
	}
	for i := range r.Buffer(l.Target) {
		r.Buffer(l.Target)[i] = float64((3*i + 1) % m.Classes())
	}
	return e
}

// trained is a Source of parameters as a trained net may have them.
type trained struct{}

func (trained) Load(p tensor.Param, t *tensor.Tensor) error {
	stream := tensor.NewStream(7, p.Name)
	switch p.Role {
	case tensor.Weight:
		stream.Normals(t.Data, 0, math.Sqrt(2/float64(tensor.Shape(p.Shape[1:]).Elems())))
	case tensor.Gamma, tensor.RunningVar:
		stream.Uniforms(t.Data, 0, 0.5, 1.5)
	case tensor.Slot:
	default:
		stream.Normals(t.Data, 0, 0.2)
	}
	return nil
}

func (e *exact) run(t testing.TB) float64 {
	t.Helper()
	if err := e.Run(e.scalars); err != nil {
		t.Fatal(err)
	}
	return e.Buffer(e.Loss)[0]
}

// at is where a probe is read.
func (e *exact) at(p nn.Probe) tensor.BufferID {
	s, _ := e.Site(p)
	return s.Buffer
}

func (e *exact) reading(r nn.Reading) float64 {
	if r == nn.NoReading {
		return 0
	}
	return e.Buffer(r.Buffer)[r.At]
}

func (e *exact) block(i int) nn.BlockGradient { return flowsOf(e.Lowered)[i].Read(e.reading) }

// flowsOf says where the gradients at the blocks are read, in order.
func flowsOf(l *nn.Lowered) []*nn.BlockProbe {
	var probes []*nn.BlockProbe
	for _, s := range l.SitesOf(nn.Flow) {
		probes = append(probes, s.Flow)
	}
	return probes
}

// What tests probe.
var (
	probeMoments = nn.Probe{At: nn.EveryLayer, What: nn.Moments}
	probeFlows   = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	probeNorms   = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
	probeGrads   = nn.Probe{At: nn.EveryParameter, What: nn.Keep}
	probeInput   = nn.Probe{At: nn.Input, What: nn.Keep}
)

// step is a pass forward and backward in train mode.
func step(probes ...nn.Probe) nn.Pass {
	return nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Probes: probes}
}

// probed is a forward pass in eval mode.
func probed(probes ...nn.Probe) nn.Pass { return nn.Pass{Probes: probes} }

// modeOf is train mode, or eval mode.
func modeOf(train bool) nn.Mode {
	if train {
		return nn.Train
	}
	return nn.Eval
}
