//go:build !nogpu

package vulkan

import (
	"fmt"
	"strings"
	"testing"

	"resnet-tui/internal/nettest"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// small nets of every sort, at 32×32, that short tests take; the others are at 64×64.
var nets = []string{
	"cifar_resnet8", "resnet18", "resnext14d_8x8d_1x1x1x1", "preact_resnet18", "plain18",
}

func netOf(arch string, lesions ...string) nettest.Net {
	n := nettest.Net{Arch: arch, Batch: 3, Height: 64, Width: 64, Classes: 7, Lesions: lesions}
	if strings.HasPrefix(arch, "cifar") {
		n.Height, n.Width = 32, 32
	}
	return n
}

// skipLarge leaves the large nets out of a short test.
func skipLarge(t *testing.T, arch string) {
	t.Helper()
	if testing.Short() && !strings.HasPrefix(arch, "cifar") {
		t.Skip("a large net, and the test is short")
	}
}

// TestNets compares whole nets with float64: all layers' moments, the loss, the gradients of
// all parameters and of the image, the norms at blocks. In train mode, statistics of few
// values amplify rounding.
func TestNets(t *testing.T) {
	d := open(t)
	for i, arch := range nets {
		for _, mode := range []nn.Mode{nn.Train, nn.Eval} {
			t.Run(fmt.Sprintf("%s %v", arch, mode), func(t *testing.T) {
				skipLarge(t, arch)
				bar := 1e-4
				if mode == nn.Train {
					bar = 3e-4
				}
				fuse := (i%2 == 0) == (mode == nn.Train)
				nettest.Check(t, d, netOf(arch).Lower(t, nettest.Everything(mode)), tensor.Options{Fuse: fuse}, bar)
			})
		}
	}
}

// TestForward compares forward passes, fused, as they run when nobody looks inside.
func TestForward(t *testing.T) {
	d := open(t)
	for _, arch := range nets {
		t.Run(arch, func(t *testing.T) {
			skipLarge(t, arch)
			nettest.Check(t, d, netOf(arch).Lower(t, nn.Pass{}), tensor.Options{Fuse: true}, 1e-5)
		})
	}
}

// TestLesions compares nets that are damaged in every way.
func TestLesions(t *testing.T) {
	d := open(t)
	for _, n := range []nettest.Net{
		netOf("cifar_resnet20", "layer1.1=drop-branch", "layer2.1=cut-skip", "layer3.1=scale:0.5", "layer3.2=freeze"),
		netOf("resnet18", "layer1.0=swap:layer1.1", "layer2.1=drop-branch", "layer3.1=cut-skip", "layer4.1=scale:2"),
	} {
		t.Run(n.Arch, func(t *testing.T) {
			skipLarge(t, n.Arch)
			nettest.Check(t, d, n.Lower(t, nettest.Everything(nn.Eval)), tensor.Options{Fuse: true}, 1e-4)
		})
	}
}

// TestPaths compares the gradient by path length.
func TestPaths(t *testing.T) {
	d := open(t)
	for _, arch := range []string{"cifar_resnet8", "resnet18"} {
		t.Run(arch, func(t *testing.T) {
			skipLarge(t, arch)
			nettest.CheckPaths(t, d, netOf(arch), 4, tensor.Options{Fuse: true}, 1e-5)
		})
	}
}

// TestStepsAreReproducible: two steps of training give the same bits on two devices, one
// after the other.
func TestStepsAreReproducible(t *testing.T) {
	arch := "resnet18"
	if testing.Short() {
		arch = "cifar_resnet8"
	}
	first := nettest.Steps(t, open(t), netOf(arch), 2, tensor.Options{Fuse: true})
	again := nettest.Steps(t, open(t), netOf(arch), 2, tensor.Options{Fuse: true})
	for name, want := range first {
		if !tensortest.SameBits(again[name], want) {
			t.Errorf("%s has other bits", name)
		}
	}
	if len(first) < 20 {
		t.Errorf("only %d parameters", len(first))
	}
}
