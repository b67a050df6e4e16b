//go:build nogpu

package device

// vulkanAPI is nil in a build without GPUs.
var vulkanAPI *api
