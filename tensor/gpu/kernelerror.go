package gpu

import (
	"fmt"
	"slices"
)

// KernelError says that a driver does not take a kernel.
type KernelError struct {
	Kernel string
	Err    error
}

// Error names the kernel.
func (e *KernelError) Error() string { return fmt.Sprintf("kernel %s: %v", e.Kernel, e.Err) }

func (e *KernelError) Unwrap() error { return e.Err }

// WrongKernelError says that a plan needs a kernel which computes something else than it
// should.
type WrongKernelError struct{ Kernel, Device, Driver string }

// Error says what can be done.
func (e *WrongKernelError) Error() string {
	return fmt.Sprintf("kernel %s computes wrong results on %s with the driver %s, as its self-check found:"+
		" try another version of the driver, or another device", e.Kernel, e.Device, e.Driver)
}

// avoids reports whether another kernel is to be used in place of one, if there is any.
func (t *Traits) avoids(kernel string) bool {
	return slices.Contains(t.Wrong, kernel) || slices.Contains(t.Avoid, kernel)
}

// Needs are the kernels that a step's results depend on: its own, and those that lay out
// the parameters which it reads.
func (bp *Blueprint) Needs(st *Step) []string {
	var names []string
	for i := range st.Kernels {
		k := &st.Kernels[i]
		names = append(names, k.Name)
		for j := range bp.Derived {
			if slices.Contains(k.Buffers[:], bp.Derived[j].Kernel.Buffers[2]) {
				names = append(names, bp.Derived[j].Kernel.Name)
			}
		}
	}
	return names
}

// checkKernels reports a kernel that is not to be used.
func (bp *Blueprint) checkKernels(st *Step) error {
	for _, name := range bp.Needs(st) {
		if slices.Contains(bp.traits.Wrong, name) {
			return &WrongKernelError{name, bp.traits.Name, bp.traits.Driver}
		}
	}
	return nil
}
