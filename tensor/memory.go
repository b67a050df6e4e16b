package tensor

import "fmt"

// MemoryError says that a program was refused because it does not fit into
// memory. Nothing was allocated.
type MemoryError struct{ Need, Have int64 } // bytes

// Error names both in GB (10⁹ bytes).
func (e *MemoryError) Error() string {
	return fmt.Sprintf("it needs %.2f GB of memory, and %.2f GB are available", float64(e.Need)/1e9, float64(e.Have)/1e9)
}
