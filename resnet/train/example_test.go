package train_test

import (
	"context"
	"fmt"
	"log"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor/cpu"
)

// A small net is trained for an epoch on generated images.
func Example() {
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer dev.Close()
	m, err := resnet.Build(resnet.Config{Family: resnet.CIFAR, Depth: 8, Batch: 16})
	if err != nil {
		log.Fatal(err)
	}
	images, err := vision.OpenData("synthetic:64", vision.DataOptions{Split: vision.Train})
	if err != nil {
		log.Fatal(err)
	}
	result, err := train.Train(context.Background(), dev, m, train.Options{
		Settings: train.Settings{
			Epochs: 1, Batch: 16, Seed: 1,
			Schedule: train.Schedule{Rate: 0.05, Decay: train.Cosine},
			SGD:      nn.SGD{Momentum: 0.9},
		},
		Images: images,
		Observe: func(e train.Event) {
			if e.Step != nil {
				fmt.Printf("step %d of %d, learning rate %.4f\n", e.Step.Step, e.Steps, e.Step.Rate)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Model, "trained for", result.Epochs, "epoch")
	// Output:
	// step 1 of 4, learning rate 0.0500
	// step 2 of 4, learning rate 0.0427
	// step 3 of 4, learning rate 0.0250
	// step 4 of 4, learning rate 0.0073
	// cifar_resnet8 trained for 1 epoch
}

// The loss of an image is the negative logarithm of its label's probability.
func ExampleLoss() {
	logits := []float32{2, 0, 0}
	fmt.Printf("%.3f %.3f\n", train.Softmax(logits)[0], train.Loss(logits, 0))
	// Output: 0.787 0.240
}
