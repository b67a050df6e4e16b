//go:build !linux

package profile

import "time"

func systemBusy() (time.Duration, int) { return 0, 0 }
