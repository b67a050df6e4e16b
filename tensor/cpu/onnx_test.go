package cpu_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
	"resnet-tui/tensor/internal/onnxcases"
)

// TestONNXCases runs the ONNX project's operator cases with every set of
// kernels, exactly and as fast as it goes.
func TestONNXCases(t *testing.T) {
	cases, _, err := onnxcases.Load(onnxcases.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the cases are not there: install libonnx-testdata")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, kernels := range []string{"avx512", "avx2", "neon", "generic"} {
		dev, err := cpu.New(cpu.Config{Kernels: kernels})
		if err != nil {
			t.Log(err)
			continue
		}
		defer dev.Close()
		for _, c := range cases {
			t.Run(kernels+"/"+c.Name, func(t *testing.T) {
				runCase(t, dev, c, tensor.Options{Exact: true})
				runCase(t, dev, c, tensor.Options{Fuse: true})
			})
		}
	}
}

func runCase(t *testing.T, dev tensor.Device, c *onnxcases.Case, o tensor.Options) {
	state, err := dev.NewState(c.Plan.Params, c)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	program, err := dev.Compile(c.Plan, state, o)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	for id, x := range c.Inputs {
		if err := program.Write(id, &tensor.Tensor{Shape: c.Plan.Buffers[id].Shape, Data: x}); err != nil {
			t.Fatal(err)
		}
	}
	if err := program.Run(context.Background(), tensor.RunOptions{Scalars: make([]float32, len(c.Plan.Scalars))}); err != nil {
		t.Fatal(err)
	}
	got := tensor.New(c.Plan.Buffers[c.Output].Shape...)
	if err := program.Read(c.Output, got); err != nil {
		t.Fatal(err)
	}
	if err := onnxcases.Compare(got.Data, c.Want); err != nil {
		t.Error(err)
	}
	for name, want := range c.After {
		got := tensor.New(len(want))
		if err := state.Read(name, got); err != nil {
			t.Fatal(err)
		}
		if err := onnxcases.Compare(got.Data, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
