package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// steps are the kinds of training step.
var steps = map[string]nn.Pass{
	"eval":    {Backward: &nn.Backward{}},
	"probed":  step(probeFlows, probeNorms, probeInput, probeGrads),
	"smooth":  {Mode: nn.Train, Backward: &nn.Backward{Smoothing: 0.1}, Probes: []nn.Probe{probeFlows}},
	"updated": {Mode: nn.Train, Backward: &nn.Backward{}, Update: &nn.SGD{Momentum: 0.9, Nesterov: true, Decay: 1e-4}},
}

// TestStepsAreValid lowers steps of every net.
func TestStepsAreValid(t *testing.T) {
	for _, name := range resnet.Archs() {
		m := build(t, resnet.Config{Arch: name, Batch: 2})
		if len(m.Blocks()) > 90 {
			continue // the same blocks
		}
		for kind, o := range steps {
			if len(o.Probes) > 0 {
				o.Probes = append(slices.Clone(o.Probes), probeMoments)
			}
			l, err := m.Lower(o)
			if err == nil {
				err = l.Plan.Validate()
			}
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			checkMaps(t, m, l)
			checkStep(t, m, l, o)
		}
	}
}

// checkStep: every parameter that learns has a gradient, a norm if that is
// asked, and an update; every block its probes; passes follow each other.
func checkStep(t *testing.T, m *nn.Model, l *nn.Lowered, o nn.Pass) {
	t.Helper()
	updates := map[tensor.ParamID]bool{}
	pass := tensor.Forward
	for _, op := range l.Plan.Ops {
		if op.Pass < pass {
			t.Fatalf("%s: %v of %s in pass %v comes after pass %v", m.Name, op.Kind, op.Path, op.Pass, pass)
		}
		if pass = op.Pass; op.Kind == tensor.SGD {
			updates[op.Params[0]] = true
		}
	}
	for id, p := range m.Params {
		grad := l.ParamGrad[id]
		has := grad != tensor.NoBuffer
		if has != p.Role.Learnable() || has && !l.Plan.Buffers[grad].Shape.Equal(p.Shape) {
			t.Errorf("%s: %s has the gradient %d", m.Name, p.Name, grad)
		}
		_, normed := l.Site(nn.Probe{At: nn.At(p.Name), What: nn.Norm})
		learns := p.Role.Learnable()
		wanted := learns && slices.Contains(o.Probes, probeNorms)
		if normed != wanted || updates[tensor.ParamID(id)] != (learns && o.Update != nil) {
			t.Errorf("%s: %s is not probed or updated as it should be", m.Name, p.Name)
		}
	}
	if !slices.Contains(o.Probes, probeFlows) {
		return
	}
	flows := flowsOf(l)
	for i, b := range m.Blocks() {
		p, plain := flows[i], b.Block.Skip == nn.NoSkip
		lacks := slices.Contains([]nn.Reading{p.In, p.Out, p.Branch}, nn.NoReading)
		if p.Path != b.Path || lacks || (p.Skip == nn.NoReading) != plain || (p.Dot == nn.NoReading) != plain {
			t.Errorf("%s: block %s is probed by %+v", m.Name, b.Path, p)
		}
	}
}

// smallNets are nets of every kind of block, small enough for differences.
var smallNets = []string{
	"cifar_resnet8", "cifar_resnet8_b", "cifar_resnet8_c_nonorm", "cifar_plain8",
	"cifar_preact_resnet8", "cifar_preact_resnet8_c", "cifar_preact_plain8",
	"cifar_resnet11_v1", "cifar_preact_resnet11_b",
}

func smallConfig(arch string) resnet.Config {
	return resnet.Config{Arch: arch, Height: 6, Width: 5, Batch: 3, Classes: 4}
}

func smallNet(t testing.TB, arch string) *nn.Model { return build(t, smallConfig(arch)) }

// TestStepGradients compares gradients of whole nets with differences of the
// loss along a random direction of every parameter, and of the image.
func TestStepGradients(t *testing.T) {
	for _, arch := range smallNets {
		for _, train := range []bool{false, true} {
			if !train && strings.Contains(arch, "preact") {
				continue // eval mode differs in the normalisations alone
			}
			t.Run(fmt.Sprint(arch, "/", train), func(t *testing.T) {
				o := nn.Pass{
					Mode: modeOf(train), Backward: &nn.Backward{Smoothing: 0.1},
					Probes: []nn.Probe{probeInput, probeFlows},
				}
				newExact(t, smallNet(t, arch), o).checkDifferences(t)
			})
		}
	}
}

func (e *exact) checkDifferences(t *testing.T) {
	t.Helper()
	e.run(t)
	grads := map[string][]float64{"image": slices.Clone(e.Buffer(e.at(probeInput)))}
	values := map[string][]float64{"image": e.Buffer(e.Input)}
	for id, p := range e.model.Params {
		if b := e.ParamGrad[id]; b != tensor.NoBuffer {
			grads[p.Name], values[p.Name] = slices.Clone(e.Buffer(b)), e.Param(p.Name)
		}
	}
	for name, grad := range grads {
		direction, want := tensor.NewStream(3, name), 0.0
		for i, g := range grad {
			want += g * direction.Normal(uint64(i))
		}
		const h = 1e-6
		up := e.lossAlong(t, values[name], direction, h)
		got := (up - e.lossAlong(t, values[name], direction, -h)) / (2 * h)
		if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("%s: the gradient gives %v, differences %v", name, want, got)
		}
	}
}

