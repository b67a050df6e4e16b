// Package gpu turns plans into what any GPU can run, whatever its interface:
//
//	tensor.Plan ─fusion.Split→ groups ─lower→ Steps of Kernels ─place→ Blueprint
//
// A Blueprint names kernels, their constants, the buffers that they read and write,
// and how many workgroups they take; it says where each buffer lies in one arena,
// and between which kernels the device must wait. It holds no memory and calls no
// driver: package vulkan binds it to a device, as one for another interface would.
//
// Values lie as the plan has them, N×C×H×W in float32. The kernels are few and
// general: a matrix product whose operands are gathered on the way, in three
// directions (conv.go); maps of elements; sums; pools; the loss. The order in which
// numbers are added depends on the geometry alone, so that a result has the same
// bits from run to run.
package gpu
