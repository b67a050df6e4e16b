package export_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
	"resnet-tui/tensor"
)

// small is a profile of two kernels, as profile.Measure returns it.
func small() *profile.Profile {
	return &profile.Profile{
		Schema: profile.Schema,
		Model:  profile.Model{Arch: "small"},
		Input:  profile.Input{Shape: tensor.Shape{1, 3, 8, 8}},
		Total:  profile.Total{MeanMS: 2, OverheadMS: 0.25},
		Layers: []profile.LayerRow{
			{Path: "layer1.0.conv1", Pass: "forward", OutShape: tensor.Shape{1, 4, 8, 8}, MeanMS: 1.5, Kernel: "direct"},
			{Path: "fc", Pass: "forward", OutShape: tensor.Shape{1, 10}, MeanMS: 0.25, Kernel: "linear"},
		},
	}
}

// Folded stacks are text: frames from the root to the leaf, and nanoseconds per
// pass. They add up to the mean pass, overhead included.
func ExampleFolded() {
	if err := export.Folded(os.Stdout, small()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// small;forward;layer1;layer1.0;layer1.0.conv1;direct 1500000
	// small;forward;fc;linear 250000
	// small;overhead 250000
}

// A file for go tool pprof holds the whole profile but its samples.
func ExampleRead() {
	folder, err := os.MkdirTemp("", "export")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "small.pb.gz")
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := export.PProf(file, small()); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}

	p, err := export.Read(path)
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range p.Layers {
		fmt.Printf("%-14s %.2f ms  %s\n", row.Path, row.MeanMS, row.Kernel)
	}
	// Output:
	// layer1.0.conv1 1.50 ms  direct
	// fc             0.25 ms  linear
}
