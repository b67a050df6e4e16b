package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadID is the calling thread's.
func threadID() int { return unix.Gettid() }

// currentProcessor is where the calling thread runs, or −1.
func currentProcessor() int32 {
	var n uint32
	if _, _, e := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&n)), 0, 0); e != 0 {
		return -1
	}
	return int32(n)
}

// allowedProcessors are those that this process may run on, in order.
func allowedProcessors() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var list []int
	for i := 0; len(list) < set.Count(); i++ {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list
}

// moveThread moves a thread to an allowed processor that is not in use, and
// leaves it free to move on: a pinned thread would suffer from whoever else
// comes to its processor. It returns the processor, or −1 if there is none.
func moveThread(thread int, used map[int32]bool) int32 {
	var all, one unix.CPUSet
	if unix.SchedGetaffinity(thread, &all) != nil {
		return -1
	}
	for _, i := range allowedProcessors() {
		if used[int32(i)] {
			continue
		}
		one.Set(i)
		if unix.SchedSetaffinity(thread, &one) != nil {
			return -1
		}
		_ = unix.SchedSetaffinity(thread, &all)
		return int32(i)
	}
	return -1
}
