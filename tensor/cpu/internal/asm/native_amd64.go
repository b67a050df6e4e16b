//go:build amd64 && !noasm

package asm

import "golang.org/x/sys/cpu"

//go:generate go -C gen run .

// native lists the sets of kernels beside the generic one, best first.
func native() (sets []*Kernels) {
	offerAMX()
	x := &cpu.X86
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
		sets = append(sets, avx512)
	}
	if x.HasAVX2 && x.HasFMA && x.HasF16C {
		sets = append(sets, avx2)
	}
	return sets
}
