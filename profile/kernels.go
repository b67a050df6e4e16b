package profile

import (
	"fmt"

	"resnet-tui/tensor"
)

// kernelIndex finds the kernel of a program by the operation that is its head;
// −1 where an operation heads none.
type kernelIndex []int

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

// of is the kernel that an operation heads, or −1.
func (x kernelIndex) of(op int) int {
	if op < 0 || op >= len(x) {
		return -1
	}
	return x[op]
}

// SpanError says that a device timed other kernels than its program has: each
// is timed once a pass.
type SpanError struct {
	Op      int    // the head of the kernel, as the device gave it
	Path    string // of that operation, "" if the plan doesn't have it
	Unknown bool   // no kernel of the program has that head
	Spans   int    // how often the kernel was timed in one pass
}

// Error names the kernel.
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

// pathOf is an operation's path, "" if the plan doesn't have the operation.
func pathOf(p *tensor.Plan, op int) string {
	if op < 0 || op >= len(p.Ops) {
		return ""
	}
	return p.Ops[op].Path
}

// unknownHead is the error of a span of an operation that heads no kernel.
func unknownHead(p *tensor.Plan, op int) *SpanError {
	return &SpanError{Op: op, Path: pathOf(p, op), Unknown: true, Spans: 1}
}
