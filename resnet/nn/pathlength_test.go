package nn_test

import (
	"math"
	"slices"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// spectra are a net's path lengths on the float64 reference.
func spectra(t *testing.T, m *nn.Model, o nn.Pass, k int) []nn.PathSpectrum {
	t.Helper()
	l, probes, err := m.LowerPaths(o, k)
	if err != nil {
		t.Fatal(err)
	}
	e := onReference(t, m, l)
	for i, name := range l.Plan.Scalars {
		if name == nn.MinusOne {
			e.scalars[i] = -1
		}
	}
	e.run(t)
	var s []nn.PathSpectrum
	for _, p := range probes {
		s = append(s, p.Read(e.reading))
	}
	return s
}

// TestPathLengths: the parts make the ordinary gradient, which is that of an
// ordinary backward pass; there are as many as paths can have branches, and
// fewer parts are the first of more.
func TestPathLengths(t *testing.T) {
	for _, arch := range append([]string{"cifar_resnet20"}, smallNets...) {
		m := smallNet(t, arch)
		blocks := m.Blocks()
		e := newExact(t, m, step(probeFlows, probeInput))
		e.run(t)
		all := spectra(t, m, nn.Pass{Mode: nn.Train}, 100)
		some := spectra(t, m, nn.Pass{Mode: nn.Train}, 2)
		if len(all) != len(blocks)+1 || all[0].Block != nn.PathsInput {
			t.Fatalf("%s: %d spectra of %d blocks", arch, len(all), len(blocks))
		}
		for i, s := range all {
			want, n := norm(e.Buffer(e.at(probeInput))), len(blocks)
			if i > 0 {
				want, n = e.block(i-1).In, len(blocks)-i+1
			}
			if math.Abs(s.Gradient-want) > 1e-12*want || !(s.SumError < 1e-13) {
				t.Errorf("%s: at %s the gradient is %g, not %g; the parts are off by %g",
					arch, s.Block, s.Gradient, want, s.SumError)
			}
			if len(s.Branches) != n+1 || s.HasRest {
				t.Errorf("%s: %s has %d parts, not %d, and a rest: %v", arch, s.Block, len(s.Branches), n+1, s.HasRest)
			}
			few := some[i]
			if !slices.Equal(few.Branches, s.Branches[:2]) || few.HasRest != (n >= 2) ||
				!(few.SumError < 1e-13) || few.Gradient != s.Gradient {
				t.Errorf("%s: with two parts %s has %+v, with all %+v", arch, s.Block, few, s)
			}
		}
	}
}

// TestPathsOfPlainNets: all of the gradient has gone through every branch.
func TestPathsOfPlainNets(t *testing.T) {
	for _, s := range spectra(t, smallNet(t, "cifar_plain8"), nn.Pass{}, 16) {
		for i, v := range s.Branches {
			if last := i == len(s.Branches)-1; (v == s.Gradient) != last || (v == 0) == last {
				t.Errorf("%s: %+v", s.Block, s)
			}
		}
	}
}

// TestPathsAreAPolynomial: a backward pass that multiplies by β in every
// branch gives Σ βᵏ·(the part through k branches), for every β: so each part is
// what it says.
func TestPathsAreAPolynomial(t *testing.T) {
	for _, arch := range []string{"cifar_resnet14", "cifar_preact_resnet14_b"} {
		c := smallConfig(arch)
		var all []nn.Lesion
		for _, b := range build(t, c).Blocks() {
			all = append(all, nn.Lesion{Path: b.Path, Kind: nn.ScaleBranch, Alpha: 1})
		}
		m := lesioned(t, c, all...)
		parts := partsOfInput(t, m)
		o := step(probeInput)
		for _, beta := range []float32{0, 1, 2, -0.5} {
			l, err := m.Lower(o)
			if err != nil {
				t.Fatal(err)
			}
			for i := range l.Plan.Ops {
				if op := &l.Plan.Ops[i]; op.Kind == tensor.Scale {
					op.Scalar = len(l.Plan.Scalars)
				}
			}
			l.Plan.Scalars = append(l.Plan.Scalars, "β")
			e := onReference(t, m, l)
			e.scalars[len(e.scalars)-1] = beta
			e.run(t)
			sum := make([]float64, len(parts[0]))
			for k, part := range parts {
				for i, v := range part {
					sum[i] += math.Pow(float64(beta), float64(k)) * v
				}
			}
			if d := difference(sum, e.Buffer(e.at(probeInput))); !(d < 1e-12) {
				t.Errorf("%s, β = %g: the parts make a gradient that is off by %g", arch, beta, d)
			}
		}
	}
}

// partsOfInput are the parts of the image's gradient.
func partsOfInput(t *testing.T, m *nn.Model) (parts [][]float64) {
	t.Helper()
	l, probes, err := m.LowerPaths(nn.Pass{Mode: nn.Train}, 100)
	if err != nil {
		t.Fatal(err)
	}
	e := onReference(t, m, l)
	e.scalars[slices.Index(l.Plan.Scalars, nn.MinusOne)] = -1
	e.run(t)
	writer := l.Writers()
	for _, r := range probes[0].Branches {
		parts = append(parts, e.Buffer(l.Plan.Ops[writer[r.Buffer]].In[0]))
	}
	return parts
}

// TestPathsByLesions: what lesions leave of a block is what the gradient goes
// through.
func TestPathsByLesions(t *testing.T) {
	m := lesioned(t, smallConfig("cifar_preact_resnet20"),
		lesions(t, "layer1.1=drop-branch", "layer2.1=cut-skip", "layer3.2=scale:0.5", "layer3.0=drop-branch")...)
	all := spectra(t, m, nn.Pass{Mode: nn.Train}, 100)
	for _, s := range all {
		if !(s.SumError < 1e-13) {
			t.Errorf("%s: the parts are off by %g", s.Block, s.SumError)
		}
	}
	at := func(path string) nn.PathSpectrum {
		return all[slices.IndexFunc(all, func(s nn.PathSpectrum) bool { return s.Block == path })]
	}
	if a, b := at("layer3.2"), at("layer3.1"); a.Branches[0] != b.Branches[0] || a.Branches[0] == 0 {
		t.Errorf("through identities alone the gradient changes from %g to %g", a.Branches[0], b.Branches[0])
	}
	a, b := at("layer1.1"), at("layer1.2")
	if !slices.Equal(a.Branches[:len(b.Branches)], b.Branches) || a.Branches[len(a.Branches)-1] != 0 {
		t.Errorf("a block without a branch changes %v to %v", b.Branches, a.Branches)
	}
	if s := at("layer2.1"); s.Branches[0] != 0 || s.Branches[1] == 0 {
		t.Errorf("a block without a skip lets a path of no branch through: %v", s.Branches)
	}
}

func TestPathsRefuse(t *testing.T) {
	if _, _, err := build(t, resnet.Config{Arch: "vgg11"}).LowerPaths(nn.Pass{}, 16); err == nil {
		t.Error("VGG has paths")
	}
	if _, _, err := smallNet(t, "cifar_resnet8").LowerPaths(nn.Pass{}, 0); err == nil {
		t.Error("no parts: no error")
	}
}

// TestPathsOfDeepNets lowers a ResNet-101's: many operations, all of them
// valid.
func TestPathsOfDeepNets(t *testing.T) {
	for _, arch := range []string{"resnet101", "preact_resnet101", "resnet101v2", "plain34"} {
		m := build(t, resnet.Config{Arch: arch})
		l, probes, err := m.LowerPaths(nn.Pass{}, 16)
		if err == nil {
			err = l.Plan.Validate()
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := len(probes[0].Branches); n != 16 || probes[0].Rest == nn.NoReading {
			t.Errorf("%s: %d parts at the input, and %+v", arch, n, probes[0].Rest)
		}
		t.Logf("%s: %d operations, %d buffers", arch, len(l.Plan.Ops), len(l.Plan.Buffers))
	}
}
