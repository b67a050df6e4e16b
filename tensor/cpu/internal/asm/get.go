package asm

// Names lists the sets of kernels that this processor can run, best first.
func Names() []string {
	names := make([]string, 0, 3)
	for _, k := range native() {
		names = append(names, k.Name)
	}
	return append(names, generic.Name)
}

// Get returns the set of that name, or the best one for "". It returns nil for
// a name that is unknown or that this processor can't run. Beside those in Names it
// knows "generic_dot" and "generic_matrix": plain Go, as if there were products of
// pairs, or a matrix unit. So what calls them is tested on any processor.
func Get(name string) *Kernels {
	for _, k := range append(native(), generic, genericWithDot, genericWithMatrix) {
		if name == "" || name == k.Name {
			return k
		}
	}
	return nil
}
