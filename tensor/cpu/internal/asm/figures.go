package asm

import (
	"math"
	"unsafe"
)

// FigureSums are sums over pixels, by lane, of differences d = x·Scale + Offset, with the
// least and the greatest value and the number of zeros. The scale is a power of two near
// which neither d nor its square leaves the range of a float32.
type FigureSums struct {
	Offset       [Block]float32
	Sum, Squares [Block]float64 // Σd and Σd²
	Min, Max     [Block]float32
	Zeros        [Block]uint32
	Scale        float32
}

// figurePixels are summed up in float32, before their sums are added up in float64.
const figurePixels = 16

// Begin makes sums relative to a value of each lane, its first value the extremes.
func (s *FigureSums) Begin(first, near *[Block]float32) {
	*s = FigureSums{Min: *first, Max: *first}
	var greatest uint32
	for _, x := range near {
		if x-x == 0 {
			greatest = max(greatest, math.Float32bits(x)<<1>>24)
		}
	}
	if greatest == 0 {
		greatest = 127
	}
	s.Scale = math.Float32frombits((254 - min(greatest, 253)) << 23)
	for o, x := range near {
		if x-x == 0 {
			s.Offset[o] = -x * s.Scale
		}
	}
}

// Moments are the mean and the sum of squared deviations of a lane's n values. They are
// not ok if a value is not finite, or deviations are so large or small that float32 was too
// narrow for their squares.
func (s *FigureSums) Moments(lane int, n float64) (mean, squares float64, ok bool) {
	least, most := float64(s.Min[lane]), float64(s.Max[lane])
	sum, scale, offset := s.Sum[lane], float64(s.Scale), float64(s.Offset[lane])
	if finite := s.Squares[lane] - sum; finite-finite != 0 {
		return 0, 0, false
	}
	if least == most {
		return least, 0, true
	}
	const narrow = 0x1p-50
	if max(most*scale+offset, -least*scale-offset) < narrow {
		return 0, 0, false
	}
	mean = (sum/n - offset) / scale
	return mean, max(0, s.Squares[lane]-sum*sum/n) / (scale * scale), true
}

func genericFigures(s *FigureSums, src unsafe.Pointer, n int) {
	for first := 0; first < n; first += figurePixels {
		var sum, squares [Block]float32
		for p := first; p < min(first+figurePixels, n); p++ {
			for o, x := range pixel(src, p*pixelBytes) {
				d := float32(x*s.Scale) + s.Offset[o]
				sum[o] += d
				squares[o] = float32(float64(d)*float64(d) + float64(squares[o])) // as if fused
				if !(s.Min[o] < x) {
					s.Min[o] = x
				}
				if !(s.Max[o] > x) {
					s.Max[o] = x
				}
				if x == 0 {
					s.Zeros[o]++
				}
			}
		}
		for o := range sum {
			s.Sum[o] += float64(sum[o])
			s.Squares[o] += float64(squares[o])
		}
	}
}
