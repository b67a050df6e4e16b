package cpu_test

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

func build(t testing.TB, c resnet.Config) *resnet.Model {
	t.Helper()
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func config(t testing.TB, arch string) resnet.Config {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logits runs a session once on seeded input.
func logits(t *testing.T, s *nn.Session) []float32 {
	t.Helper()
	if err := s.SetInput(nn.RandomInput(1, s.Model().Root.In)); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	x, err := s.Logits()
	if err != nil {
		t.Fatal(err)
	}
	return x.Data
}

// TestNetsFusedAndExact compares the fast way with the plain one, on the same
// weights and running statistics. On small images the statistics amplify
// rounding.
func TestNetsFusedAndExact(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for arch, size := range map[string]int{"resnet18": 64, "resnext50_32x4d": 64, "cifar_resnet20": 32} {
		t.Run(arch, func(t *testing.T) {
			c := config(t, arch)
			c.Height, c.Width, c.Batch, c.Classes = size, size, 2, 10
			m := build(t, c)
			s, err := nn.NewSession(context.Background(), d, m.Model, nn.SessionOptions{Fuse: true, Threads: 2, Calibrate: true})
			if err != nil {
				t.Fatal(err)
			}
			fast := logits(t, s)
			if s, err = s.Recompile(context.Background(), m.Model, func(o *nn.SessionOptions) { o.Fuse, o.Exact, o.Threads = false, true, 1 }); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var diff, norm float64
			for i, v := range logits(t, s) {
				diff += math.Pow(float64(fast[i]-v), 2)
				norm += float64(v) * float64(v)
			}
			if e := math.Sqrt(diff / norm); !(e < 1e-4) {
				t.Errorf("relative RMS %g", e)
			}
		})
	}
}

// TestEstimatesAtOnce asks for the memory of the largest nets.
func TestEstimatesAtOnce(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for arch, batch := range map[string]int{"resnet152": 256, "cifar_resnet1202": 1} {
		c := config(t, arch)
		c.Batch = batch
		l, err := build(t, c).Lower(nn.Pass{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		e, err := d.Estimate(l.Plan, tensor.Options{Fuse: true})
		if err != nil {
			t.Fatal(err)
		}
		m := e.Memory
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: %v", arch, took)
		} else {
			t.Logf("%s, batch %d: %.1f MB weights, %.1f MB arena, %.1f MB scratch in %v", arch, batch,
				float64(m.WeightBytes)/1e6, float64(m.ArenaBytes)/1e6, float64(m.ScratchBytes)/1e6, took)
		}
	}
}

// TestEstimateIsTheProgram: for whole nets, in inference and in training, fused
// and not, the device estimates the kernels and the memory that it compiles.
func TestEstimateIsTheProgram(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, arch := range []string{"resnet18", "cifar_preact_resnet29", "cifar_plain20"} {
		for _, o := range []nn.SessionOptions{
			{},
			{Fuse: true},
			{Pass: nn.Pass{Probes: []nn.Probe{probeMoments}}, Fuse: true, Exact: true},
			{Pass: nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Update: &nn.SGD{Momentum: 0.9}, Probes: []nn.Probe{probeFlows, probeNorms}}, Fuse: true},
			{Pass: nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}}},
		} {
			c := config(t, arch)
			c.Batch, c.Height, c.Width, c.Classes = 2, 32, 32, 10
			m := build(t, c).Model
			o.Threads = 2
			l, want, err := nn.Estimate(d, m, o)
			if err != nil {
				t.Fatal(err)
			}
			s, err := nn.NewSession(context.Background(), d, m, o)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Kernels(); !reflect.DeepEqual(got, want.Kernels) {
				t.Errorf("%s, %+v: %d kernels, estimated were %d others", arch, o, len(got), len(want.Kernels))
			}
			if !reflect.DeepEqual(s.Memory(), want.Memory) {
				t.Errorf("%s, %+v: holds other memory than estimated", arch, o)
			}
			checkCover(t, l.Plan, want.Kernels)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// checkCover: each operation belongs to one kernel, and kernels run when their
// last operation is due.
func checkCover(t *testing.T, p *tensor.Plan, kernels []tensor.KernelInfo) {
	t.Helper()
	in := make([]int, len(p.Ops))
	last := -1
	for _, k := range kernels {
		for _, op := range append([]int{k.Op}, k.Absorbed...) {
			in[op]++
		}
		if k.Last() <= last {
			t.Errorf("kernel %+v comes after one that ends with operation %d", k, last)
		}
		last = k.Last()
	}
	for op, n := range in {
		if n != 1 {
			t.Errorf("operation %d (%s) is in %d kernels", op, p.Ops[op].Path, n)
		}
	}
}

// What tests probe.
var (
	probeMoments = nn.Probe{At: nn.EveryLayer, What: nn.Moments}
	probeFlows   = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	probeNorms   = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
)
