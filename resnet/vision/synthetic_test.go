package vision

import (
	"hash/crc32"
	"math"
	"slices"
	"testing"
)

func TestSyntheticIsAFunctionOfTheSeed(t *testing.T) {
	a := mustOpen(t, "synthetic:400", DataOptions{Split: Train, Seed: 1})
	b := mustOpen(t, "synthetic:80", DataOptions{Split: Train, Seed: 1})
	test := mustOpen(t, "synthetic:400", DataOptions{Seed: 1})
	other := mustOpen(t, "synthetic:400", DataOptions{Split: Train, Seed: 2})
	if a.Len() != 400 || test.Len() != 100 || len(a.Classes()) != 10 {
		t.Fatalf("%d and %d images, %d classes", a.Len(), test.Len(), len(a.Classes()))
	}
	x, label := read(t, a, 17)
	if y, l := read(t, b, 17); !slices.Equal(x, y) || l != label || l != 7 {
		t.Error("image 17 depends on the number of images")
	}
	for _, d := range []Dataset{test, other} {
		if y, _ := read(t, d, 17); slices.Equal(x, y) {
			t.Error("another split or seed has the same image")
		}
	}
}

// TestSyntheticBits: the images have the same bits on every processor.
func TestSyntheticBits(t *testing.T) {
	d := mustOpen(t, "synthetic", DataOptions{Split: Train, Seed: 1, Norm: Norm{Mean: []float32{0}, Std: []float32{1}}})
	sum := crc32.NewIEEE()
	for i := range 20 {
		x, _ := read(t, d, i)
		for _, v := range x {
			sum.Write([]byte{uint8(math.Round(float64(v) * 255))})
		}
	}
	if got, want := sum.Sum32(), uint32(0xd267f31e); got != want {
		t.Errorf("checksum of 20 images %#x, want %#x", got, want)
	}
}

// TestSyntheticIsLearnable: whatever its phase and colour, the wave along its
// class's angle is the strongest of a striped image.
func TestSyntheticIsLearnable(t *testing.T) {
	d := mustOpen(t, "synthetic:200", DataOptions{Split: Train, Seed: 3})
	right, all := 0, 0
	for i := range d.Len() {
		x, label := read(t, d, i)
		if label >= len(angles) {
			continue // checks vary along two angles
		}
		all++
		if strongestAngle(x) == label {
			right++
		}
	}
	if all != 100 || right < 85 {
		t.Errorf("%d of %d striped images show their angle, want 85", right, all)
	}
}

// strongestAngle is the class angle along which green varies most, summed over
// the wavelengths that images have.
func strongestAngle(x []float32) int {
	green := x[1024:2048]
	best, at := 0.0, 0
	for a, dir := range angles {
		e := 0.0
		for period := 6.0; period <= 11; period++ {
			var re, im float64
			for i, v := range green {
				turn := 2 * math.Pi * (float64(i%32)*float64(dir[0]) + float64(i/32)*float64(dir[1])) / 256 / period
				re += float64(v) * math.Cos(turn)
				im += float64(v) * math.Sin(turn)
			}
			e = max(e, re*re+im*im)
		}
		if e > best {
			best, at = e, a
		}
	}
	return at
}
