//go:build nogpu || !(linux || darwin || windows) || !(amd64 || arm64)

package device

// vulkanAPI is nil in a build without GPUs.
var vulkanAPI *api
