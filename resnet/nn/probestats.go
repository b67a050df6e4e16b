package nn

import (
	"fmt"
	"math"
	"slices"

	"resnet-tui/tensor"
)

// ofStats reports whether a quantity is statistics.
func (w What) ofStats() bool { return w >= Stats && w <= ParamChannelStats }

// ofValues reports whether a quantity is of a parameter's values, which need no gradient.
func (w What) ofValues() bool { return w == ParamStats || w == ParamChannelStats }

// byChannel reports whether statistics are by channel, too.
func (w What) byChannel() bool { return w == ChannelStats || w == ParamChannelStats }

// probeStats takes the statistics that probes want of a layer's result, and of the
// parameters that it is the first to use.
func (f *lowering) probeStats(l *Layer) {
	if !f.probes.stats {
		return
	}
	of := tensor.Op{Path: l.Path, Call: l.Call, In: []tensor.BufferID{f.results[l.Index]}, Axis: 1}
	for _, what := range []What{Stats, ChannelStats} {
		f.stats(spot{what, atLayer, l.Index}, of, l.Out)
	}
	for _, id := range l.Params {
		param := f.model.Params[id]
		of := tensor.Op{Path: param.Name, Params: []tensor.ParamID{id}}
		for _, what := range []What{ParamStats, ParamChannelStats} {
			f.stats(spot{what, atParameter, int(id)}, of, param.Shape)
		}
	}
}

// gradientStats takes the statistics that probes want of a gradient.
func (f *lowering) gradientStats(at place, index int, path string, grad tensor.BufferID) {
	if !f.probes.stats {
		return
	}
	of := tensor.Op{Pass: tensor.Backward, Path: path, In: []tensor.BufferID{grad}}
	if at == atInput {
		of.Axis = 1
	}
	for _, what := range []What{Stats, ChannelStats} {
		f.stats(spot{what, at, index}, of, f.Plan.Buffers[grad].Shape)
	}
}

// stats appends a histogram of a tensor of a shape, if a probe wants it and it isn't there.
func (f *lowering) stats(at spot, op tensor.Op, of tensor.Shape) {
	if _, have := f.probes.buffers[at]; have || !f.probes.wanted[at] {
		return
	}
	op.Kind, op.Scalar = tensor.Histogram, tensor.NoScalar
	shapes := []tensor.Shape{{2, tensor.HistogramCounts}, {tensor.HistogramFigures}}
	if at.what.byChannel() {
		shapes = append(shapes, tensor.Shape{tensor.HistogramRows, of[op.Axis]})
	}
	for _, s := range shapes {
		op.Out = append(op.Out, f.buffer(op.Path+"."+at.what.String(), s, tensor.Kept))
	}
	f.probes.found(at.what, at.at, at.index, op.Out[0])
	f.add(op, -1)
}

// Statistics are those that a probe took at one place, see Layer.At, in the last pass.
func (s *Session) Statistics(p Probe) (*Statistics, error) {
	site, ok := s.lowered.Site(p)
	if !ok {
		return nil, fmt.Errorf("no probe takes that: %v", p)
	}
	v, err := s.measureAt(site)
	return v.Statistics, err
}

// statistics reads the histogram at a place.
func (s *Session) statistics(site Site) (*Statistics, error) {
	read := func(i int) ([]float32, error) {
		t, err := s.read(site.Buffer+tensor.BufferID(i), site.Probe.String())
		if err != nil {
			return nil, err
		}
		return t.Data, nil
	}
	counts, err := read(0)
	if err != nil {
		return nil, err
	}
	figures, err := read(1)
	if err != nil {
		return nil, err
	}
	v := decodeStatistics(counts, figures)
	if site.What.byChannel() {
		rows, err := read(2)
		if err != nil {
			return nil, err
		}
		v.PerChannel = decodeChannels(rows)
	}
	return v, nil
}

// decodeStatistics makes statistics of a Histogram's counts and figures.
func decodeStatistics(counts, figures []float32) *Statistics {
	count := func(i int) int64 { return tensor.JoinCount(counts[i], counts[tensor.HistogramCounts+i]) }
	s := &Statistics{NaN: count(tensor.CountNaN), Inf: count(tensor.CountInf), Zeros: count(tensor.CountZeros)}
	s.Histogram.Zero = s.Zeros
	s.Elements = s.Zeros + s.NaN + s.Inf
	for i := range exponents {
		s.Histogram.Negative[i], s.Histogram.Positive[i] = count(i), count(exponents+i)
		s.Elements += s.Histogram.Negative[i] + s.Histogram.Positive[i]
	}
	f := func(i int) float64 { return float64(figures[i]) }
	s.Mean, s.Std = f(tensor.FigureMean), f(tensor.FigureStd)
	s.Min, s.Max = f(tensor.FigureMin), f(tensor.FigureMax)
	s.L2 = f(tensor.FigureRMS) * math.Sqrt(float64(s.Finite()))
	return s
}

// decodeChannels makes statistics of a Histogram's channels.
func decodeChannels(rows []float32) []ChannelStatistics {
	n := len(rows) / tensor.HistogramRows
	row := slices.Collect(slices.Chunk(rows, n))
	all := make([]ChannelStatistics, n)
	for c := range all {
		all[c] = ChannelStatistics{
			Finite: tensor.JoinCount(row[tensor.ChannelFinite][c], row[tensor.ChannelFiniteHigh][c]),
			Zeros:  tensor.JoinCount(row[tensor.ChannelZeros][c], row[tensor.ChannelZerosHigh][c]),
			Mean:   float64(row[tensor.ChannelMean][c]), Std: float64(row[tensor.ChannelStd][c]),
			Max: float64(row[tensor.ChannelMax][c]),
		}
	}
	return all
}
