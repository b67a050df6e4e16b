package cpu

import (
	"math"

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

// momentsOf are those of a lane of n pixels, if all of its values are finite.
func momentsOf(s *asm.FigureSums, lane int, n float64) (m moments, finite bool) {
	sum := s.Sum[lane]
	mean := sum / n
	m = moments{
		n: n, mean: s.Shift[lane] + mean, squares: max(0, s.Squares[lane]-sum*mean),
		min: float64(s.Min[lane]), max: float64(s.Max[lane]),
	}
	return m, sum-sum == 0
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
