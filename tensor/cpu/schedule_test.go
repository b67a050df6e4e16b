package cpu

import (
	"testing"

	"resnet-tui/tensor"
)

// TestEveryKindIsPlanned: a kind of operation with a name has kernels.
func TestEveryKindIsPlanned(t *testing.T) {
	for kind := tensor.Conv2d; kind.String() != "Kind?"; kind++ {
		if planners[kind] == nil {
			t.Errorf("%v has no kernels", kind)
		}
	}
}
