package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxElems is the largest number of elements of one tensor (4 TB of float32,
// less where int has 32 bits). A larger shape is a mistake, and products of its
// extents could overflow.
const MaxElems = 1 << min(40, strconv.IntSize-5)

// Shape is the extent of each dimension, outermost first: N, C, H, W for
// images, N, C for rows of features.
type Shape []int

// Elems is the number of elements. The shape must have passed Check.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Check returns an error for an extent below 1 or more than MaxElems elements.
func (s Shape) Check() error {
	n := 1
	for _, d := range s {
		if d < 1 {
			return fmt.Errorf("shape %v: every extent must be at least 1", s)
		}
		if d > MaxElems || n > MaxElems/d || n*d > math.MaxInt/8 {
			return fmt.Errorf("shape %v has too many elements (at most %d)", s, MaxElems)
		}
		n *= d
	}
	return nil
}

// Equal reports whether both have the same extents.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// Clone returns a copy.
func (s Shape) Clone() Shape { return append(Shape(nil), s...) }

// String is the extents joined by ×: 1×3×224×224.
func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
	}
	return strings.Join(parts, "×")
}
