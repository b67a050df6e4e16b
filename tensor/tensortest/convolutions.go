package tensortest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet-tui/tensor"
)

var three = tensor.Square(3, 1, 1)

// netConvolutions are the family's own layers, scaled down, and some whose sums
// are so long that a device may cut them.
var netConvolutions = []Convolution{
	{1, 3, 64, 64, 64, 1, tensor.Square(7, 2, 3)},
	{2, 3, 32, 32, 16, 1, three},
	{1, 1, 28, 28, 16, 1, three},
	{1, 64, 56, 56, 32, 1, tensor.Square(1, 1, 0)},
	{1, 64, 29, 27, 64, 1, three},
	{1, 80, 14, 14, 48, 1, three},
	{3, 48, 7, 7, 96, 1, three},
	{2, 32, 7, 7, 64, 1, three},
	{1, 704, 4, 4, 33, 1, three},
	{1, 64, 8, 8, 96, 1, tensor.Square(1, 2, 0)},
	{1, 128, 9, 9, 128, 32, three},
	{1, 256, 7, 7, 256, 32, tensor.Square(3, 2, 1)},
	{1, 64, 6, 6, 64, 2, three},
	{2, 32, 1, 1, 32, 1, three},
	{5, 32, 1, 1, 48, 1, tensor.Square(1, 1, 0)},
}

// convolutions compares convolutions, with what follows them, with the oracle.
func (s *suite) convolutions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 150 {
		g, tail := RandomConvolution(r), Tail(r.IntN(Tails))
		if !takes(i) {
			continue
		}
		t.Run(fmt.Sprint("random ", i), func(t *testing.T) {
			o := tensor.Options{Threads: 2, Fuse: i%3 != 0, Exact: i%2 == 0}
			s.check(t, g.Plan(tail), uint64(i), o, convolutionBar)
		})
	}
	for i, g := range netConvolutions {
		t.Run(fmt.Sprint("net ", i), func(t *testing.T) {
			for tail := range TailBias {
				if takes(i + int(tail)) {
					s.check(t, g.Plan(tail), uint64(tail), tensor.Options{Threads: 2, Fuse: true}, convolutionBar)
				}
			}
		})
	}
}

// netGradients are layers of the family, scaled down, to go back through.
var netGradients = []Convolution{
	{2, 3, 64, 64, 64, 1, tensor.Square(7, 2, 3)},
	{2, 3, 32, 32, 16, 1, three},
	{3, 1, 28, 28, 16, 1, three},
	{2, 64, 28, 28, 32, 1, tensor.Square(1, 1, 0)},
	{1, 64, 29, 27, 64, 1, three},
	{2, 32, 14, 14, 48, 1, tensor.Square(3, 2, 1)},
	{2, 64, 8, 8, 96, 1, tensor.Square(1, 2, 0)},
	{1, 304, 4, 4, 33, 1, three},
	{1, 128, 9, 9, 128, 32, three},
	{1, 128, 7, 7, 128, 16, tensor.Square(3, 2, 1)},
	{1, 64, 6, 6, 64, 2, three},
	{2, 32, 1, 1, 32, 1, three},
	{2, 16, 9, 9, 16, 1, tensor.Window{KH: 3, KW: 3, SH: 2, SW: 2, Bottom: 1, Right: 1}},
}

// convolutionGradients compares all gradients of convolutions with the oracle.
func (s *suite) convolutionGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 120 {
		g := RandomConvolution(r)
		if !takes(i) {
			continue
		}
		t.Run(fmt.Sprint("random ", i), func(t *testing.T) {
			o := tensor.Options{Threads: 2, Fuse: i%3 != 0, Exact: i%2 == 0}
			s.check(t, g.Gradients(), uint64(i), o, gradientBar)
		})
	}
	for i, g := range netGradients {
		if takes(i) {
			t.Run(fmt.Sprint("net ", i), func(t *testing.T) {
				s.check(t, g.Gradients(), uint64(i), tensor.Options{Threads: 2}, gradientBar)
			})
		}
	}
}

// edges goes through what blocked layouts get wrong first, one extent at a
// time: channels around multiples of 16, narrow groups, planes of one pixel, of
// one row and of one column, strides over the kernel, padding over the plane,
// and batches.
func (s *suite) edges(t *testing.T) {
	var list []Convolution
	for _, c := range []int{1, 15, 16, 17, 31, 32, 33, 47, 48, 49} {
		list = append(list, Convolution{1, c, 6, 5, 16, 1, three}, Convolution{2, 16, 5, 6, c, 1, three})
		list = append(list, Convolution{1, c, 7, 7, c, 1, tensor.Square(1, 2, 0)})
	}
	for _, width := range []int{1, 2, 3, 4, 5, 8, 16, 17} {
		for _, groups := range []int{2, 3, 8} {
			window := tensor.Square(3, 1+groups%2, 1)
			list = append(list, Convolution{2, width * groups, 5, 7, width * groups, groups, window})
		}
	}
	for _, plane := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}} {
		for _, w := range [][3]int{{1, 1, 0}, {1, 3, 0}, {3, 1, 1}, {5, 2, 2}, {7, 1, 3}} {
			list = append(list, Convolution{2, 20, plane[0], plane[1], 18, 1, tensor.Square(w[0], w[1], w[2])})
		}
	}
	for _, n := range []int{1, 2, 5, 17} {
		list = append(list, Convolution{n, 16, 4, 4, 24, 1, three})
	}
	for i, g := range list {
		if !takes(i) {
			continue
		}
		t.Run(fmt.Sprintf("%d %+v", i, g), func(t *testing.T) {
			o := tensor.Options{Threads: 1 + i%3, Fuse: i%2 == 0, Exact: i%3 == 0}
			s.check(t, g.Plan(Tail(i%Tails)), uint64(i), o, convolutionBar)
			s.check(t, g.Gradients(), uint64(i), o, gradientBar)
		})
	}
}

// otherPrecisions: every precision that the options don't name is refused.
func (s *suite) otherPrecisions(t *testing.T) {
	plan := netConvolutions[4].Plan(TailReLU)
	if s.refused(t, plan, len(coarse)) {
		return
	}
	state := s.newState(t, plan.Params, Values{1})
	for p := range coarse {
		s.cases++
		if slices.Contains(s.precisions, p) {
			continue
		}
		if prog, err := s.dev.Compile(plan, state, tensor.Options{Precision: p}); err == nil {
			prog.Close()
			t.Errorf("%v was accepted, and the options don't name it", p)
		}
	}
}
