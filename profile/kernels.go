package profile

import (
	"fmt"

	"resnet-tui/tensor"
)

// kernelIndex maps each operation of a plan to the kernel that it heads, −1 for
// operations that other kernels absorbed. Devices identify spans by the head.
type kernelIndex []int

// indexKernels indexes the kernels of a program of p.
func indexKernels(p *tensor.Plan, kernels []tensor.KernelInfo) kernelIndex {
	x := make(kernelIndex, len(p.Ops))
	for op := range x {
		x[op] = -1
	}
	for k, info := range kernels {
		if info.Op >= 0 && info.Op < len(x) {
			x[info.Op] = k
		}
	}
	return x
}

// of returns the kernel that an operation heads, −1 if it heads none or is not in
// the plan.
func (x kernelIndex) of(op int) int {
	if op < 0 || op >= len(x) {
		return -1
	}
	return x[op]
}

// SpanError is a violation of a device's contract: in each pass it must report
// exactly one span for each kernel of its program.
type SpanError struct {
	Op      int    // head of the kernel, as reported
	Path    string // of the head, "" if the plan doesn't have the operation
	Unknown bool   // the program has no kernel with this head
	Spans   int    // number of spans of the kernel in the pass
}

// Error names the kernel and what is wrong with its spans.
func (e *SpanError) Error() string {
	name := fmt.Sprintf("operation %d", e.Op)
	if e.Path != "" {
		name += " (" + e.Path + ")"
	}
	switch {
	case e.Unknown:
		return "the device timed " + name + ", which heads no kernel of the program"
	case e.Spans == 0:
		return "the device did not time the kernel of " + name
	}
	return fmt.Sprintf("the device timed the kernel of %s %d times in one pass", name, e.Spans)
}

// pathOf returns an operation's path, "" if the plan doesn't have the operation.
func pathOf(p *tensor.Plan, op int) string {
	if op < 0 || op >= len(p.Ops) {
		return ""
	}
	return p.Ops[op].Path
}

// unknownHead returns the error for a span whose operation heads no kernel.
func unknownHead(p *tensor.Plan, op int) *SpanError {
	return &SpanError{Op: op, Path: pathOf(p, op), Unknown: true, Spans: 1}
}
