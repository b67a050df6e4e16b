package nn_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// everything is a session that looks at all there is to a step.
var everything = nn.SessionOptions{Pass: step(probeFlows, probeNorms, probeGrads, probeInput, probeMoments), Seed: 3}

func openStep(t *testing.T, c resnet.Config, o nn.SessionOptions) *nn.Session {
	t.Helper()
	s := open(t, tensortest.Reference(), c, o)
	m := s.Model()
	if err := s.SetTarget(nn.RandomTarget(1, m.Batch(), m.Classes())); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStep: what a session tells of a step agrees with itself.
func TestStep(t *testing.T) {
	s := openStep(t, small, everything)
	if _, err := s.Loss(); err == nil {
		t.Error("there is a loss before a pass")
	}
	out := logits(t, s)
	loss, err := s.Loss()
	if want := crossEntropy(out, s.Target()); err != nil || math.Abs(loss-want) > 1e-6*want {
		t.Errorf("the loss is %g (%v), the logits' %g", loss, err, want)
	}
	norms, err := s.ParamNorms()
	if err != nil || len(norms) != 3*(6+1)+2 {
		t.Errorf("%d norms (%v)", len(norms), err)
	}
	for _, n := range norms {
		grad, err := s.Kept(nn.At(n.Name))
		if err != nil {
			t.Fatal(err)
		}
		if want := norm32(grad.Data); math.Abs(n.Norm-want) > 1e-6*want || want == 0 {
			t.Errorf("%s has the norm %g, its gradient %g", n.Name, n.Norm, want)
		}
	}
	blocks, err := s.BlockGradients()
	if err != nil || len(blocks) != 3 {
		t.Fatalf("%d blocks (%v)", len(blocks), err)
	}
	for i, b := range blocks {
		if b.Path != s.Model().Blocks()[i].Path || !b.HasBoth() || !(math.Abs(b.Cosine) <= 1) || b.Ratio() <= 0 {
			t.Errorf("%+v", b)
		}
	}
	image, err := s.Kept(nn.Input)
	if err != nil || !image.Shape.Equal(s.Model().Input) || norm32(image.Data) == 0 {
		t.Errorf("the image's gradient is %v (%v)", image, err)
	}
}

func crossEntropy(logits []float32, target []int) (loss float64) {
	classes := len(logits) / len(target)
	for n, class := range target {
		sum := 0.0
		for _, v := range logits[n*classes : (n+1)*classes] {
			sum += math.Exp(float64(v))
		}
		loss += math.Log(sum) - float64(logits[n*classes+class])
	}
	return loss / float64(len(target))
}

func norm32(x []float32) float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return norm(y)
}

// TestStepByStep: gradients arrive with their operations, the last block's
// first.
func TestStepByStep(t *testing.T) {
	s := openStep(t, small, everything)
	seen := 0
	for g := range s.Kernels() {
		if err := s.Step(context.Background(), g, nil); err != nil {
			t.Fatal(err)
		}
		blocks, err := s.BlockGradients()
		if err != nil {
			t.Fatal(err)
		}
		if len(blocks) < seen || len(blocks) > 0 && blocks[len(blocks)-1].Path != "layer3.0" {
			t.Fatalf("after step %d there are %+v", g, blocks)
		}
		seen = len(blocks)
	}
	if seen != 3 {
		t.Errorf("%d blocks after all steps", seen)
	}
}

