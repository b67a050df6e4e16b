//go:build !linux

package profile

import "time"

// systemBusy returns zeros: only Linux has an implementation.
func systemBusy() (time.Duration, int) { return 0, 0 }
