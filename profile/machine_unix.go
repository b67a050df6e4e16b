//go:build unix

package profile

import (
	"syscall"
	"time"
)

// processCPU returns the CPU time of this process so far, all threads in user
// and kernel mode; 0 if the system doesn't report it.
func processCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// preemptions returns the number of involuntary context switches of this
// process so far, as getrusage(2) counts them; 0 if unknown.
func preemptions() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Nivcsw)
}
