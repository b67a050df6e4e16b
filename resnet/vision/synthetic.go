package vision

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// synthetic is a data set that needs no files: 32×32 colour images of stripes and checks at
// five angles, which make ten classes, with random colours, phases, widths and contrast,
// and with noise. Neither a single pixel nor the mean colour reveals the class, but a small
// convolutional net learns it. Image i depends on the seed and i alone, and is computed in
// integers, so that it is the same on every machine.
type synthetic struct {
	n, first int // number of images, and the index of the first in the random stream
	seed     uint64
	norm     Norm
	tables   []table // of norm
}

const (
	syntheticSide    = 32          // pixels
	syntheticDefault = 4000        // images for training
	syntheticMax     = 100_000_000 // images for training; test images are numbered from here
)

// angles are unit vectors 36° apart, in units of 1/256.
var angles = [5][2]int{{256, 0}, {207, 150}, {79, 243}, {-79, 243}, {-207, 150}}

// syntheticNames returns the names of the classes.
func syntheticNames() []string {
	names := make([]string, 0, 2*len(angles))
	for _, what := range []string{"stripes", "checks"} {
		for a := range angles {
			names = append(names, fmt.Sprintf("%s %d°", what, 36*a))
		}
	}
	return names
}

// openSynthetic returns a generated set; arg is the number of training images, or "".
func openSynthetic(arg string, o DataOptions) (Dataset, error) {
	n := syntheticDefault
	if arg != "" {
		var err error
		if n, err = strconv.Atoi(arg); err != nil || n < 4 || n > syntheticMax {
			return nil, fmt.Errorf("data set synthetic:%s: the number of images must be 4 to %d", arg, syntheticMax)
		}
	}
	norm := o.Norm.or(Norm{Mean: []float32{0.5}, Std: []float32{0.25}})
	if err := norm.Check(3); err != nil {
		return nil, err
	}
	s := &synthetic{n: n, seed: o.Seed, norm: norm, tables: norm.tables(3)}
	if o.Split == Test {
		s.first, s.n = syntheticMax, n/4
	}
	if o.Limit > 0 {
		s.n = min(s.n, o.Limit)
	}
	return s, nil
}

func (s *synthetic) Len() int             { return s.n }
func (s *synthetic) Shape() (c, h, w int) { return 3, syntheticSide, syntheticSide }
func (s *synthetic) Classes() []string    { return syntheticNames() }
func (s *synthetic) normalisation() Norm  { return s.norm }

func (s *synthetic) Read(i int, dst []float32) (int, error) {
	var pix [3 * syntheticSide * syntheticSide]uint8
	label := i % (2 * len(angles))
	drawSynthetic(&pix, label, rand.New(rand.NewPCG(s.seed, uint64(s.first+i))))
	normalise(dst, pix[:], s.tables)
	return label, nil
}

// drawSynthetic draws an image of a class: a wave with values of ±256 and a period of 6 to
// 11 pixels, or the product of two. Phases are in units of 1/65,536 period.
func drawSynthetic(pix *[3 * syntheticSide * syntheticSide]uint8, label int, r *rand.Rand) {
	dir, checks := angles[label%len(angles)], label >= len(angles)
	pitch := 65536 / (6*256 + r.IntN(5*256)) // phase per 1/256 pixel
	phase, across := r.IntN(65536), r.IntN(65536)
	var base, gain [3]int
	for c := range base {
		base[c] = 80 + r.IntN(96)
		gain[c] = (24 + r.IntN(40)) * (1 - 2*r.IntN(2))
	}
	noise := noiseOf(r)
	for y := range syntheticSide {
		for x := range syntheticSide {
			v := triangleWave((x*dir[0]+y*dir[1])*pitch + phase)
			if checks {
				v = v * triangleWave((y*dir[0]-x*dir[1])*pitch+across) / 256
			}
			for c := range base {
				at := (c*syntheticSide+y)*syntheticSide + x
				pix[at] = clamp(base[c] + v*gain[c]/256 + noise())
			}
		}
	}
}

// triangleWave has values of ±256 and a period of 65,536.
func triangleWave(turn int) int {
	v := (turn & 65535) - 32768
	return max(v, -v)/64 - 256
}

// noiseOf returns a function that returns a number of ±24 with each call, eight from each
// random word.
func noiseOf(r *rand.Rand) func() int {
	var word uint64
	left := 0
	return func() int {
		if left == 0 {
			word, left = r.Uint64(), 8
		}
		b := int(word & 255)
		word >>= 8
		left--
		return b*49/256 - 24
	}
}
