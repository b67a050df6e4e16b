//go:build !unix

package profile

import "time"

// processCPU returns 0: the system has no getrusage(2).
func processCPU() time.Duration { return 0 }

// preemptions returns 0, as processCPU.
func preemptions() int64 { return 0 }
