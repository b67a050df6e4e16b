package vision

import (
	"fmt"
	"math"
)

// Interpolation is the filter that scales pictures. Scaled down, it is stretched by the
// scale (antialiasing), as Pillow and torchvision do.
type Interpolation int

// The interpolations.
const (
	Bilinear Interpolation = iota
	Bicubic                // Keys 1981 with a = −1/2
)

// Interpolations are the names of the interpolations.
var Interpolations = []string{Bilinear.String(), Bicubic.String()}

// String returns torchvision's name.
func (i Interpolation) String() string { return [...]string{"bilinear", "bicubic"}[i] }

// ParseInterpolation returns the interpolation of that name; "" stands for bilinear.
func ParseInterpolation(name string) (Interpolation, error) {
	switch name {
	case "", "bilinear":
		return Bilinear, nil
	case "bicubic":
		return Bicubic, nil
	}
	return 0, fmt.Errorf("interpolation %q is unknown: it is bilinear or bicubic", name)
}

// filter is the weight of a sample by its distance, which is 0 from ±support on.
type filter struct {
	support float64
	at      func(x float64) float64
}

// filter returns the function behind i.
func (i Interpolation) filter() filter {
	if i == Bicubic {
		return filter{2, cubic}
	}
	return filter{1, triangle}
}

// triangle is 1 at 0 and 0 from ±1 on.
func triangle(x float64) float64 { return max(1-math.Abs(x), 0) }

// cubic is Keys's kernel (Cubic convolution interpolation for digital image processing,
// 1981, eq. 4) with a = −1/2, evaluated in Pillow's order so that no bit differs.
func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64(float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return float64(float64(float64(float64(float64(x-5)*x)+8)*x)-4) * a
	}
	return 0
}
