//go:build !unix

package asm

import "testing"

// guarded returns n floats; there are no guard pages here.
func guarded(t *testing.T, n int, atEnd bool) []float32 { return make([]float32, n) }
