//go:build !linux

package device

// gpuNode reports whether the system may have a discrete GPU: only its drivers know.
func gpuNode() bool { return true }