// lossAlong is the loss with some values moved.
func (e *exact) lossAlong(t *testing.T, values []float64, direction tensor.Stream, h float64) float64 {
	t.Helper()
	kept := slices.Clone(values)
	for i := range values {
		values[i] += h * direction.Normal(uint64(i))
	}
	loss := e.run(t)
	copy(values, kept)
	return loss
}

// TestProbesChangeNothing: a probed step has the gradients of one that is not,
// to the bit, but for what pre-activation blocks with a projection carry apart.
func TestProbesChangeNothing(t *testing.T) {
	for _, arch := range smallNets {
		m := smallNet(t, arch)
		bare := newExact(t, m, step())
		probed := newExact(t, m, step(probeFlows, probeNorms, probeInput, probeMoments))
		bare.run(t)
		probed.run(t)
		apart := slices.ContainsFunc(m.Blocks(), func(b *nn.Module) bool {
			return b.Block.PreAct && b.Block.Skip == nn.Projection
		})
		for id, p := range m.Params {
			if !p.Role.Learnable() {
				continue
			}
			a, b := bare.Buffer(bare.ParamGrad[id]), probed.Buffer(probed.ParamGrad[id])
			if !apart && !slices.Equal(a, b) || !(difference(a, b) <= 1e-12) {
				t.Errorf("%s: the gradient of %s differs by %g", arch, p.Name, difference(a, b))
			}
			at := probed.at(nn.Probe{At: nn.At(p.Name), What: nn.Norm})
			if got, want := probed.Buffer(at)[0], norm(b); math.Abs(got-want) > 1e-12*want {
				t.Errorf("%s: the norm of %s is %g, want %g", arch, p.Name, got, want)
			}
		}
	}
}

func norm(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// difference is ‖a − b‖ / ‖b‖.
func difference(a, b []float64) float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return norm(d) / norm(b)
}

// TestBlockGradients: the parts make the whole, one block's input is the
// output of the one before, and an identity skip carries g itself.
func TestBlockGradients(t *testing.T) {
	for _, arch := range smallNets {
		m := smallNet(t, arch)
		e := newExact(t, m, step(probeFlows))
		e.run(t)
		for i, b := range m.Blocks() {
			g := e.block(i)
			if i > 0 && e.block(i-1).Out != g.In {
				t.Errorf("%s: %s takes %g, the block before it gives %g", arch, b.Path, g.In, e.block(i-1).Out)
			}
			if !(g.In > 0 && g.Out > 0 && g.Branch > 0) || g.HasSkip != (b.Block.Skip != nn.NoSkip) {
				t.Errorf("%s: %s has %+v", arch, b.Path, g)
			}
			if !g.HasSkip {
				if g.Branch != g.In || !math.IsNaN(g.Ratio()) || !math.IsNaN(g.Cosine) {
					t.Errorf("%s: the plain block %s has %+v", arch, b.Path, g)
				}
				continue
			}
			sum := g.Branch*g.Branch + g.Skip*g.Skip + 2*g.Cosine*g.Branch*g.Skip
			if math.Abs(math.Sqrt(sum)-g.In) > 1e-9*g.In {
				t.Errorf("%s: the parts of %s make %g, not %g", arch, b.Path, math.Sqrt(sum), g.In)
			}
			if b.Block.PreAct && b.Block.Skip == nn.Identity && g.Skip != g.Out {
				t.Errorf("%s: the identity of %s makes %g of %g", arch, b.Path, g.Skip, g.Out)
			}
			if math.Abs(g.Ratio()-g.Branch/g.Skip) > 1e-15 {
				t.Errorf("%s: the ratio of %s is %g", arch, b.Path, g.Ratio())
			}
		}
	}
}

// TestUpdate: weights decay, batch norms and biases only if that is asked.
func TestUpdate(t *testing.T) {
	m := smallNet(t, "cifar_resnet8")
	for _, all := range []bool{false, true} {
		e := newExact(t, m, nn.TrainingStep(0, nn.SGD{Momentum: 0.9, Decay: 0.5, DecayAll: all}))
		before := map[string][]float64{}
		for _, p := range m.Params {
			before[p.Name] = slices.Clone(e.Param(p.Name))
		}
		e.run(t)
		for id, p := range m.Params {
			if !p.Role.Learnable() {
				continue
			}
			decay := 0.0
			if all || p.Role == tensor.Weight {
				decay = 0.5
			}
			w, grad := before[p.Name], e.Buffer(e.ParamGrad[id])
			for i := range w {
				w[i] -= float64(float32(0.1)) * (grad[i] + decay*w[i])
			}
			if d := difference(e.Param(p.Name), w); d > 1e-14 {
				t.Errorf("all %v: %s is off by %g", all, p.Name, d)
			}
		}
	}
}

func TestStepRefuses(t *testing.T) {
	m := smallNet(t, "cifar_resnet8")
	for _, o := range []nn.Pass{
		{Probes: []nn.Probe{probeFlows}},
		{Probes: []nn.Probe{probeNorms}},
		{Probes: []nn.Probe{probeInput}},
		{Update: &nn.SGD{}},
		{Mode: nn.Train + 1},
		{Backward: &nn.Backward{Smoothing: 1.5}},
		{Backward: &nn.Backward{Smoothing: math.NaN()}},
		{Backward: &nn.Backward{}, Update: &nn.SGD{Momentum: 1}},
		{Backward: &nn.Backward{}, Update: &nn.SGD{Decay: -1}},
		{Backward: &nn.Backward{}, Update: &nn.SGD{Nesterov: true}},
		{Backward: &nn.Backward{}, Update: &nn.SGD{Decay: math.Inf(1)}},
	} {
		if _, err := m.Lower(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
