package profile

// diffSum is the rows of one key: the gradient of a layer has one a kernel.
type diffSum struct {
	recordings []diffRecording
	kernel     string
}

// diffRecording is what a row took in one recording.
type diffRecording struct {
	ms      float64 // the mean
	samples []float64
}

// gathered is one side of a diff.
type gathered struct {
	keys  []rowKey // in execution order
	rows  map[rowKey]*diffSum
	total *diffSum
}

func gather(of []*Profile) gathered {
	g := gathered{rows: map[rowKey]*diffSum{}, total: &diffSum{}}
	for i, p := range of {
		g.total.recordings = append(g.total.recordings, diffRecording{p.Total.MeanMS, p.Total.SamplesMS})
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
		g.keys, g.rows[key] = append(g.keys, key), s
	} else if i == 0 && s.kernel != r.Kernel {
		s.kernel += ", " + r.Kernel
	}
	for len(s.recordings) <= i {
		s.recordings = append(s.recordings, diffRecording{samples: make([]float64, len(r.SamplesMS))})
	}
	now := &s.recordings[i]
	now.ms += r.MeanMS
	for k, ms := range r.SamplesMS[:min(len(r.SamplesMS), len(now.samples))] {
		now.samples[k] += ms
	}
}

// mean is the mean over all recordings, each with the same weight.
func (s *diffSum) mean() float64 {
	sum := 0.0
	for _, r := range s.recordings {
		sum += r.ms
	}
	return sum / float64(len(s.recordings))
}

// pValue is how probable so great a difference is without a cause: by ranks of
// stretches within one recording, or by the medians of several. Nil where
// nothing can be told.
func (s *diffSum) pValue(o *diffSum) *float64 {
	test, a, b := WelchTest, s.medians(), o.medians()
	if len(s.recordings) == 1 || len(o.recordings) == 1 {
		test, a, b = RankTest, blocks(s.recordings[0].samples), blocks(o.recordings[0].samples)
	}
	if p, ok := test(a, b); ok {
		return &p
	}
	return nil
}

// medians are one a recording; its mean where it has no samples.
func (s *diffSum) medians() []float64 {
	m := make([]float64, len(s.recordings))
	for i, r := range s.recordings {
		if m[i] = r.ms; len(r.samples) > 0 {
			m[i] = median(r.samples)
		}
	}
	return m
}

func (s *diffSum) against(o *diffSum, key rowKey) DiffRow {
	a, b := s.mean(), o.mean()
	delta := b - a
	return DiffRow{
		Path: key.path, Call: key.call, Pass: key.pass, AMS: &a, BMS: &b, DeltaMS: &delta,
		PValue: s.pValue(o), AKernel: s.kernel, BKernel: o.kernel,
	}
}

func (s *diffSum) alone(key rowKey, left bool) DiffRow {
	r, ms := DiffRow{Path: key.path, Call: key.call, Pass: key.pass}, s.mean()
	if left {
		r.AMS, r.AKernel = &ms, s.kernel
	} else {
		r.BMS, r.BKernel = &ms, s.kernel
	}
	return r
}
