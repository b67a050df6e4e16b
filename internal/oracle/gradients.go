package oracle

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"resnet-tui/tensor"
)

// Gradients holds what autograd computes for one net, by testdata/oracle/gradients.py.
type Gradients struct {
	Name    string
	Arch    string
	Shape   tensor.Shape // of the input
	Classes int
	Eval    *Backward // nil: only train mode was computed
	Train   *Backward
}

// Backward is one forward and backward pass.
type Backward struct {
	Loss    float64
	Target  []int
	Input   Figures // of ∂loss/∂image
	Params  []Figures
	Blocks  []Block
	Float32 GradientErrors // errors of PyTorch itself in float32
}

// GradientErrors are the largest relative errors of a net's gradients.
type GradientErrors struct {
	Loss       float64
	Norms      float64 // L2 norms, of the gradients of parameters and image
	Directions float64 // the same gradients along a seeded direction
	Blocks     float64 // norms at blocks
}

// Figures sum up one gradient.
type Figures struct {
	Name     string
	Norm     float64 // L2
	Dot      float64 // scalar product with Direction(Name)
	Elements Packed  // of small nets, all elements
}

// Packed is numbers in little-endian float32 in base64.
type Packed string

// Block holds the gradient norms at a residual block, as the command line names them. Dot is
// the scalar product of the two paths' gradients. A plain block has neither Dot nor
// GradSkip.
type Block struct {
	Path       string
	GradOut    float64  `json:"grad_out"`
	GradIn     float64  `json:"grad_in"`
	GradBranch float64  `json:"grad_branch"`
	GradSkip   *float64 `json:"grad_skip"`
	Dot        *float64
}

// GradientNames lists all goldens of gradients.
func GradientNames() ([]string, error) { return names("gradients") }

// LoadGradients reads a golden of gradients.
func LoadGradients(name string) (*Gradients, error) {
	g := &Gradients{}
	return g, read(filepath.Join("gradients", name), g)
}

// Direction returns the direction for Figures.Dot: n standard normal numbers, which depend on
// the name alone.
func Direction(name string, n int) []float32 {
	x := make([]float32, n)
	tensor.NewStream(seed+1, name).Normals(x, 0, 1)
	return x
}

// Errors returns how much a gradient differs from its golden, in its norm and along the
// direction, relative to the golden's norm or to least, whichever is larger.
func (f *Figures) Errors(grad []float64, least float64) (norm, direction float64) {
	square, dot := 0.0, 0.0
	along := Direction(f.Name, len(grad))
	for i, v := range grad {
		square += v * v
		dot += v * float64(along[i])
	}
	scale := max(f.Norm, least)
	return math.Abs(math.Sqrt(square)-f.Norm) / scale, math.Abs(dot-f.Dot) / scale
}

// All returns the golden's elements, or nil if it has none.
func (f *Figures) All() ([]float32, error) {
	x, err := f.Elements.Floats()
	if err != nil {
		return nil, fmt.Errorf("the elements of %s: %w", f.Name, err)
	}
	return x, nil
}

// Floats decodes the numbers, nil if there are none.
func (p Packed) Floats() ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(string(p))
	if err == nil && len(raw)%4 != 0 {
		err = errors.New("they end within an element")
	}
	if err != nil {
		return nil, err
	}
	var x []float32
	for ; len(raw) > 0; raw = raw[4:] {
		x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return x, nil
}

// Least returns the norm below which a gradient counts as zero except for rounding, such as
// that of a convolution's bias before batch statistics.
func (b *Backward) Least() float64 {
	largest := 0.0
	for _, p := range b.Params {
		largest = max(largest, p.Norm)
	}
	return 1e-3 * largest
}
