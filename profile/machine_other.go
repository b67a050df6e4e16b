//go:build !unix

package profile

import "time"

func processCPU() time.Duration { return 0 }

func preemptions() int64 { return 0 }
