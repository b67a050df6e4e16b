package cpu_test

import (
	"fmt"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// TestMemoryOfHalves: in bf16 a program takes at most 0.65 of what it takes in float32.
// Gradients of parameters stay float32, of which a training step of one large image has
// as much as it has activations: that may take 0.7.
func TestMemoryOfHalves(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	step := nn.TrainingStep(0, nn.SGD{Momentum: 0.9})
	for _, n := range []struct {
		arch             string
		batch            int
		inference, train float64
	}{
		{"resnet18", 1, 0.65, 0.7},
		{"resnet18", 8, 0.65, 0.65},
		{"resnet50", 1, 0.65, 0.7},
		{"resnet50", 8, 0.65, 0.65},
		{"resnext50_32x4d", 1, 0.65, 0.7},
		{"cifar_resnet20", 1, 0.65, 0.65},
		{"cifar_resnet20", 128, 0.65, 0.65},
	} {
		t.Run(fmt.Sprint(n.arch, " ", n.batch), func(t *testing.T) {
			c := config(t, n.arch)
			c.Batch = n.batch
			m := build(t, c).Model
			inHalves(t, d, m, nn.Pass{}, n.inference)
			inHalves(t, d, m, step, n.train)
		})
	}
}

// inHalves compares the memory of a pass in bf16 with that in float32.
func inHalves(t *testing.T, d tensor.Device, m *nn.Model, pass nn.Pass, most float64) {
	t.Helper()
	var total [2]float64
	for i, p := range []tensor.Precision{tensor.FP32, tensor.BF16} {
		_, e, err := nn.Estimate(d, m, nn.SessionOptions{Pass: pass, Fuse: true, Precision: p, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		total[i] = float64(e.Memory.Total())
	}
	if ratio := total[1] / total[0]; !(ratio <= most) {
		t.Errorf("a pass with update %v takes %.3f of its memory in float32, at most %v allowed", pass.Update != nil, ratio, most)
	}
}

// TestTrafficOfHalves: kernels that read and write planes alone move half the bytes.
func TestTrafficOfHalves(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	m := build(t, config(t, "cifar_resnet20")).Model
	o := nn.SessionOptions{Pass: nn.Pass{Mode: nn.Train}}
	l, single, err := nn.Estimate(d, m, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Precision = tensor.BF16
	_, half, err := nn.Estimate(d, m, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range single.Kernels {
		if kind := l.Plan.Ops[k.Op].Kind; kind == tensor.ReLU || kind == tensor.Add || kind == tensor.Pad {
			if got := half.Kernels[i].Bytes; got != k.Bytes/2 {
				t.Errorf("%v moves %d bytes, in float32 %d", kind, got, k.Bytes)
			}
		}
	}
}
