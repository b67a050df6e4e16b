package resnet_test

import (
	"fmt"
	"log"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
)

// A net is built from a name or from a Config. The tree knows its shapes and costs
// without any weights.
func ExampleBuild() {
	m, err := resnet.Build(resnet.Config{Depth: 50})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d parameters, %d multiply-adds per image\n", m.Name, m.Total.Params, m.Total.MACs)
	block := m.Find("layer2.0")
	fmt.Println(block.Path, block.Kind, "from", block.In, "to", block.Out)
	// Output:
	// resnet50: 25557032 parameters, 4089184256 multiply-adds per image
	// layer2.0 Bottleneck from 1×256×56×56 to 1×512×28×28
}

// A lesion changes what a net computes, and leaves its parameters.
func ExampleBuild_lesion() {
	lesion, err := nn.ParseLesion("layer1.0=drop-branch")
	if err != nil {
		log.Fatal(err)
	}
	c := resnet.Config{Arch: "cifar_resnet20"}
	intact, err := resnet.Build(c)
	if err != nil {
		log.Fatal(err)
	}
	lesioned, err := resnet.Build(c, lesion)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("parameters:", len(intact.Params), len(lesioned.Params))
	fmt.Println("layers:", len(intact.Layers), len(lesioned.Layers))
	// Output:
	// parameters: 97 97
	// layers: 71 65
}

// The plain twin of a net has the same layers, but no skips.
func ExampleConfig_Twin() {
	c, err := resnet.ParseArch("ResNet34")
	if err != nil {
		log.Fatal(err)
	}
	twin, ok := c.Twin()
	fmt.Println(c.Arch, twin.Arch, ok)
	// Output: resnet34 plain34 true
}

// An unknown name is an error that lists similar ones.
func ExampleParseArch() {
	_, err := resnet.ParseArch("resnet5O")
	fmt.Println(err)
	// Output: unknown net "resnet5O"; similar names: resnet50, resnet18, resnet26, resnet34
}
