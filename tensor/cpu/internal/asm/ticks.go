//go:build (amd64 || arm64) && !noasm

package asm

// Ticks is a counter of the processor that rises at a steady rate: some ten
// nanoseconds to read, a fifth of the system's clock, and nothing of the caches.
// Rate and start are unknown, and two processors' counters may be apart.
func Ticks() int64
