package nn_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// TestProbesRefused: what can't be taken where it is asked for is an error that
// says why, and what can.
func TestProbesRefused(t *testing.T) {
	lesion, err := nn.ParseLesion("layer1.0=freeze")
	if err != nil {
		t.Fatal(err)
	}
	hurt, err := resnet.Build(small, lesion)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		probe nn.Probe
		says  string
	}{
		{nn.Probe{}, "0 has no name: it must be one of moments, norm, keep, flow"},
		{nn.Probe{What: nn.Moments}, "has no layer, parameter or block of that name"},
		{nn.Probe{At: "conv9", What: nn.Keep}, "probe keep at conv9: cifar_resnet8 has no layer, parameter or block"},
		{nn.Probe{At: "layer1.0.relu#2", What: nn.Keep}, "of that name"},
		{nn.Probe{At: "conv1.weight", What: nn.Moments}, "that is a parameter; moments can be taken at a layer"},
		{nn.Probe{At: "conv1", What: nn.Norm}, "that is a layer; norm can be taken at a parameter or the input"},
		{
			nn.Probe{At: "layer1.0", What: nn.Keep},
			"that is a block; keep can be taken at a layer or a parameter or the input",
		},
		{nn.Probe{At: nn.EveryParameter, What: nn.Flow}, "that is a parameter; flow can be taken at a block"},
		{nn.Probe{At: "bn1.running_mean", What: nn.Norm}, "it is a running statistic, which has no gradient"},
		{nn.Probe{At: "layer1.0.conv1.weight", What: nn.Norm}, "a lesion left it without a gradient"},
	} {
		_, err := hurt.Lower(nn.Pass{Backward: &nn.Backward{}, Probes: []nn.Probe{c.probe}})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.probe, err, c.says)
		}
	}
	if _, err := hurt.Lower(probed(probeMoments, probeMoments)); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("the same probe twice: %v", err)
	}
	for _, p := range []nn.Probe{probeFlows, probeNorms, probeGrads, probeInput, {At: "fc.bias", What: nn.Keep}} {
		_, err := hurt.Lower(probed(p))
		if err == nil || !strings.Contains(err.Error(), "there are no gradients without a backward pass") {
			t.Errorf("%v, forward alone: %v", p, err)
		}
	}
}

// TestKeptOutputs: outputs that are kept, one per layer or where the device's
// kernels end, are those that the moments are of, and their gradients' norms are
// those of the kept gradients; on every device.
func TestKeptOutputs(t *testing.T) {
	for name, dev := range map[string]tensor.Device{"cpu": device(t), "reference": tensortest.Reference()} {
		for _, fuse := range []bool{false, true} {
			for _, pass := range []nn.Pass{
				{Probes: []nn.Probe{probeMoments, {At: nn.EveryLayer, What: nn.Keep}}},
				{
					Mode: nn.Train, Backward: &nn.Backward{},
					Probes: []nn.Probe{
						probeMoments, {At: nn.EveryLayer, What: nn.Keep}, probeInput, {At: nn.Input, What: nn.Norm},
					},
				},
			} {
				s := open(t, dev, small, nn.SessionOptions{Pass: pass, Fuse: fuse, Threads: 2, Calibrate: true})
				if pass.Backward != nil {
					if err := s.SetTarget([]int{3, 1}); err != nil {
						t.Fatal(err)
					}
				}
				logits(t, s)
				checkKept(t, fmt.Sprint(name, ", fused ", fuse), s)
			}
		}
	}
}

func checkKept(t *testing.T, name string, s *nn.Session) {
	t.Helper()
	moments, err := s.Probe(0)
	kept, err2 := s.Probe(1)
	if err != nil || err2 != nil || len(moments) != len(kept) || len(kept) == 0 {
		t.Fatalf("%s: %d moments (%v) of %d outputs (%v)", name, len(moments), err, len(kept), err2)
	}
	if all := len(s.Model().Layers); len(kept) != all && !s.Options().Fuse {
		t.Errorf("%s: %d of %d outputs", name, len(kept), all)
	}
	for i, k := range kept {
		layer := s.Model().Layers[k.Index]
		if k.At != layer.At() || moments[i].Index != k.Index || !k.Tensor.Shape.Equal(layer.Out) {
			t.Errorf("%s: place %d is %v at %s", name, i, k.Tensor.Shape, k.At)
		}
		if d := deviation(k.Tensor.Data); math.Abs(d-moments[i].Std) > 1e-4*(d+1e-3) {
			t.Errorf("%s: %s has the deviation %g, kept values %g", name, k.At, moments[i].Std, d)
		}
	}
	if len(s.Lowered().Probes) < 4 {
		return
	}
	image, err := s.Probe(2)
	norm, err2 := s.Probe(3)
	if err != nil || err2 != nil || len(image) != 1 || len(norm) != 1 {
		t.Fatalf("%s: %d gradients of the input (%v), %d norms (%v)", name, len(image), err, len(norm), err2)
	}
	if want := norm32(image[0].Tensor.Data); want == 0 || math.Abs(norm[0].Norm-want) > 1e-5*want {
		t.Errorf("%s: the input's gradient has the norm %g, want %g", name, norm[0].Norm, want)
	}
}

