package checkpoint

import (
	"errors"
	"fmt"
	"strings"
)

// typeError says that a type of elements can't be read, and what to save instead. The name
// is PyTorch's.
func typeError(name string) error {
	const cant = "has the type %s, which can't be read: "
	switch {
	case strings.HasPrefix(name, "complex"):
		return fmt.Errorf(cant+"the nets here have real weights", name)
	case strings.HasPrefix(name, "qint"), strings.HasPrefix(name, "quint"):
		return fmt.Errorf(cant+noScale, name)
	case name == "":
		return errors.New("has a type that can't be read: save it as float32")
	}
	return fmt.Errorf(cant+"save it as float32", quoteName(name))
}

const noScale = "an integer weight without its scale is no weight, save it as float32"

// unreadTypes are PyTorch's names of the types in safetensors that can't be read.
var unreadTypes = map[string]string{
	"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
	"F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
	"F4": "float4_e2m1fn_x2", "C64": "complex64",
}

// integers is an error if a parameter's tensor holds integers, unless the parameter is a
// counter.
func (m *Match) integers() error {
	used := make(map[string]bool, len(m.from))
	for _, name := range m.from {
		used[name] = true
	}
	for _, t := range m.Set.tensors {
		if used[t.name] && !t.view.dtype.isFloat() && !bookkeeping.MatchString(t.name) {
			return fmt.Errorf("%s: tensor %s has the type %s: "+noScale,
				m.Set.file.name, quoteName(t.name), torchName(t.view.dtype))
		}
	}
	return nil
}

// isFloat reports whether the elements are floating-point numbers.
func (d DType) isFloat() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

// torchName is PyTorch's name of a type.
func torchName(d DType) string {
	for _, e := range elems {
		if e.dtype == d {
			return e.name
		}
	}
	return d.String()
}
