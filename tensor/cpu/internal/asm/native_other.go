//go:build noasm || !(amd64 || arm64)

package asm

// native lists the sets of kernels beside the generic one.
func native() []*Kernels { return nil }
