package tensor_test

import (
	"testing"

	"resnet-tui/tensor"
)

// TestMemoryErrors: sizes are told in a unit that suits them, and two that differ differ in
// the text too.
func TestMemoryErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&tensor.MemoryError{Need: 6.154e9, Have: 2.147e9}, "it needs 6.15 GB of memory, and 2.15 GB are available"},
		{&tensor.MemoryError{Need: 2_147_483_649, Have: 2_147_483_648},
			"it needs 2.147483649 GB of memory, and 2.147483648 GB are available"},
		{&tensor.TooLargeError{Device: "Abacus RTX", Tensor: "conv1", Bytes: 134_873_088, Limit: 128 << 20},
			"conv1 takes 134.87 MB, and Abacus RTX takes at most 134.22 MB in one tensor"},
		{&tensor.TooLargeError{Device: "Abacus RTX", Tensor: "conv1", Bytes: 134_218_240, Limit: 128 << 20},
			"conv1 takes 134.2182 MB, and Abacus RTX takes at most 134.2177 MB in one tensor"},
		{&tensor.TooLargeError{Device: "Abacus RTX", Tensor: "conv1", Bytes: 4.2e9, Limit: 128 << 20},
			"conv1 takes 4.20 GB, and Abacus RTX takes at most 0.13 GB in one tensor"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
