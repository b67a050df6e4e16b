package cpu_test

import (
	"context"
	"fmt"
	"log"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// halves sets every parameter to ½.
type halves struct{}

func (halves) Load(_ tensor.Param, t *tensor.Tensor) error {
	for i := range t.Data {
		t.Data[i] = 0.5
	}
	return nil
}

// Opens the device, compiles a plan of one linear layer with its ReLU, which run
// as one kernel, and runs it.
func Example() {
	plan := &tensor.Plan{
		Params: []tensor.Param{{Name: "fc.weight", Shape: tensor.Shape{1, 3}, Role: tensor.Weight}},
		Buffers: []tensor.Buffer{
			{Name: "input", Shape: tensor.Shape{2, 3}, Class: tensor.Input},
			{Name: "fc", Shape: tensor.Shape{2, 1}},
			{Name: "relu", Shape: tensor.Shape{2, 1}, Class: tensor.Output},
		},
		Ops: []tensor.Op{
			{
				Kind: tensor.Linear, Path: "fc", Scalar: tensor.NoScalar,
				In: []tensor.BufferID{0}, Out: []tensor.BufferID{1}, Params: []tensor.ParamID{0},
			},
			{
				Kind: tensor.ReLU, Path: "relu", Scalar: tensor.NoScalar,
				In: []tensor.BufferID{1}, Out: []tensor.BufferID{2},
			},
		},
	}
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer dev.Close()
	state, err := dev.NewState(plan.Params, halves{}) // parameters outlive programs
	if err != nil {
		log.Fatal(err)
	}
	defer state.Close()
	program, err := dev.Compile(plan, state, tensor.Options{Fuse: true, Threads: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()

	input := &tensor.Tensor{Shape: tensor.Shape{2, 3}, Data: []float32{1, 2, 3, 1, -2, -3}}
	if err := program.Write(0, input); err != nil {
		log.Fatal(err)
	}
	if err := program.Run(context.Background(), tensor.RunOptions{}); err != nil {
		log.Fatal(err)
	}
	output := tensor.New(2, 1)
	if err := program.Read(2, output); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(program.Kernels()), "kernel:", output.Data)
	// Output: 1 kernel: [3 0]
}
