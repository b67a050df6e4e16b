package tensor_test

import (
	"fmt"
	"log"

	"resnet-tui/tensor"
)

// ones sets every parameter to 1.
type ones struct{}

func (ones) Load(_ tensor.Param, t *tensor.Tensor) error {
	for i := range t.Data {
		t.Data[i] = 1
	}
	return nil
}

// A plan is data: buffers, parameters and operations that refer to them by
// index. This one is a linear layer and a ReLU, run by the plain reference.
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
	r, err := tensor.NewReference[float32](plan, ones{})
	if err != nil {
		log.Fatal(err)
	}
	if err := r.Set(0, []float32{1, 2, 3, 1, -2, -3}); err != nil {
		log.Fatal(err)
	}
	if err := r.Run(nil); err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)
	fmt.Println(r.Buffer(2))
	// Output:
	//    0 Linear                fc                           input 0[2×3] → 1[2×1]
	//    1 ReLU                  relu                         1[2×1] → output 2[2×1]
	// [6 0]
}
