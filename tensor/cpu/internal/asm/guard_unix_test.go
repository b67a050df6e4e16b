//go:build unix

package asm

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns n floats between two pages that can't be touched, flush with
// the upper one if atEnd is set and with the lower one if not.
func guarded(t *testing.T, n int, atEnd bool) []float32 {
	page := os.Getpagesize()
	size := (n*4 + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	for _, edge := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	start := page
	if atEnd {
		start += size - n*4
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&m[start])), n)
}