// TestOneOutputIsKept: a probe that names a layer gets it, also from inside of
// what would be one kernel, and the logits stay the same but for rounding.
func TestOneOutputIsKept(t *testing.T) {
	want := logits(t, open(t, device(t), small, nn.SessionOptions{Fuse: true, Threads: 1}))
	for _, at := range []nn.At{"conv1", "bn1", "layer1.0.relu#0", "layer1.0.relu", "layer2.0.add", "fc"} {
		pass := probed(nn.Probe{At: at, What: nn.Keep})
		s := open(t, device(t), small, nn.SessionOptions{Pass: pass, Fuse: true, Threads: 1})
		got := logits(t, s)
		if d := math.Sqrt(distance(got, want)); !(d < 1e-5) {
			t.Errorf("%s: the logits change by %g", at, d)
		}
		kept, err := s.Probe(0)
		if err != nil || len(kept) != 1 || norm32(kept[0].Tensor.Data) == 0 {
			t.Fatalf("%s: %v (%v)", at, kept, err)
		}
		same, err := s.Kept(kept[0].At)
		if err != nil || !slices.Equal(same.Data, kept[0].Tensor.Data) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// TestOneBlockIsProbed: the gradients at one block are those that a probe at
// every block finds there, and the parameters' stay what they are without.
func TestOneBlockIsProbed(t *testing.T) {
	for _, arch := range smallNets {
		m := smallNet(t, arch)
		all := newExact(t, m, step(probeFlows))
		all.run(t)
		for i, b := range m.Blocks() {
			one := newExact(t, m, step(nn.Probe{At: nn.At(b.Path), What: nn.Flow}))
			one.run(t)
			sites := one.SitesOf(nn.Flow)
			if len(sites) != 1 || sites[0].Index != i {
				t.Fatalf("%s: %s is read at %+v", arch, b.Path, sites)
			}
			got, want := one.block(0), all.block(i)
			near := func(x, y float64) bool { return math.Abs(x-y) <= 1e-12*y }
			if got.Path != b.Path || !near(got.In, want.In) || !near(got.Out, want.Out) ||
				!near(got.Branch, want.Branch) || !near(got.Skip, want.Skip) {
				t.Errorf("%s: %+v, want %+v", arch, got, want)
			}
		}
	}
}

// TestProbeAnswers: what a session says of probes before, during and after a
// pass.
func TestProbeAnswers(t *testing.T) {
	pass := step(probeMoments, probeFlows,
		nn.Probe{At: "fc.weight", What: nn.Norm}, nn.Probe{At: "conv1", What: nn.Moments})
	s := open(t, tensortest.Reference(), small, nn.SessionOptions{Pass: pass})
	for _, i := range []int{-1, 4} {
		if _, err := s.Probe(i); err == nil {
			t.Errorf("probe %d answers", i)
		}
	}
	if m, err := s.Probe(0); err != nil || len(m) != 0 {
		t.Errorf("%d moments before the first pass (%v)", len(m), err)
	}
	if err := s.SetTarget([]int{1, 2}); err != nil {
		t.Fatal(err)
	}
	for op := range 10 {
		if err := s.Step(context.Background(), op, nil); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := s.Probe(0); err != nil || len(m) != 5 {
		t.Errorf("%d moments after five layers (%v)", len(m), err)
	}
	logits(t, s)
	first, err := s.Probe(0)
	again, err2 := s.Probe(3)
	same := func(a, b nn.Measurement) bool { return a.Site == b.Site && a.Mean == b.Mean && a.Std == b.Std }
	if err != nil || err2 != nil || len(first) != len(s.Model().Layers) || !slices.EqualFunc(first[:1], again, same) {
		t.Errorf("one layer's probe answers %+v (%v), that of all %+v (%v)", again, err2, first[:1], err)
	}
	blocks, err := s.Probe(1)
	if err != nil || len(blocks) != 3 || blocks[2].Gradient.Path != "layer3.0" || !(blocks[2].Gradient.In > 0) {
		t.Errorf("%+v (%v)", blocks, err)
	}
	norms, err := s.ParamNorms()
	if err != nil || len(norms) != 1 || norms[0].Name != "fc.weight" || !(norms[0].Norm > 0) {
		t.Errorf("%+v (%v)", norms, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Probe(0); err == nil {
		t.Error("a closed session answers")
	}
}
