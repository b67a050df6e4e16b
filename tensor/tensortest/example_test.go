package tensortest_test

import (
	"context"
	"fmt"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// A net of one layer runs on the oracle.
func ExampleBuilder() {
	var b tensortest.Builder
	x := b.Input(1, 3, 4, 4)
	y := b.ReLU(b.Conv(x, 8, tensor.Square(3, 2, 1), 1, true))
	b.Output(y)
	fmt.Print(&b.Plan)

	d := tensortest.Reference()
	defer d.Close()
	state, err := d.NewState(b.Params, tensortest.Values{Seed: 1})
	if err != nil {
		panic(err)
	}
	defer state.Close()
	program, err := d.Compile(&b.Plan, state, tensor.Options{Fuse: true})
	if err != nil {
		panic(err)
	}
	defer program.Close()
	if err := program.Write(x, tensortest.InputValues(&b.Plan, x, 1)); err != nil {
		panic(err)
	}
	if err := program.Run(context.Background(), tensor.RunOptions{}); err != nil {
		panic(err)
	}
	result := tensor.New(b.Shape(y)...)
	if err := program.Read(y, result); err != nil {
		panic(err)
	}
	fmt.Println(result.Shape, "from", len(program.Kernels()), "kernel")
	// Output:
	//    0 Conv2d                op0                          input 0[1×3×4×4] → 1[1×8×2×2]  3×3 /2×2 +1,1,1,1
	//    1 ReLU                  op1                          1[1×8×2×2] → output 2[1×8×2×2]
	// 1×8×2×2 from 1 kernel
}
