package profile

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
)

// diffSum holds the rows of one key on one side. Rows of the same recording are
// summed: the gradient of a layer has several, one per kernel.
type diffSum struct {
	recordings []float64 // time of a pass in each recording, in milliseconds
	typical    []float64 // the same in each process
	low        []float64 // the low quantile of each process, 0 if it has none
	samples    []float64 // pass by pass, of the first recording
	kernel     string    // names of the kernels in the first recording, joined by ", "
}

// gathered holds one side of a diff.
type gathered struct {
	keys    []rowKey // in execution order
	rows    map[rowKey]*diffSum
	total   *diffSum
	started []time.Time // of each process
}

// gather sums up the rows of a side's recordings. The profiles keep their
// slices of samples: rows get new ones to sum into, the total is only read.
func gather(of []*Profile) gathered {
	g := gathered{rows: map[rowKey]*diffSum{}, total: &diffSum{samples: of[0].Total.SamplesMS}}
	for i, p := range of {
		g.total.recordings = append(g.total.recordings, p.Total.TimeMS())
		for k := range p.Layers {
			g.add(i, p, k)
		}
		for _, one := range p.processes() {
			g.addProcess(&one)
		}
	}
	return g
}

// add adds row k of recording i.
func (g *gathered) add(i int, p *Profile, k int) {
	r := &p.Layers[k]
	key := rowKey{r.Path, r.Pass, r.Call}
	s := g.rows[key]
	if s == nil {
		s = &diffSum{kernel: r.Kernel, samples: make([]float64, len(r.SamplesMS))}
		g.keys = append(g.keys, key)
		g.rows[key] = s
	} else if i == 0 && s.kernel != r.Kernel {
		s.kernel += ", " + r.Kernel
	}
	for len(s.recordings) <= i { // earlier recordings without the row, if any, count as zero
		s.recordings = append(s.recordings, 0)
	}
	s.recordings[i] += p.LayerMS(k)
	if i > 0 {
		return
	}
	for pass, ms := range r.SamplesMS[:min(len(r.SamplesMS), len(s.samples))] {
		s.samples[pass] += ms
	}
}

// addProcess adds what a process of the newest recording measured.
func (g *gathered) addProcess(p *Process) {
	at := len(g.started)
	g.started = append(g.started, p.Started)
	g.total.addProcess(at, p.TypicalMS, p.LowMS)
	for i := range p.Layers {
		r := &p.Layers[i]
		if s := g.rows[rowKey{r.Path, r.Pass, r.Call}]; s != nil {
			s.addProcess(at, r.TypicalMS, r.LowMS)
		}
	}
}

// addProcess adds to the times of a process. The quantile over kernels of one key is
// taken for the sum of theirs.
func (s *diffSum) addProcess(at int, typical, low float64) {
	for len(s.low) <= at {
		s.typical, s.low = append(s.typical, 0), append(s.low, 0)
	}
	s.typical[at] += typical
	s.low[at] += low
}

// logs returns the logarithms of the processes' low quantiles, nil if one of n has
// none.
func (s *diffSum) logs(n int) []float64 { return logs(s.low, n) }

// logs returns the logarithms of n values, nil if there are not so many above 0.
func logs(values []float64, n int) []float64 {
	if len(values) != n {
		return nil
	}
	logs := make([]float64, n)
	for i, ms := range values {
		if ms <= 0 {
			return nil
		}
		logs[i] = math.Log(ms)
	}
	return logs
}

// time returns the mean over some processes or, if use is nil, over recordings: each
// with the same weight whatever its number of passes.
func (s *diffSum) time(use []int) float64 {
	if use == nil {
		return stat.Mean(s.recordings, nil)
	}
	sum := 0.0
	for _, i := range use {
		if i < len(s.typical) {
			sum += s.typical[i]
		}
	}
	return sum / float64(len(use))
}

// fastest returns the faster half of some processes, by what s, the total, took; nil if
// use is.
func (s *diffSum) fastest(use []int) []int {
	use = slices.Clone(use)
	slices.SortStableFunc(use, func(i, j int) int { return cmp.Compare(s.typical[i], s.typical[j]) })
	return use[:(len(use)+1)/2]
}

// alone returns the row of a key that only one side has: A if left, else B.
func (s *diffSum) alone(key rowKey, left bool) DiffRow {
	r, ms := DiffRow{Path: key.path, Call: key.call, Pass: key.pass}, s.time(nil)
	if left {
		r.AMS, r.AKernel = &ms, s.kernel
	} else {
		r.BMS, r.BKernel = &ms, s.kernel
	}
	return r
}
