package cpu_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// TestNetsGradients holds loss, gradients of all parameters and of the image,
// and the probes at blocks against the reference in float64. In train mode
// batch statistics of few values amplify rounding: 4e-5 was seen. Short tests
// take CIFAR nets.
func TestNetsGradients(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, net := range []struct {
		arch  string
		modes []bool
	}{
		{"resnet18", []bool{true, false}},
		{"preact_resnet18", []bool{true, false}},
		{"resnext50_32x4d", []bool{false}},
		{"cifar_plain20", []bool{true}},
		{"cifar_resnet20", []bool{true, false}},
		{"keras_resnet50", []bool{false}},
		{"resnet18_nonorm", []bool{false}},
	} {
		if testing.Short() && !strings.HasPrefix(net.arch, "cifar") {
			continue
		}
		for _, train := range net.modes {
			t.Run(fmt.Sprintf("%s train %v", net.arch, train), func(t *testing.T) {
				c := config(t, net.arch)
				c.Height, c.Width, c.Batch, c.Classes = 35, 33, 3, 7
				l, err := build(t, c).Lower(nn.Pass{Mode: modeOf(train), Backward: &nn.Backward{Smoothing: 0.1}, Probes: []nn.Probe{probeGrads, probeInput, probeFlows, probeNorms}})
				if err != nil {
					t.Fatal(err)
				}
				checkGradients(t, d, l, train, tensor.Options{Threads: 2, Fuse: i%2 == 0})
			})
		}
	}
}

// gradientInputs are an image and classes by buffer.
func gradientInputs(l *nn.Lowered) map[tensor.BufferID]*tensor.Tensor {
	target := tensor.New(l.Plan.Buffers[l.Target].Shape...)
	for i := range target.Data {
		target.Data[i] = float32(i % 5)
	}
	return map[tensor.BufferID]*tensor.Tensor{l.Input: nn.RandomInput(2, l.Plan.Buffers[l.Input].Shape), l.Target: target}
}

// initial are first values that keep a net's activations in a sane range.
type initial struct{}

func (initial) Load(p tensor.Param, t *tensor.Tensor) error {
	s := tensor.NewStream(3, p.Name)
	switch p.Role {
	case tensor.Gamma, tensor.RunningVar:
		s.Uniforms(t.Data, 0, 0.5, 1.5)
	case tensor.Weight:
		s.Normals(t.Data, 0, math.Sqrt(1/float64(p.Shape.Elems()/p.Shape[0])))
	default:
		s.Normals(t.Data, 0, 0.1)
	}
	return nil
}

func referenceRun(t *testing.T, l *nn.Lowered) *tensor.Reference[float64] {
	t.Helper()
	r, err := tensor.NewReference[float64](l.Plan, initial{})
	if err != nil {
		t.Fatal(err)
	}
	for id, x := range gradientInputs(l) {
		if err := r.Set(id, x.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Run(make([]float32, len(l.Plan.Scalars))); err != nil {
		t.Fatal(err)
	}
	return r
}

func checkGradients(t *testing.T, d tensor.Device, l *nn.Lowered, train bool, o tensor.Options) {
	t.Helper()
	kept := append(l.Plan.Find(tensor.Output), l.Plan.Find(tensor.Kept)...)
	oracle.KeepChoices(l.Plan)
	s, err := d.NewState(l.Plan.Params, initial{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p, err := d.Compile(l.Plan, s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for id, x := range gradientInputs(l) {
		if err := p.Write(id, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Run(context.Background(), tensor.RunOptions{Scalars: make([]float32, len(l.Plan.Scalars))}); err != nil {
		t.Fatal(err)
	}
	exact, read := &oracle.Step{Reference: referenceRun(t, l)}, reader(t, l.Plan, p)
	choices, err := exact.Adopt(l.Plan, read, make([]float32, len(l.Plan.Scalars)))
	if err != nil {
		t.Fatal(err)
	}
	if err := choices.Err(); err != nil {
		t.Error(err)
	}
	t.Log(choices)
	bar := 1e-4
	if train {
		bar = 3e-4
	}
	worst := 0.0
	for _, id := range kept {
		e := relative(read(id), exact.Buffer(id))
		worst = max(worst, e)
		if !(e <= bar) {
			t.Errorf("%s: relative error %g, at most %g allowed", l.Plan.Buffers[id].Name, e, bar)
		}
	}
	t.Logf("largest relative error %.2g, %.2g allowed", worst, bar)
}

// reader reads a program's buffers.
func reader(t *testing.T, plan *tensor.Plan, p tensor.Program) func(tensor.BufferID) []float64 {
	return func(id tensor.BufferID) []float64 {
		x := tensor.New(plan.Buffers[id].Shape...)
		if err := p.Read(id, x); err != nil {
			t.Fatal(err)
		}
		y := make([]float64, len(x.Data))
		for i, v := range x.Data {
			y[i] = float64(v)
		}
		return y
	}
}

// relative is ‖got − want‖ / ‖want‖, where ‖want‖ is at least 1e-3: some
// gradients are zero but for rounding, such as that of a bias before a batch
// norm.
func relative[T tensor.Real](got []T, want []float64) float64 {
	var diff, norm float64
	for i, w := range want {
		diff += math.Pow(float64(got[i])-w, 2)
		norm += w * w
	}
	return math.Sqrt(diff) / max(math.Sqrt(norm), 1e-3)
}
