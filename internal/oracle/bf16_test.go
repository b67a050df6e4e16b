package oracle_test

import (
	"context"
	"math"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestBF16IsNoFurtherThanAutocast: in bf16 the CPU's logits, loss and gradients are no
// further from float64 than those of PyTorch's bf16 autocast on the same weights and
// inputs. The device's float32 stands for float64, from which other tests hold it to a
// thousandth of what is at stake here. Short tests take CIFAR's nets.
func TestBF16IsNoFurtherThanAutocast(t *testing.T) {
	all, err := oracle.LoadBF16()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 8 {
		t.Errorf("only %d nets", len(all))
	}
	dev := openCPUs(t)[0]
	for _, want := range all {
		t.Run(want.Arch, func(t *testing.T) {
			m := build(t, &oracle.Golden{Arch: want.Arch, Shape: want.Shape, Classes: want.Classes})
			if testing.Short() && m.Total.Params > 2e6 {
				t.Skip("a large net, and the test is short")
			}
			source := newWeights(t, oracle.Source{}, m.Params)
			forward := halfRun{m, source, nn.Pass{}}
			e := rms(forward.on(t, dev, tensor.BF16), forward.on(t, dev, tensor.FP32))
			within(t, "logits", e, want.Logits)

			if want.Step == nil {
				return
			}
			step := halfRun{m, source, nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Probes: []nn.Probe{probeGrads}}}
			got, exact := step.on(t, dev, tensor.BF16), step.on(t, dev, tensor.FP32)
			within(t, "gradients", rms(got[1:], exact[1:]), chance*want.Step.Gradients)
			loss := math.Abs(got[0][0]/exact[0][0] - 1)
			within(t, "loss", loss, max(lossBar, want.Step.Loss))
		})
	}
}

const (
	// chance is what gradients may be further off: most of their error is of values near
	// zero that change sign before a ReLU, and which do is a matter of luck.
	chance = 1.05
	// lossBar is what one loss may be off by, where PyTorch's happens to be closer.
	lossBar = 0.01
)

// within reports a figure beside PyTorch's.
func within(t *testing.T, what string, got, theirs float64) {
	t.Helper()
	t.Logf("%s: relative RMS %.4f, at most %.4f by PyTorch's autocast: %.2f of it", what, got, theirs, got/theirs)
	if !(got <= theirs) {
		t.Errorf("%s: relative RMS %.4g, more than the %.4g of PyTorch's autocast", what, got, theirs)
	}
}

// halfRun is a pass that is run in two precisions.
type halfRun struct {
	model  *resnet.Model
	source tensor.Source
	pass   nn.Pass
}

// on runs the pass on a device: its logits or, of a step, its loss and gradients.
func (h halfRun) on(t *testing.T, dev tensor.Device, p tensor.Precision) (results [][]float64) {
	t.Helper()
	l, err := h.model.Lower(h.pass)
	if err != nil {
		t.Fatal(err)
	}
	state, err := dev.NewState(l.Plan.Params, h.source)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	program, err := dev.Compile(l.Plan, state, tensor.Options{Fuse: true, Precision: p})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	shape := h.model.Root.In
	must(t, program.Write(l.Input, oracle.Input(shape)))
	ids := []tensor.BufferID{l.Output}
	if h.pass.Backward != nil {
		must(t, program.Write(l.Target, seededTarget(shape[0], h.model.Root.Out[1])))
		ids = []tensor.BufferID{l.Loss}
		for _, id := range l.ParamGrad {
			if id != tensor.NoBuffer {
				ids = append(ids, id)
			}
		}
	}
	must(t, program.Run(context.Background(), tensor.RunOptions{Scalars: scalars(l.Plan)}))
	for _, id := range ids {
		x := tensor.New(l.Plan.Buffers[id].Shape...)
		must(t, program.Read(id, x))
		results = append(results, doubles(x.Data))
	}
	return results
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seededTarget is bf16.py's labels of a batch.
func seededTarget(n, classes int) *tensor.Tensor {
	x, s := tensor.New(n), tensor.NewStream(7, "target")
	for i := range x.Data {
		x.Data[i] = float32(int(s.Uniform(uint64(i)) * float64(classes)))
	}
	return x
}

// rms is ‖got − want‖ / ‖want‖ over all values.
func rms(got, want [][]float64) float64 {
	var off, whole float64
	for i := range want {
		off += math.Pow(size(got[i], want[i]), 2)
		whole += math.Pow(size(want[i], nil), 2)
	}
	return math.Sqrt(off / whole)
}
