package oracle_test

import (
	"context"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// checkDevice compares a device with PyTorch in float64: layer by layer without algorithms
// that round more, and fused as usual. The difference must be that of rounding to float32.
func (p pass) checkDevice(t *testing.T, dev tensor.Device) {
	t.Run("exact", func(t *testing.T) { p.checkOn(t, dev, tensor.Options{Exact: true}) })
	t.Run("fused", func(t *testing.T) { p.checkOn(t, dev, tensor.Options{Fuse: true}) })
}

// openCPUs opens the CPU with each set of kernels that it can run, the fastest first.
func openCPUs(t *testing.T) []tensor.Device {
	t.Helper()
	var devices []tensor.Device
	for _, kernels := range []string{"avx512", "avx2", "neon", "generic"} {
		dev, err := cpu.New(cpu.Config{Kernels: kernels})
		if err != nil {
			t.Log(err)
			continue
		}
		t.Cleanup(func() { dev.Close() })
		devices = append(devices, dev)
	}
	if len(devices) == 0 {
		t.Fatal("no set of kernels runs here")
	}
	return devices
}

// checkOn runs the pass on a device.
func (p pass) checkOn(t *testing.T, dev tensor.Device, o tensor.Options) {
	forward := nn.Pass{Mode: modeOf(p.train), Probes: []nn.Probe{probeMoments}}
	l, _, err := nn.Estimate(dev, p.model.Model, nn.SessionOptions{Pass: forward, Fuse: o.Fuse, Exact: o.Exact})
	if err != nil {
		t.Fatal(err)
	}
	state, err := dev.NewState(l.Plan.Params, p.source)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	program, err := dev.Compile(l.Plan, state, o)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := program.Write(l.Input, p.input()); err != nil {
		t.Fatal(err)
	}
	if err := program.Run(context.Background(), tensor.RunOptions{Scalars: scalars(l.Plan)}); err != nil {
		t.Fatal(err)
	}
	read := func(id tensor.BufferID) []float64 {
		x := tensor.New(l.Plan.Buffers[id].Shape...)
		if err := program.Read(id, x); err != nil {
			t.Fatal(err)
		}
		return doubles(x.Data)
	}
	p.check(t, l, p.resultOf(t, l, state, read), oracle.Errors{Logits: 1e-5, Layers: 1e-5, Running: 1e-5}, 4)
}

// resultOf returns the results of a program, whose buffers and parameters are read when
// they are needed.
func (p pass) resultOf(t *testing.T, l *nn.Lowered, state tensor.State, read func(tensor.BufferID) []float64) result {
	return result{
		logits: read(l.Output),
		buffer: func(id tensor.BufferID) (mean, std float64) { x := read(id); return x[0], x[1] },
		param: func(param tensor.Param) []float64 {
			x := tensor.New(param.Shape...)
			if err := state.Read(param.Name, x); err != nil {
				t.Fatal(err)
			}
			return doubles(x.Data)
		},
	}
}

func doubles(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
