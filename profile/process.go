package profile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Process is what one of several processes measured: the evidence that a comparison
// rests on. Times are milliseconds per pass.
type Process struct {
	Started   time.Time    `json:"started,omitzero"` // UTC, to the millisecond; zero if unknown
	Runs      int          `json:"runs"`             // measured passes
	TypicalMS float64      `json:"typical_ms"`       // the mean where typical times aren't known
	LowMS     float64      `json:"low_ms,omitempty"` // the 2 % quantile of passes, 0 without samples
	SamplesMS []float64    `json:"samples_ms,omitempty"`
	Layers    []ProcessRow `json:"layers"` // as the profile's
}

// ProcessRow is a row of one process. Its fields are those of LayerRow and Process.
type ProcessRow struct {
	Path      string  `json:"path"`
	Call      int     `json:"call,omitempty"`
	Pass      string  `json:"pass"`
	TypicalMS float64 `json:"typical_ms"`
	LowMS     float64 `json:"low_ms,omitempty"`
}

// processes returns what each process of p measured: one, if p doesn't say.
func (p *Profile) processes() []Process {
	if len(p.Processes) > 0 {
		return p.Processes
	}
	return []Process{p.process()}
}

// process describes p as the only process that it has.
func (p *Profile) process() Process {
	t := &p.Total
	one := Process{
		Started: p.Started, Runs: p.Runs, TypicalMS: t.TimeMS(), LowMS: low(t.SamplesMS), SamplesMS: t.SamplesMS,
	}
	for i := range p.Layers {
		r := &p.Layers[i]
		one.Layers = append(one.Layers, ProcessRow{r.Path, r.Call, r.Pass, p.LayerMS(i), low(r.SamplesMS)})
	}
	return one
}

// PoolProcesses makes one profile of those that several processes recorded of the same
// thing, in the order in which they ran: its passes are all theirs, and Processes
// tells them apart. What isn't measured in passes is the first one's. Profiles keep
// their rows; one alone is a pool too. It is an error if they differ in what ran.
func PoolProcesses(of []*Profile) (*Profile, error) {
	if len(of) == 0 {
		return nil, errors.New("there is no process to pool")
	}
	for i, p := range of {
		if err := sameProgram(of[0], p); err != nil {
			return nil, fmt.Errorf("process %d of %d: %w", i+1, len(of), err)
		}
	}
	pool := *of[0]
	pool.Recorded = of[len(of)-1].Recorded
	pool.Runs = 0
	pool.Processes = nil
	for _, p := range of {
		pool.Runs += p.Runs
		pool.Processes = append(pool.Processes, p.process())
		pool.Memory.PeakRSSBytes = max(pool.Memory.PeakRSSBytes, p.Memory.PeakRSSBytes)
	}
	pool.Machine = poolMachines(of)
	pool.poolTimes(of)
	return &pool, nil
}

// sameProgram returns an error unless b ran the same kernels as a.
func sameProgram(a, b *Profile) error {
	if x, y := about([]*Profile{a}), about([]*Profile{b}); !x.same(y) {
		return fmt.Errorf("it measured something else: %s, not %s", y, x)
	}
	if len(a.Layers) != len(b.Layers) {
		return fmt.Errorf("it ran %d kernels, not %d", len(b.Layers), len(a.Layers))
	}
	for i := range a.Layers {
		x, y := &a.Layers[i], &b.Layers[i]
		if x.Path != y.Path || x.Call != y.Call || x.Pass != y.Pass || x.Kernel != y.Kernel {
			return fmt.Errorf("it ran %s of %s, not %s of %s", y.Kernel, y.Path, x.Kernel, x.Path)
		}
	}
	return nil
}

// poolTimes sets the times to those of the passes of all processes.
func (p *Profile) poolTimes(of []*Profile) {
	all := func(samples func(*Profile) []float64) (list []time.Duration) {
		for _, one := range of {
			for _, ms := range samples(one) {
				list = append(list, nanoseconds(ms))
			}
		}
		return list
	}
	wall := all(func(o *Profile) []float64 { return o.Total.SamplesMS })
	typical := typicalPasses(wall, nil)
	p.Total = poolTotal(of, wall, typical)
	p.Layers = slices.Clone(p.Layers)
	for i := range p.Layers {
		row := all(func(o *Profile) []float64 { return o.Layers[i].SamplesMS })
		p.Layers[i].pool(of, i, row, wall, typical)
	}
	p.derive()
	if c := p.Ceilings; c != nil {
		p.SetCeilings(Ceilings{c.GFLOPS, c.GBPS})
	}
}

// poolTotal returns the times of whole passes, walls, of several processes.
func poolTotal(of []*Profile, walls []time.Duration, typical []int) Total {
	f := poolFigures(of, walls, walls, typical, func(o *Profile) (mean, time float64) {
		return o.Total.MeanMS, o.Total.TimeMS()
	})
	return Total{
		MeanMS: f.mean, TypicalMS: f.typical, TypicalError: f.spread,
		P50MS: f.p50, P95MS: f.p95, MinMS: f.min, CV: f.cv,
		SamplesMS: thin(walls),
	}
}

// pool sets the times of row i to those of several processes.
func (r *LayerRow) pool(of []*Profile, i int, times, walls []time.Duration, typical []int) {
	f := poolFigures(of, times, walls, typical, func(o *Profile) (mean, time float64) {
		return o.Layers[i].MeanMS, o.LayerMS(i)
	})
	r.MeanMS, r.TypicalMS, r.TypicalError = f.mean, f.typical, f.spread
	r.P50MS, r.P95MS, r.MinMS, r.CV = f.p50, f.p95, f.min, f.cv
	r.SamplesMS = thin(times)
	r.CPUMS = 0
	for _, o := range of {
		r.CPUMS += o.Layers[i].CPUMS / float64(len(of))
	}
}

// poolFigures returns the statistics of a row, or of whole passes: of the mean over all
// passes, also those without a sample; of the interval between processes, if there are
// several.
func poolFigures(
	of []*Profile, times, walls []time.Duration, typical []int, each func(*Profile) (mean, time float64),
) figures {
	s := NewSeries(times)
	f := figures{
		typical: meanAt(times, typical) / 1e6, spread: Number(typicalError(times, walls, typical)),
		p50: milliseconds(s.P50), p95: milliseconds(s.P95), min: milliseconds(s.Min), cv: Number(s.CV),
	}
	runs := 0
	var perProcess []float64
	for _, o := range of {
		mean, time := each(o)
		f.mean += mean * float64(o.Runs)
		runs += o.Runs
		perProcess = append(perProcess, time)
	}
	f.mean /= float64(max(runs, 1))
	if len(of) > 1 {
		f.spread = Number(meanError(perProcess))
	}
	return f
}

// meanError returns half the 95 % confidence interval of the mean of independent
// values, two at least, as a share of it.
func meanError(values []float64) float64 {
	mean, deviation := stat.MeanStdDev(values, nil)
	if mean <= 0 {
		return 0
	}
	n := len(values)
	return studentHalf(n-1) * deviation / math.Sqrt(float64(n)) / mean
}

// poolMachines returns the mean of what machines say, nil if one says nothing.
func poolMachines(of []*Profile) *Machine {
	pool := Machine{}
	n := float64(len(of))
	for _, p := range of {
		if p.Machine == nil {
			return nil
		}
		pool.CPUMS += p.Machine.CPUMS / n
		pool.Preempted += p.Machine.Preempted / n
		pool.OthersCores += p.Machine.OthersCores / n
		pool.Processors = max(pool.Processors, p.Machine.Processors)
	}
	return &pool
}
