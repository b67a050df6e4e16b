package tensor

import (
	"fmt"
	"strconv"
)

// MemoryPlan says what a program holds, in bytes.
type MemoryPlan struct {
	Blocks       []Block // by Buffer; none for a buffer that lives inside a kernel
	ArenaBytes   int64   // one arena for all buffers
	WeightBytes  int64   // packed copies of parameters
	ScratchBytes int64   // workers' scratch
	PeakOp       int     // the head of the kernel during which most bytes of the arena live
}

// Total is all that the program holds, in bytes.
func (m MemoryPlan) Total() int64 { return m.ArenaBytes + m.WeightBytes + m.ScratchBytes }

// Block is a buffer's place in the arena.
type Block struct {
	Buffer        BufferID
	Offset, Bytes int64
	First, Last   int // operations between which it lives, both included
}

// MemoryError says that a program was refused because it does not fit into
// memory. Nothing was allocated.
type MemoryError struct{ Need, Have int64 } // bytes

// Error gives both in MB (10⁶ bytes) or GB (10⁹ bytes).
func (e *MemoryError) Error() string {
	need, have := unequalSizes(e.Need, e.Have)
	return fmt.Sprintf("it needs %s of memory, and %s are available", need, have)
}

// TooLargeError says that a tensor is larger than a device takes, whatever memory it has.
type TooLargeError struct {
	Device, Tensor string // their names
	Bytes, Limit   int64
}

// Error gives both sizes in MB (10⁶ bytes) or GB (10⁹ bytes).
func (e *TooLargeError) Error() string {
	size, limit := unequalSizes(e.Bytes, e.Limit)
	return fmt.Sprintf("%s takes %s, and %s takes at most %s in one tensor", e.Tensor, size, e.Device, limit)
}

// unequalSizes writes two numbers of bytes in one unit, with as many decimals, two at
// least, as show that they differ.
func unequalSizes(a, b int64) (string, string) {
	unit, name := 1e6, " MB"
	if max(a, b) >= 1e9 {
		unit, name = 1e9, " GB"
	}
	for decimals := 2; ; decimals++ {
		x := strconv.FormatFloat(float64(a)/unit, 'f', decimals, 64) + name
		y := strconv.FormatFloat(float64(b)/unit, 'f', decimals, 64) + name
		if x != y || decimals == 9 {
			return x, y
		}
	}
}
