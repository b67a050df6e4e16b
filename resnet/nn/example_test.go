package nn_test

import (
	"context"
	"fmt"
	"log"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// tinyNet builds a residual net with one block.
func tinyNet() (*nn.Model, error) {
	b, x := nn.NewBuilder("tiny", "ResNet", tensor.Shape{1, 3, 8, 8}) // N×C×H×W
	x = b.ReLU(b.Conv2d(x, "conv1", nn.Conv{Out: 4, K: 3, Stride: 1}), "relu")
	x = b.Within("layer1", "Sequential", func() nn.Value {
		return b.Block(x, "0", "BasicBlock", nn.Block{Skip: nn.Identity, Stride: 1}, func() nn.Value {
			y := b.ReLU(b.Conv2d(x, "conv1", nn.Conv{Out: 4, K: 3, Stride: 1}), "relu")
			y = b.Conv2d(y, "conv2", nn.Conv{Out: 4, K: 3, Stride: 1})
			return b.ReLU(b.Join(y, func() nn.Value { return x }), "relu")
		})
	})
	b.Linear(b.Flatten(b.AdaptiveAvgPool2d(x, "avgpool", 1), "flatten"), "fc", 10)
	return b.Model()
}

// A net is built layer by layer, in execution order. Lowered, each layer is an
// operation of a plan.
func ExampleBuilder() {
	m, err := tinyNet()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d layers, %d parameters, %d multiply-adds per image\n", len(m.Layers), m.Total.Params, m.Total.MACs)
	l, err := m.Lower(nn.Pass{Mode: nn.Eval})
	if err != nil {
		log.Fatal(err)
	}
	for _, op := range l.Plan.Ops {
		fmt.Println(op.Kind, op.Path)
	}
	// Output:
	// 10 layers, 446 parameters, 25384 multiply-adds per image
	// Conv2d conv1
	// ReLU relu
	// Conv2d layer1.0.conv1
	// ReLU layer1.0.relu
	// Conv2d layer1.0.conv2
	// Add layer1.0.add
	// ReLU layer1.0.relu
	// AdaptiveAvgPool2d avgpool
	// Flatten flatten
	// Linear fc
}

// A session runs a pass on a device. This one goes forward and backward, keeps
// the output of the block's last ReLU, and looks at the gradients at the block.
func ExampleSession() {
	m, err := tinyNet()
	if err != nil {
		log.Fatal(err)
	}
	o := nn.SessionOptions{Pass: nn.Pass{
		Mode:     nn.Eval,
		Backward: &nn.Backward{},
		Probes: []nn.Probe{
			{At: "layer1.0.relu", What: nn.Keep},
			{At: nn.EveryBlock, What: nn.Flow},
		},
	}}
	s, err := nn.NewSession(context.Background(), tensortest.Reference(), m, o)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.SetInput(nn.RandomInput(1, m.Input)); err != nil {
		log.Fatal(err)
	}
	if err := s.SetTarget([]int{3}); err != nil {
		log.Fatal(err)
	}
	if err := s.Run(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	kept, err := s.Probe(0)
	if err != nil {
		log.Fatal(err)
	}
	blocks, err := s.BlockGradients()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(kept[0].At, kept[0].Tensor.Shape)
	g := blocks[0]
	fmt.Printf("%s has a skip: %v, whose gradient is not 0: %v\n", g.Path, g.HasSkip, g.Skip > 0)
	// Output:
	// layer1.0.relu#1 1×4×8×8
	// layer1.0 has a skip: true, whose gradient is not 0: true
}
