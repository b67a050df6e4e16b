package cpu

import (
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/tensortest"
)

// TestConforms holds each set of kernels that this processor can run to what
// any device must do.
func TestConforms(t *testing.T) {
	for _, name := range asm.Names() {
		t.Run(name, func(t *testing.T) {
			open := func() (tensor.Device, error) { return New(Config{Kernels: name}) }
			tensortest.Run(t, open, tensortest.Precisions(tensor.BF16),
				tensortest.Prepare(func(p tensor.Program) { poison(p.(*program)) }))
		})
	}
}
