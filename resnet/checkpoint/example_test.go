package checkpoint_test

import (
	"errors"
	"fmt"
	"log"

	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// A file by torch.save is opened and its tensors are listed, without running it.
func ExampleOpen() {
	f, err := checkpoint.Open("../../testdata/checkpoint/zip.pth")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Println(f.Format())
	for _, name := range f.Names()[:3] {
		dtype, shape := f.Info(name)
		fmt.Println(name, dtype, shape)
	}
	weights, err := f.Load("conv1.weight")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(weights.Data[:3])
	// Output:
	// torch zip
	// conv1.weight F32 4×3×3×3
	// bn1.weight F32 4
	// bn1.bias F32 4
	// [-1.875 -1 -0.125]
}

// A file that doesn't fit a net is a *MatchError, which says why.
func ExampleFile_Source() {
	f, err := checkpoint.Open("../../testdata/checkpoint/zip.pth")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	_, err = f.Source([]tensor.Param{
		{Name: "conv1.weight", Shape: tensor.Shape{4, 3, 3, 3}},
		{Name: "bn1.weight", Shape: tensor.Shape{8}},
		{Name: "layer1.0.conv1.weight", Shape: tensor.Shape{4, 4, 3, 3}},
	})
	var mismatch *checkpoint.MatchError
	if errors.As(err, &mismatch) {
		fmt.Println("missing:", mismatch.Missing)
		fmt.Println("of another shape:", mismatch.Shapes)
	}
	// Output:
	// missing: [layer1.0.conv1.weight]
	// of another shape: [bn1.weight: 4 in the file, 8 in the net]
}
