package builtin_test

import (
	"context"
	"fmt"
	"log"

	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor/cpu"
)

// The included net classifies the included images.
func Example() {
	n, err := builtin.Find("fashion-resnet20")
	if err != nil {
		log.Fatal(err)
	}
	images, labels, err := builtin.Samples()
	if err != nil {
		log.Fatal(err)
	}
	c := n.Config()
	c.Batch = len(labels)
	m, err := resnet.Build(c)
	if err != nil {
		log.Fatal(err)
	}
	file, err := n.Open()
	if err != nil {
		log.Fatal(err)
	}
	weights, err := file.Source(m.Params)
	if err != nil {
		log.Fatal(err)
	}
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer dev.Close()
	ctx := context.Background()
	session, err := nn.NewSession(ctx, dev, m.Model, nn.SessionOptions{Fuse: true, Source: weights})
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	if err := session.SetInput(images); err != nil {
		log.Fatal(err)
	}
	if err := session.Run(ctx, nil); err != nil {
		log.Fatal(err)
	}
	logits, err := session.Logits()
	if err != nil {
		log.Fatal(err)
	}
	classes := vision.Labels(n.Data, c.Classes)
	for i := range 3 {
		best := 0
		row := logits.Data[i*c.Classes : (i+1)*c.Classes]
		for class, x := range row {
			if x > row[best] {
				best = class
			}
		}
		fmt.Printf("%s, classified as %s\n", classes[labels[i]], classes[best])
	}
	// Output:
	// T-shirt/top, classified as T-shirt/top
	// Trouser, classified as Trouser
	// Pullover, classified as Pullover
}
