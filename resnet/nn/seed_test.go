package nn_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// fromSeed is an eval pass back from a layer to the input, without parameters.
func fromSeed(from nn.At, probes ...nn.Probe) nn.Pass {
	return nn.Pass{Backward: &nn.Backward{From: from, NoParams: true}, Probes: probes}
}

// TestSeedOfTheLoss: the gradient of the loss by the logits as a seed at the last layer
// gives the gradients of the loss, in float64 to the last bits.
func TestSeedOfTheLoss(t *testing.T) {
	for _, arch := range smallNets {
		m := smallNet(t, arch)
		last := m.Layers[len(m.Layers)-1].At()
		loss := newExact(t, m, nn.Pass{Backward: &nn.Backward{}, Probes: []nn.Probe{probeInput}})
		loss.run(t)
		seeded := newExact(t, m, fromSeed(last, probeInput))
		logits := loss.Buffer(loss.Output)
		copy(seeded.Buffer(seeded.Seed), lossGradient(logits, loss.Buffer(loss.Target), m.Classes()))
		if err := seeded.Run(seeded.scalars); err != nil {
			t.Fatal(err)
		}
		want := loss.Buffer(loss.at(probeInput))
		if d := difference(seeded.Buffer(seeded.at(probeInput)), want); !(d < 1e-12) || norm(want) == 0 {
			t.Errorf("%s: the gradients differ by %g of %g", arch, d, norm(want))
		}
		for i, id := range seeded.ParamGrad {
			if id != tensor.NoBuffer {
				t.Errorf("%s: %s has a gradient", arch, m.Params[i].Name)
			}
		}
	}
}

// lossGradient is (softmax − one-hot)/N.
func lossGradient(logits, target []float64, classes int) []float64 {
	g, n := make([]float64, len(logits)), float64(len(target))
	for i, c := range target {
		row, out := logits[i*classes:(i+1)*classes], g[i*classes:(i+1)*classes]
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(v)
		}
		for k, v := range row {
			out[k] = math.Exp(v) / sum / n
		}
		out[int(c)] -= 1 / n
	}
	return g
}

// TestGradientAtLayers: what a Gradient probe keeps at a layer, given as the seed there,
// arrives at the input as the whole gradient does, wherever one layer cuts the net in two.
func TestGradientAtLayers(t *testing.T) {
	for _, arch := range smallNets {
		m := smallNet(t, arch)
		last := m.Layers[len(m.Layers)-1].At()
		for _, b := range m.Blocks() {
			at := m.Layers[b.To].At()
			e := newExact(t, m, fromSeed(last, probeInput, nn.Probe{At: at, What: nn.Gradient}))
			seed := e.Buffer(e.Seed)
			for i := range seed {
				seed[i] = float64(i%3) - 0.7
			}
			if err := e.Run(e.scalars); err != nil {
				t.Fatal(err)
			}
			half := newExact(t, m, fromSeed(at, probeInput))
			copy(half.Buffer(half.Seed), e.Buffer(e.at(nn.Probe{At: at, What: nn.Gradient})))
			if err := half.Run(half.scalars); err != nil {
				t.Fatal(err)
			}
			want := e.Buffer(e.at(probeInput))
			if d := difference(half.Buffer(half.at(probeInput)), want); !(d < 1e-12) || norm(want) == 0 {
				t.Errorf("%s from %s: the gradients differ by %g of %g", arch, at, d, norm(want))
			}
		}
	}
}

