//go:build !noasm

package asm

import "syscall"

// permitTiles asks the system for AMX's tiles, as Linux demands from version 5.16 on
// (Documentation/arch/x86/xstate.rst), for all threads of the process. It refuses
// where it or the processor does not keep their state. A signal's frame then has some
// 11 KB; Go's signal stacks have 32.
func permitTiles() bool {
	const (
		requestPermission = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData          = 18     // XFEATURE_XTILEDATA
	)
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return errno == 0
}
