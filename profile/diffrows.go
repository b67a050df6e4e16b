package profile

// diffSum holds the rows of one key on one side. Rows of the same recording are
// summed: the gradient of a layer has several, one per kernel.
type diffSum struct {
	recordings []diffRecording // in the order of the profiles
	kernel     string          // names of the kernels in the first recording, joined by ", "
}

// diffRecording holds the times of a key in one recording, in milliseconds.
type diffRecording struct {
	ms      float64   // mean pass
	samples []float64 // pass by pass
}

// gathered holds one side of a diff.
type gathered struct {
	keys  []rowKey // in execution order
	rows  map[rowKey]*diffSum
	total *diffSum
}

// gather sums up the rows of a side's recordings. The profiles keep their
// slices of samples: rows get new ones to sum into, the total is only read.
func gather(of []*Profile) gathered {
	g := gathered{rows: map[rowKey]*diffSum{}, total: &diffSum{}}
	for i, p := range of {
		whole := diffRecording{p.Total.MeanMS, p.Total.SamplesMS}
		g.total.recordings = append(g.total.recordings, whole)
		for k := range p.Layers {
			g.add(i, &p.Layers[k])
		}
	}
	return g
}

// add adds a row of recording i.
func (g *gathered) add(i int, r *LayerRow) {
	key := rowKey{r.Path, r.Pass, r.Call}
	s := g.rows[key]
	if s == nil {
		s = &diffSum{kernel: r.Kernel}
		g.keys = append(g.keys, key)
		g.rows[key] = s
	} else if i == 0 && s.kernel != r.Kernel {
		s.kernel += ", " + r.Kernel
	}
	// Earlier recordings without the row, if any, count as zero.
	for len(s.recordings) <= i {
		s.recordings = append(s.recordings, diffRecording{samples: make([]float64, len(r.SamplesMS))})
	}
	now := &s.recordings[i]
	now.ms += r.MeanMS
	for k, ms := range r.SamplesMS[:min(len(r.SamplesMS), len(now.samples))] {
		now.samples[k] += ms
	}
}

// mean returns the mean over recordings, each with the same weight whatever its
// number of passes.
func (s *diffSum) mean() float64 {
	sum := 0.0
	for _, r := range s.recordings {
		sum += r.ms
	}
	return sum / float64(len(s.recordings))
}

// pValue tests whether s and o differ: by ranks of stretches if a side has a
// single recording, else by the medians of the recordings. It is nil if there
// are too few values for the test.
func (s *diffSum) pValue(o *diffSum) *float64 {
	var p float64
	var ok bool
	if len(s.recordings) == 1 || len(o.recordings) == 1 {
		p, ok = RankTest(blocks(s.recordings[0].samples), blocks(o.recordings[0].samples))
	} else {
		p, ok = WelchTest(s.medians(), o.medians())
	}
	if !ok {
		return nil
	}
	return &p
}

// medians returns the median of each recording, or its mean if it has no
// samples.
func (s *diffSum) medians() []float64 {
	m := make([]float64, len(s.recordings))
	for i, r := range s.recordings {
		if m[i] = r.ms; len(r.samples) > 0 {
			m[i] = median(r.samples)
		}
	}
	return m
}

// against returns the row of a key that both sides have; o is side B.
func (s *diffSum) against(o *diffSum, key rowKey) DiffRow {
	a, b := s.mean(), o.mean()
	delta := b - a
	return DiffRow{
		Path: key.path, Call: key.call, Pass: key.pass, AMS: &a, BMS: &b, DeltaMS: &delta,
		PValue: s.pValue(o), AKernel: s.kernel, BKernel: o.kernel,
	}
}

// alone returns the row of a key that only one side has: A if left, else B.
func (s *diffSum) alone(key rowKey, left bool) DiffRow {
	r, ms := DiffRow{Path: key.path, Call: key.call, Pass: key.pass}, s.mean()
	if left {
		r.AMS, r.AKernel = &ms, s.kernel
	} else {
		r.BMS, r.BKernel = &ms, s.kernel
	}
	return r
}
