package tensortest_test

import (
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// TestReferenceConforms runs the suite on the oracle itself, in float32.
func TestReferenceConforms(t *testing.T) {
	tensortest.Run(t, func() (tensor.Device, error) {
		d := tensortest.Reference()
		d.Limit = 1 << 30
		return d, nil
	})
}
