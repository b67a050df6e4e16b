package tensor

// Tensor is float32 in host memory, row-major: the last dimension is
// contiguous. len(Data) == Shape.Elems().
type Tensor struct {
	Shape Shape
	Data  []float32
}

// New returns a zeroed tensor. The shape must have passed Check.
func New(shape ...int) *Tensor {
	s := Shape(shape).Clone()
	return &Tensor{Shape: s, Data: make([]float32, s.Elems())}
}
