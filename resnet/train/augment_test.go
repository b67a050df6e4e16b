package train

import (
	"slices"
	"testing"

	"resnet-tui/tensor"
)

func TestOrder(t *testing.T) {
	const n = 1000
	first := order(7, 0, n)
	sorted := slices.Sorted(slices.Values(first))
	for i, v := range sorted {
		if i != v {
			t.Fatalf("the order isn't a permutation: %d at %d", v, i)
		}
	}
	if !slices.Equal(first, order(7, 0, n)) {
		t.Error("the same epoch has two orders")
	}
	if slices.Equal(first, order(7, 1, n)) || slices.Equal(first, order(8, 0, n)) || slices.Equal(first, sorted) {
		t.Error("epochs or seeds share an order")
	}
	if got := order(1, 0, 1); !slices.Equal(got, []int{0}) {
		t.Errorf("order of one image %v", got)
	}
}

// TestAugmentation: all shifts occur, mirrored and not, and each is a crop of the padded
// image.
func TestAugmentation(t *testing.T) {
	shape := tensor.Shape{1, 2, 5, 3}
	src := make([]float32, 30)
	for i := range src {
		src[i] = float32(i + 1)
	}
	padded := func(c, y, x int) float32 {
		if y < 0 || y >= 5 || x < 0 || x >= 3 {
			return 0
		}
		return src[(c*5+y)*3+x]
	}
	seen := map[[3]int]bool{}
	dst := make([]float32, 30)
	for i := range 4000 {
		newAugmentation(3, 2, shape).apply(i, dst, src)
		key, ok := matchCrop(dst, padded)
		if !ok {
			t.Fatalf("image %d has become %v", i, dst)
		}
		seen[key] = true
	}
	// Shifts by the image's width or more leave only padding, and can't be distinguished.
	if len(seen) < 2*5*9 {
		t.Errorf("only %d crops occurred", len(seen))
	}
	a, b := make([]float32, 30), make([]float32, 30)
	newAugmentation(3, 2, shape).apply(5, a, src)
	newAugmentation(3, 2, shape).apply(5, b, src)
	if !slices.Equal(a, b) {
		t.Error("the same image of an epoch was cut in two ways")
	}
}

// matchCrop finds the shift and mirroring that give dst.
func matchCrop(dst []float32, padded func(c, y, x int) float32) (key [3]int, ok bool) {
	for dy := -cropPad; dy <= cropPad; dy++ {
		for dx := -cropPad; dx <= cropPad; dx++ {
			for mirror := range 2 {
				if isCrop(dst, padded, dy, dx, mirror) {
					return [3]int{dy, dx, mirror}, true
				}
			}
		}
	}
	return key, false
}

func isCrop(dst []float32, padded func(c, y, x int) float32, dy, dx, mirror int) bool {
	for i, v := range dst {
		c, y, x := i/15, i/3%5, i%3
		if mirror == 1 {
			x = 2 - x
		}
		if v != padded(c, y+dy, x+dx) {
			return false
		}
	}
	return true
}
