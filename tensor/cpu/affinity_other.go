//go:build !linux

package cpu

// Elsewhere threads are left to the system's scheduler.

func threadID() int { return 0 }

func currentProcessor() int32 { return -1 }

func moveThread(int, map[int32]bool) int32 { return -1 }
