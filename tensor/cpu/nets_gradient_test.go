package cpu_test

import (
	"fmt"
	"strings"
	"testing"

	"resnet-tui/internal/nettest"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// TestNetsGradients holds loss, gradients of all parameters and of the image,
// and the probes at blocks against the reference in float64. In train mode
// batch statistics of few values amplify rounding: 4e-5 was seen. Short tests
// take CIFAR nets.
func TestNetsGradients(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, net := range []struct {
		arch  string
		modes []bool
	}{
		{"resnet18", []bool{true, false}},
		{"preact_resnet18", []bool{true, false}},
		{"resnext50_32x4d", []bool{false}},
		{"cifar_plain20", []bool{true}},
		{"cifar_resnet20", []bool{true, false}},
		{"keras_resnet50", []bool{false}},
		{"resnet18_nonorm", []bool{false}},
	} {
		if testing.Short() && !strings.HasPrefix(net.arch, "cifar") {
			continue
		}
		for _, train := range net.modes {
			t.Run(fmt.Sprintf("%s train %v", net.arch, train), func(t *testing.T) {
				n := nettest.Net{Arch: net.arch, Batch: 3, Height: 35, Width: 33, Classes: 7}
				mode, bar := nn.Eval, 1e-4
				if train {
					mode, bar = nn.Train, 3e-4
				}
				o := tensor.Options{Threads: 2, Fuse: i%2 == 0}
				nettest.Check(t, d, n.Lower(t, nettest.Everything(mode)), o, bar)
			})
		}
	}
}
