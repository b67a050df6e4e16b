package tensor

// DType is the type of the elements of a buffer or parameter. The zero value is
// Float32.
type DType uint8

// The types of elements.
const (
	Float32 DType = iota // IEEE 754 binary32
)

// dtypes are the name and the bytes per element of each type.
var dtypes = [...]struct {
	name string
	size int64
}{
	Float32: {"float32", 4},
}

// known reports whether d is one of the constants.
func (d DType) known() bool { return int(d) < len(dtypes) }

// Size is the bytes of one element. It panics for an unknown type, which
// Plan.Validate rejects.
func (d DType) Size() int64 { return dtypes[d].size }

// Bytes is the size of a dense tensor of that shape, which must have passed
// Check.
func (d DType) Bytes(s Shape) int64 { return d.Size() * int64(s.Elems()) }

// String is the type's name, as in PyTorch: "float32".
func (d DType) String() string {
	if !d.known() {
		return "DType?"
	}
	return dtypes[d].name
}
