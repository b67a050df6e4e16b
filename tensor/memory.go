package tensor

import "fmt"

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

// Error gives both in GB (10⁹ bytes).
func (e *MemoryError) Error() string {
	return fmt.Sprintf("it needs %.2f GB of memory, and %.2f GB are available", float64(e.Need)/1e9, float64(e.Have)/1e9)
}

// TooLargeError says that a tensor is larger than a device takes, whatever memory it has.
type TooLargeError struct {
	Device, Tensor string // their names
	Bytes, Limit   int64
}

// Error gives both sizes in GB (10⁹ bytes).
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s takes %.2f GB, and %s takes at most %.2f GB in one tensor",
		e.Tensor, float64(e.Bytes)/1e9, e.Device, float64(e.Limit)/1e9)
}
