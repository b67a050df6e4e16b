// Package tensor is the interface between a net and the processor that runs it.
//
// A net is lowered to a Plan: a flat list of operations (Op) on numbered
// buffers and parameters, in execution order, with every shape fixed. A Plan
// is data: it can be printed, costed and compared without a device. A Device
// compiles it to a Program, which runs it and reports as Spans where the time
// went. How operations are combined into kernels is the device's choice;
// Program.Kernels reports it.
//
// The package also holds the plain-Go reference of every operation, generic
// over float32 and float64: the oracle that fast kernels are tested against,
// and their documentation.
package tensor
