package cpu

import (
	"math"
	"unsafe"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
)

// moments are sums over finite values that can be joined without loss: Chan, Golub and
// LeVeque 1979.
type moments struct {
	n, mean, squares float64 // Σ(x − mean)²
	min, max         float64
	zeros            int64 // that take took
}

// nearPixels are those to whose mean sums are relative.
const nearPixels = 8

// begin makes sums relative to the mean of the first of n pixels.
func begin(k *asm.Kernels, s *asm.FigureSums, src unsafe.Pointer, n int) {
	var near [asm.Block]float32
	n = min(nearPixels, n)
	k.AddPixels(&near, src, n)
	for o := range near {
		near[o] /= float32(n)
	}
	s.Begin((*[asm.Block]float32)(src), &near)
}

// momentsOf are those of a lane of n pixels, unless sums don't show them.
func momentsOf(s *asm.FigureSums, lane int, n float64) (m moments, ok bool) {
	m = moments{n: n, min: float64(s.Min[lane]), max: float64(s.Max[lane]), zeros: int64(s.Zeros[lane])}
	m.mean, m.squares, ok = s.Moments(lane, n)
	return m, ok
}

// take adds a value, if it is finite (Welford 1962).
func (m *moments) take(x float32) {
	v := float64(x)
	if v-v != 0 {
		return
	}
	if m.n == 0 {
		m.min, m.max = v, v
	}
	if v == 0 {
		m.zeros++
	}
	m.n++
	d := v - m.mean
	m.mean += d / m.n
	m.squares += d * (v - m.mean)
	m.min, m.max = min(m.min, v), max(m.max, v)
}

func (m *moments) takeAll(x []float32) {
	for _, v := range x {
		m.take(v)
	}
}

// merge adds the values of another.
func (m *moments) merge(o *moments) {
	if o.n == 0 {
		return
	}
	if m.n == 0 {
		*m = *o
		return
	}
	m.zeros += o.zeros
	n, d := m.n+o.n, o.mean-m.mean
	m.squares += o.squares + d*d*(m.n*(o.n/n))
	m.mean += d * (o.n / n)
	m.n = n
	m.min, m.max = min(m.min, o.min), max(m.max, o.max)
}

// figures are a Histogram's.
func (m *moments) figures() (f [tensor.HistogramFigures]float64) {
	if m.n == 0 {
		return f
	}
	f[tensor.FigureMean], f[tensor.FigureStd] = m.mean, math.Sqrt(m.squares/m.n)
	f[tensor.FigureMin], f[tensor.FigureMax] = m.min, m.max
	f[tensor.FigureRMS] = math.Sqrt(m.squares/m.n + m.mean*m.mean)
	return f
}

// byLane are the moments of each lane.
type byLane [asm.Block]moments

// take adds values, the first of which is in lane 0.
func (m *byLane) take(x []float32) {
	for i, v := range x {
		m[i%asm.Block].take(v)
	}
}

// all are those of all lanes together. If these have equally many values, it takes no
// division for each.
func (m *byLane) all(equal bool) (all moments) {
	if !equal {
		for o := range m {
			all.merge(&m[o])
		}
		return all
	}
	all.min, all.max = m[0].min, m[0].max
	for o := range m {
		all.n += m[o].n
		all.mean += m[o].mean / asm.Block
		all.zeros += m[o].zeros
		all.min, all.max = min(all.min, m[o].min), max(all.max, m[o].max)
	}
	for o := range m {
		d := m[o].mean - all.mean
		all.squares += m[o].squares + m[o].n*d*d
	}
	return all
}
