package oracle_test

import (
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// step is a golden of gradients, and the net that must have them.
type step struct {
	model  *resnet.Model
	want   *oracle.Backward
	source tensor.Source
	train  bool
}

// TestGradientsArePyTorch compares the gradients of the reference and of the CPU with all
// goldens. In short mode, large nets are skipped.
func TestGradientsArePyTorch(t *testing.T) {
	names, err := oracle.GradientNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the reference uses one core
			g, err := oracle.LoadGradients(name)
			if err != nil {
				t.Fatal(err)
			}
			s := step{model: build(t, &oracle.Golden{Arch: g.Arch, Shape: g.Shape, Classes: g.Classes})}
			if m := s.model; testing.Short() && (m.Total.MACs*int64(g.Shape[0]) > 1e8 || huge(m)) {
				t.Skip("a large net, and the test is short")
			}
			defer makeRoom(s.model)()
			devices := openCPUs(t)
			s.source = newWeights(t, oracle.Source{}, s.model.Params)
			if s.want = g.Eval; s.want != nil {
				t.Run("eval", func(t *testing.T) { s.run(t, devices) })
			}
			s.train, s.want = true, g.Train
			t.Run("train", func(t *testing.T) { s.run(t, devices) })
		})
	}
}

// run checks a step on the reference and on the devices, fused and exact. Larger nets run
// with one set of kernels only, and huge ones only fused.
func (s step) run(t *testing.T, devices []tensor.Device) {
	l := s.lower(t)
	r := &oracle.Step{Reference: s.reference(t, l)}
	exact := oracle.GradientErrors{Loss: 1e-9, Norms: 1e-9, Directions: 1e-9, Blocks: 1e-9}
	s.check(t, l, r.Buffer, exact)
	for i, dev := range devices {
		if i > 0 && s.model.Total.Params > 2e5 {
			break
		}
		t.Run(dev.Info().Kernels+"/fused", func(t *testing.T) { s.checkOn(t, dev, tensor.Options{Fuse: true}, r) })
		if !huge(s.model) {
			t.Run(dev.Info().Kernels+"/exact", func(t *testing.T) { s.checkOn(t, dev, tensor.Options{Exact: true}, r) })
		}
	}
}

// lower returns the step's plan.
func (s step) lower(t *testing.T) *nn.Lowered {
	t.Helper()
	probes := []nn.Probe{probeFlows, probeGrads, probeInput}
	l, err := s.model.Lower(nn.Pass{Mode: modeOf(s.train), Backward: &nn.Backward{}, Probes: probes})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// target returns the golden's labels as an input of a plan.
func (s step) target() *tensor.Tensor {
	t := tensor.New(len(s.want.Target))
	for i, class := range s.want.Target {
		t.Data[i] = float32(class)
	}
	return t
}

// check compares the results of a device or of the reference with the golden.
func (s step) check(t *testing.T, l *nn.Lowered, read func(tensor.BufferID) []float64, bar oracle.GradientErrors) {
	t.Helper()
	worst := oracle.GradientErrors{Loss: math.Abs(read(l.Loss)[0]-s.want.Loss) / s.want.Loss}
	if !(worst.Loss <= bar.Loss) {
		t.Errorf("the loss differs by %.2g", worst.Loss)
	}
	compare := func(f *oracle.Figures, grad []float64, least float64) {
		t.Helper()
		norm, direction := f.Errors(grad, least)
		if !(norm <= bar.Norms && direction <= bar.Directions) {
			t.Errorf("the gradient of %s differs by %.2g in its norm, by %.2g along a direction",
				f.Name, norm, direction)
		}
		worst.Norms = max(worst.Norms, norm)
		worst.Directions = max(worst.Directions, direction)
		checkElements(t, f, grad, bar.Directions)
	}
	compare(&s.want.Input, read(siteOf(l, probeInput)), 0)
	golden := map[string]*oracle.Figures{}
	for i, p := range s.want.Params {
		golden[p.Name] = &s.want.Params[i]
	}
	for id, p := range s.model.Params {
		if f := golden[p.Name]; f != nil {
			compare(f, read(l.ParamGrad[id]), s.want.Least())
		} else if p.Role.Learnable() {
			t.Errorf("PyTorch has no gradient of %s", p.Name)
		}
		delete(golden, p.Name)
	}
	for name := range golden {
		t.Errorf("the net has no %s", name)
	}
	worst.Blocks = s.checkBlocks(t, l, read, bar.Blocks)
	t.Logf("differences at most: %.2g; PyTorch's float32 has %.2g", worst, s.want.Float32)
}

// checkElements compares every element, if the golden has them.
func checkElements(t *testing.T, f *oracle.Figures, grad []float64, bar float64) {
	t.Helper()
	all, err := f.All()
	if err != nil || all != nil && len(all) != len(grad) {
		t.Fatalf("%d elements of %s for %d: %v", len(all), f.Name, len(grad), err)
	}
	for i, want := range all {
		if e := math.Abs(grad[i] - float64(want)); !(e <= 1e-7*math.Abs(float64(want))+bar*f.Norm) {
			t.Errorf("%s[%d] is %v, PyTorch's %v", f.Name, i, grad[i], want)
		}
	}
}

// checkBlocks compares the norms at residual blocks, and returns the largest difference.
func (s step) checkBlocks(
	t *testing.T, l *nn.Lowered, read func(tensor.BufferID) []float64, bar float64,
) (worst float64) {
	t.Helper()
	sites := l.SitesOf(nn.Flow)
	if len(sites) != len(s.want.Blocks) {
		t.Fatalf("%d blocks, PyTorch has %d", len(sites), len(s.want.Blocks))
	}
	for i, site := range sites {
		p, want := site.Flow, s.want.Blocks[i]
		note := func(what string, r nn.Reading, want, scale float64) {
			t.Helper()
			e := math.Inf(1)
			if r.Buffer != tensor.NoBuffer {
				e = math.Abs(read(r.Buffer)[r.At]-want) / scale
			}
			if worst = max(worst, e); !(e <= bar) {
				t.Errorf("%s of %s differs by %.2g", what, p.Path, e)
			}
		}
		note("grad_out", p.Out, want.GradOut, want.GradOut)
		note("grad_in", p.In, want.GradIn, want.GradIn)
		note("grad_branch", p.Branch, want.GradBranch, want.GradBranch)
		if (want.GradSkip == nil) != (p.Skip.Buffer == tensor.NoBuffer) || p.Path != want.Path {
			t.Errorf("%s: skip %v, PyTorch's %s: %v", p.Path, p.Skip, want.Path, want.GradSkip)
		} else if want.GradSkip != nil {
			note("grad_skip", p.Skip, *want.GradSkip, *want.GradSkip)
			note("the paths' product", p.Dot, *want.Dot, *want.GradSkip*want.GradBranch)
		}
	}
	return worst
}

// reference runs the step in float64.
func (s step) reference(t *testing.T, l *nn.Lowered) *tensor.Reference[float64] {
	t.Helper()
	r, err := tensor.NewReference[float64](l.Plan, s.source)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Input, oracle.Input(s.model.Root.In).Data); err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Target, s.target().Data); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(scalars(l.Plan)); err != nil {
		t.Fatal(err)
	}
	return r
}