// TestTraining: the loss falls, slots and rate survive a change of options,
// and what was trained is what eval mode runs.
func TestTraining(t *testing.T) {
	ctx := context.Background()
	o := nn.SessionOptions{Pass: nn.TrainingStep(0, nn.SGD{Momentum: 0.9, Decay: 1e-4}), Seed: 3}
	s := openStep(t, small, o)
	if err := s.Run(ctx, nil); err == nil || !strings.Contains(err.Error(), "learning rate") {
		t.Errorf("without a learning rate: %v", err)
	}
	if err := s.SetLearningRate(0.05); err != nil {
		t.Fatal(err)
	}
	loss := func() float64 {
		t.Helper()
		if err := s.Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		v, err := s.Loss()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := loss()
	for range 5 {
		loss()
	}
	slot := tensor.New(s.Model().Classes(), 64)
	if err := s.State().Read("fc.weight"+nn.SlotSuffix, slot); err != nil || norm32(slot.Data) == 0 {
		t.Errorf("the momentum of fc.weight: %v", err)
	}
	s, err := s.Recompile(ctx, s.Model(), func(o *nn.SessionOptions) {
		o.Probes = []nn.Probe{probeFlows}
		o.Fuse = true
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if last := loss(); last > first/2 || s.Target() == nil {
		t.Errorf("the loss went from %g to %g", first, last)
	}
}

// TestScaledBranch: α changes without another program.
func TestScaledBranch(t *testing.T) {
	m := lesioned(t, small, lesions(t, "layer2.0=scale:0.5")...)
	dev := tensortest.Reference()
	s, err := nn.NewSession(context.Background(), dev, m, nn.SessionOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetInput(nn.RandomInput(1, m.Input)); err != nil {
		t.Fatal(err)
	}
	half := logits(t, s)
	err = errors.Join(s.SetAlpha("layer2.0", 1), s.SetAlpha("layer1.0", 1))
	if err == nil || !strings.Contains(err.Error(), "layer1.0") {
		t.Errorf("a block that is not scaled: %v", err)
	}
	whole := logits(t, s)
	intact := logits(t, open(t, dev, small, nn.SessionOptions{Seed: 1}))
	if slices.Equal(half, whole) || !slices.Equal(whole, intact) || dev.Usage().Compiled != 2 {
		t.Error("α is not what it was set to")
	}
	healed, err := s.Recompile(context.Background(), build(t, small), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := logits(t, healed); !slices.Equal(got, intact) {
		t.Error("without the lesion the net is not the intact one")
	}
	if err := healed.Close(); err != nil {
		t.Error(err)
	}
}

// TestPathLengthsOfSession: in float32, with progress, and without moving the
// running statistics.
func TestPathLengthsOfSession(t *testing.T) {
	s := openStep(t, small, everything)
	logits(t, s)
	mean := tensor.New(16)
	read := func() []float32 {
		if err := s.State().Read("bn1.running_mean", mean); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(mean.Data)
	}
	before := read()
	var done, total int64
	paths, err := s.PathLengths(context.Background(), 2, func(d, n int64) { done, total = d, n })
	if err != nil || len(paths) != 4 {
		t.Fatalf("%d spectra (%v)", len(paths), err)
	}
	for _, p := range paths {
		if p.SumError > 1e-5 || p.Gradient == 0 {
			t.Errorf("%+v", p)
		}
	}
	blocks, err := s.BlockGradients()
	if err != nil || math.Abs(paths[1].Gradient-blocks[0].In) > 1e-5*blocks[0].In {
		t.Errorf("the ordinary gradient is %g, by a step %+v (%v)", paths[1].Gradient, blocks, err)
	}
	if !slices.Equal(before, read()) || done == 0 || done != total {
		t.Errorf("the running statistics moved, or progress ended at %d of %d", done, total)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.PathLengths(ended, 2, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := s.PathLengths(context.Background(), 0, nil); err == nil {
		t.Error("no parts: no error")
	}
}

func TestStepsRefused(t *testing.T) {
	ctx := context.Background()
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{Pass: step()})
	if err := s.Run(ctx, nil); err == nil || !strings.Contains(err.Error(), "target") {
		t.Errorf("without a target: %v", err)
	}
	for _, target := range [][]int{nil, {1}, {1, 2, 3}, {1, -1}, {10, 0}} {
		if err := s.SetTarget(target); err == nil {
			t.Errorf("the target %v is taken", target)
		}
	}
	for _, rate := range []float64{math.NaN(), math.Inf(1), 1e39} {
		if s.SetLearningRate(rate) == nil {
			t.Errorf("the rate %g is taken", rate)
		}
		if s.SetAlpha("layer1.0", rate) == nil {
			t.Errorf("α %g is taken", rate)
		}
	}
	if err := s.SetTarget([]int{1, 2}); err != nil {
		t.Fatal(err)
	}
	logits(t, s)
	if _, err := s.Kept("fc.weight"); err == nil {
		t.Error("a gradient that was not kept")
	}
	if _, err := s.Kept(nn.Input); err == nil {
		t.Error("an image's gradient that was not asked for")
	}
	if b, err := s.BlockGradients(); err != nil || b != nil {
		t.Errorf("gradients at blocks that were not probed: %v (%v)", b, err)
	}
	forward := open(t, tensortest.Reference(), small, nn.SessionOptions{})
	if err := forward.SetTarget([]int{1, 2}); err == nil {
		t.Error("a forward pass takes a target")
	}
}
