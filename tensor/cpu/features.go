package cpu

import "golang.org/x/sys/cpu"

// features are the instruction sets that matter to the kernels, as far as the
// processor has them.
func features() []string {
	var list []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"AVX", cpu.X86.HasAVX},
		{"AVX2", cpu.X86.HasAVX2},
		{"FMA", cpu.X86.HasFMA},
		{"AVX512F", cpu.X86.HasAVX512F},
		{"AVX512BW", cpu.X86.HasAVX512BW},
		{"AVX512DQ", cpu.X86.HasAVX512DQ},
		{"AVX512VL", cpu.X86.HasAVX512VL},
		{"AVX512BF16", cpu.X86.HasAVX512BF16},
		{"AMXTILE", cpu.X86.HasAMXTile},
		{"AMXBF16", cpu.X86.HasAMXBF16},
		{"ASIMD", cpu.ARM64.HasASIMD},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}
