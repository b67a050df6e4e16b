package profile_test

import (
	"fmt"
	"log"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
)

// A tree without kernels lists the modules of a net with what they cost.
func ExampleNewTree() {
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet20"})
	if err != nil {
		log.Fatal(err)
	}
	tree := profile.NewTree(profile.Net{Model: m.Model})
	for _, r := range tree.Root.Children {
		fmt.Printf("%-8s %-9s %s\n", r.Label, r.Note, profile.FormatCount(r.Cost.MACs))
	}
	// Output:
	// conv1              442 k
	// bn1                0
	// relu               0
	// layer1   3 blocks  14.2 M
	// layer2   3 blocks  13.0 M
	// layer3   3 blocks  13.0 M
	// avgpool            0
	// flatten            0
	// fc                 640
}

// By pass, a recorded profile is a call tree: each row takes the time of those
// below it, and the net the whole of a pass.
func ExampleProfile_ByPass() {
	p := &profile.Profile{
		Model: profile.Model{Arch: "small"},
		Total: profile.Total{MeanMS: 4, OverheadMS: 0.5},
		Layers: []profile.LayerRow{
			{Path: "layer1.0.conv1", Pass: "forward", MeanMS: 1, Kernel: "direct"},
			{Path: "layer1.0.conv1", Pass: "backward", MeanMS: 2.5, Kernel: "weight gradient"},
		},
	}
	for _, r := range p.ByPass().Rows {
		depth := 0
		for up := r.Parent; up != nil; up = up.Parent {
			depth++
		}
		fmt.Printf("%-28s %v\n", strings.Repeat("  ", depth)+r.Label, r.Took.Total())
	}
	// Output:
	// small                        4ms
	//   forward                    1ms
	//     layer1                   1ms
	//       0                      1ms
	//         conv1                1ms
	//           direct             1ms
	//   backward                   2.5ms
	//     layer1                   2.5ms
	//       0                      2.5ms
	//         conv1                2.5ms
	//           weight gradient    2.5ms
	//   overhead                   500µs
}