// TestSeedOnCPU holds gradients from a seed, and their parts by number of branches, to
// the float64 reference of the same plan, fused and not.
func TestSeedOnCPU(t *testing.T) {
	ctx := context.Background()
	for _, arch := range []string{"cifar_resnet14", "cifar_preact_resnet14_b", "cifar_plain14"} {
		for _, fuse := range []bool{false, true} {
			m := build(t, resnet.Config{Arch: arch, Batch: 2, Height: 12, Width: 12})
			block := m.Blocks()[len(m.Blocks())/2]
			from, inside := m.Layers[block.To].At(), m.Layers[m.Blocks()[0].To].At()
			gradient := nn.Probe{At: inside, What: nn.Gradient}
			o := nn.SessionOptions{Pass: fromSeed(from, probeInput, gradient), Fuse: fuse, Threads: 2, Seed: 3}
			s, err := nn.NewSession(ctx, device(t), m, o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			x, seed := nn.RandomInput(1, m.Input), tensor.New(m.Layers[block.To].Out...)
			for i := range seed.Data {
				seed.Data[i] = float32(i%5) - 1.5
			}
			if err := s.SetInput(x); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(ctx, nil); err == nil || !strings.Contains(err.Error(), "no seed is set") {
				t.Errorf("a pass without a seed: %v", err)
			}
			if err := s.SetSeed(seed); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(ctx, nil); err != nil {
				t.Fatal(err)
			}
			checkSeeded(t, s, x, seed, gradient)
			checkPathsFrom(t, s, from, seed, len(m.Blocks())/2+1)
		}
	}
}

// checkSeeded compares a session's gradients with the reference's.
func checkSeeded(t *testing.T, s *nn.Session, x, seed *tensor.Tensor, inside nn.Probe) {
	t.Helper()
	l := s.Lowered()
	r, err := tensor.NewReference[float64](l.Plan, s.Model().Initial(3))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Input, x.Data); err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Seed, seed.Data); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []nn.Probe{probeInput, inside} {
		site, ok := l.Site(p)
		if !ok {
			t.Fatalf("%v has no site", p)
		}
		got, err := s.Kept(p.At)
		if p.What == nn.Gradient {
			got, err = s.GradientAt(p.At)
		}
		if err != nil {
			t.Fatal(err)
		}
		values := make([]float64, len(got.Data))
		for i, v := range got.Data {
			values[i] = float64(v)
		}
		if d := difference(values, r.Buffer(site.Buffer)); !(d < 1e-5) {
			t.Errorf("%s, fused %v: %v is off by %g", s.Model().Name, s.Options().Fuse, p, d)
		}
	}
}

// checkPathsFrom adds the parts up, and compares them with the ordinary gradient.
func checkPathsFrom(t *testing.T, s *nn.Session, from nn.At, seed *tensor.Tensor, blocks int) {
	t.Helper()
	parts, err := s.PathsFrom(context.Background(), from, seed)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := s.Kept(nn.Input)
	if err != nil {
		t.Fatal(err)
	}
	sum := make([]float64, len(whole.Data))
	for _, p := range parts.Branches {
		if p == nil {
			continue
		}
		for i, v := range p.Data {
			sum[i] += float64(v)
		}
	}
	want := make([]float64, len(whole.Data))
	for i, v := range whole.Data {
		want[i] = float64(v)
	}
	if d := difference(sum, want); !(d < 1e-5) || !(parts.SumError < 1e-5) || len(parts.Branches) != blocks+1 {
		t.Errorf("%s: %d parts are off by %g, by their own account %g", s.Model().Name, len(parts.Branches), d, parts.SumError)
	}
}

// TestSeedErrors: what can't be asked for says why.
func TestSeedErrors(t *testing.T) {
	m := smallNet(t, "cifar_resnet8")
	block := m.Layers[m.Blocks()[0].To].At()
	sgd := &nn.SGD{}
	for want, p := range map[string]nn.Pass{
		"no layer of that name":              fromSeed("layer9"),
		"no gradient reaches it from":        fromSeed(block, nn.Probe{At: "fc", What: nn.Gradient}),
		"the pass has no gradients of param": {Backward: &nn.Backward{NoParams: true}, Probes: []nn.Probe{{At: "fc.weight", What: nn.Norm}}},
		"labels could be smoothed":           {Backward: &nn.Backward{From: block, Smoothing: 0.1}},
		"an update needs the gradients":      {Backward: &nn.Backward{NoParams: true}, Update: sgd},
		"no gradients without a backward":    {Probes: []nn.Probe{{At: block, What: nn.Gradient}}},
		"moments can be taken at a layer":    {Backward: &nn.Backward{}, Probes: []nn.Probe{{At: nn.Input, What: nn.Moments}}},
		"gradient can be taken at a layer":   {Backward: &nn.Backward{}, Probes: []nn.Probe{{At: nn.Input, What: nn.Gradient}}},
		"it is not the output of a block":    {Backward: &nn.Backward{From: "fc"}},
	} {
		var err error
		if strings.Contains(want, "output of a block") {
			_, _, err = m.LowerPaths(p, 3)
		} else {
			_, err = m.Lower(p)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
}
