//go:build !nogpu

// Package vulkan is the Vulkan device: it runs plans on GPUs of any maker, through the
// driver that is installed, without cgo.
//
// Package gpu says what runs; this package binds it to a GPU:
//
//	instance ─inspect→ physical devices ─New→ device ─┬─ state: parameters in the GPU's memory
//	                                                  └─ program: arena, kernels, recorded commands
//
// A run submits command buffers that were recorded once, in segments short enough for a
// driver's watchdog and for cancellation, two of them at a time so that the GPU never
// waits for the host. An observed run has a timestamp after each step, and a barrier;
// an unobserved one has barriers only where a kernel needs what another makes.
//
// The kernels are GLSL in shaders/, compiled by gen and embedded.
package vulkan

//go:generate go run ./gen
