package nn_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// stepOn is a session on the CPU that looks at a step's gradients.
func stepOn(t *testing.T, m *nn.Model, o nn.SessionOptions) *nn.Session {
	t.Helper()
	s, err := nn.NewSession(context.Background(), device(t), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTarget(nn.RandomTarget(1, m.Batch(), m.Classes())); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStepOnCPU holds gradients at blocks and of parameters, on the CPU, to the
// float64 reference of the same plan; and the spectra of path lengths to them.
func TestStepOnCPU(t *testing.T) {
	for _, arch := range []string{"cifar_resnet14", "cifar_preact_resnet14_b", "cifar_plain14"} {
		for _, fuse := range []bool{false, true} {
			m := build(t, resnet.Config{Arch: arch, Batch: 4, Height: 12, Width: 12})
			s := stepOn(t, m, nn.SessionOptions{Pass: step(probeFlows, probeNorms), Fuse: fuse, Threads: 2, Seed: 3})
			want := referenceStep(t, s)
			near := func(what string, got, want float64) {
				t.Helper()
				if !(math.Abs(got-want) <= 1e-4*want) {
					t.Errorf("%s, fused %v: %s is %g, want %g", arch, fuse, what, got, want)
				}
			}
			loss, err := s.Loss()
			if err != nil {
				t.Fatal(err)
			}
			near("the loss", loss, want(s.Lowered().Loss, 0))
			blocks, err := s.BlockGradients()
			if err != nil {
				t.Fatal(err)
			}
			for i, b := range blocks {
				p := flowsOf(s.Lowered())[i]
				near(b.Path+" in", b.In, want(p.In.Buffer, p.In.At))
				near(b.Path+" branch", b.Branch, want(p.Branch.Buffer, p.Branch.At))
				if b.HasSkip {
					near(b.Path+" skip", b.Skip, want(p.Skip.Buffer, p.Skip.At))
				}
			}
			norms, err := s.ParamNorms()
			if err != nil {
				t.Fatal(err)
			}
			for i, site := range s.Lowered().SitesOf(nn.Norm) {
				near(norms[i].Name, norms[i].Norm, want(site.Buffer, 0))
			}
			paths, err := s.PathLengths(context.Background(), 3, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range paths[1:] {
				near("the gradient at "+p.Block, p.Gradient, blocks[i].In)
				if p.SumError > 1e-5 {
					t.Errorf("%s, fused %v: the parts at %s are off by %g", arch, fuse, p.Block, p.SumError)
				}
			}
		}
	}
}

// TestProbesChangeNothingOnCPU: a step that is probed at blocks has the
// gradients of one that is not, to the bit; but where a pre-activation block's
// two paths go back apart through the normalisation that they share, but for
// rounding.
func TestProbesChangeNothingOnCPU(t *testing.T) {
	for arch, apart := range map[string]bool{
		"cifar_preact_resnet14": false, "cifar_resnet14_c": false, "cifar_plain14": false,
		"cifar_preact_resnet14_b": true, "cifar_preact_resnet20_bottleneck_c": true,
		"cifar_preact_resnet14_b_nonorm": true,
	} {
		for _, fuse := range []bool{false, true} {
			m := build(t, resnet.Config{Arch: arch, Batch: 4, Height: 12, Width: 12})
			o := nn.SessionOptions{Pass: step(probeGrads), Fuse: fuse, Threads: 2, Seed: 3}
			bare := stepOn(t, m, o)
			o.Probes = []nn.Probe{probeGrads, probeFlows, probeNorms}
			probed := stepOn(t, m, o)
			for _, p := range m.Params {
				if !p.Role.Learnable() {
					continue
				}
				want, got := gradientOf(t, bare, p.Name), gradientOf(t, probed, p.Name)
				if e := math.Sqrt(distance(got, want)); !(e <= 1e-5) || e > 0 && !apart {
					t.Errorf("%s, fused %v: the gradient of %s differs by %.2g", arch, fuse, p.Name, e)
				}
			}
		}
	}
}

func gradientOf(t *testing.T, s *nn.Session, param string) []float32 {
	t.Helper()
	g, err := s.Kept(nn.At(param))
	if err != nil {
		t.Fatal(err)
	}
	return g.Data
}

// referenceStep runs a fresh session's plan in float64, and reads its buffers.
func referenceStep(t *testing.T, s *nn.Session) func(id tensor.BufferID, at int) float64 {
	t.Helper()
	l, m := s.Lowered(), s.Model()
	r, err := tensor.NewReference[float64](l.Plan, m.Initial(s.Options().Seed))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Input, nn.RandomInput(1, m.Root.In).Data); err != nil {
		t.Fatal(err)
	}
	for i, class := range s.Target() {
		r.Buffer(l.Target)[i] = float64(class)
	}
	if err := r.Run(make([]float32, len(l.Plan.Scalars))); err != nil {
		t.Fatal(err)
	}
	return func(id tensor.BufferID, at int) float64 { return r.Buffer(id)[at] }
}
