package profile

import (
	"context"
	"fmt"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Runner is a net that can run: an *nn.Session. Kernels are those of its program,
// in execution order, and each pass must report a span for each of them.
type Runner interface {
	Model() *nn.Model
	Lowered() *nn.Lowered
	Options() nn.SessionOptions
	Kernels() []tensor.KernelInfo
	Memory() tensor.MemoryPlan
	Run(ctx context.Context, obs nn.Observer) error
}

// Adaptive is the value of a field of MeasureOptions that adapts the number of
// passes to the net.
const Adaptive = -1

// MeasureOptions choose how many passes to run.
type MeasureOptions struct {
	// Runs is the number of measured passes. Adaptive measures for about two
	// seconds, but at least 5 and at most 200 passes.
	Runs int

	// Warmup is the number of passes before. Adaptive runs until their times settle,
	// at most ten passes or two seconds.
	Warmup int

	// Trace is the number of passes to trace after the measured ones.
	Trace int

	// Progress, if not nil, is called after each measured pass with their number so
	// far, on Measure's goroutine. total is 0 if it isn't known.
	Progress func(done, total int)
}

const (
	adaptiveTime  = 2 * time.Second // of measured passes; also of warm-up
	adaptiveLeast = 5               // measured passes
	adaptiveMost  = MaxSamples      // measured passes
)

// Measure runs passes and returns their profile. The caller fills in Model, Device
// and Input, and sets ceilings by SetCeilings.
//
// Nothing is measured at the cost of something else, so there are several kinds of
// passes, in this order:
//
//	warm-up   not measured
//	measured  observed by a Recorder, which costs little
//	paired    unobserved, between measured ones, for the cost of the Recorder
//	CPU       each thread's CPU clock is read, which is expensive
//	traced    each worker's spans are kept
//
// It returns the errors of the runner, a *SpanError if the device reports other
// spans than its kernels', and ctx's error when it is done.
func Measure(ctx context.Context, s Runner, o MeasureOptions) (*Profile, error) {
	capacity := o.Runs
	if o.Runs == Adaptive {
		capacity = adaptiveMost
	}
	if capacity < 1 {
		return nil, fmt.Errorf("a profile needs at least one run, not %d", o.Runs)
	}
	started := time.Now().UTC().Truncate(time.Millisecond)
	warm, err := warmUp(ctx, s, o.Warmup)
	if err != nil {
		return nil, err
	}
	m := measurement{runner: s, recorder: NewRecorder(s.Lowered(), s.Kernels(), capacity)}
	machine := watchMachine()
	for !m.enough(o, capacity) {
		if err := m.pass(ctx); err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(m.recorder.Passes(), max(o.Runs, 0))
		}
	}
	// Before anything else runs, so that it describes the measured passes only.
	about := machine.since(m.cpu, m.recorder.Passes(), m.recorder.Passes()+m.cost.pairs())
	if o.Runs == Adaptive {
		if err := m.settleCost(ctx, capacity); err != nil {
			return nil, err
		}
	}
	p, err := newProfile(s, m.recorder)
	if err != nil {
		return nil, err
	}
	p.Warmup = warm.passes
	p.WarmupSpread = warm.spread
	p.Recorder = m.cost.summary()
	p.Machine = about
	times, err := measureCPU(ctx, s)
	if err != nil {
		return nil, err
	}
	for k, d := range times {
		p.Layers[k].CPUMS = milliseconds(d)
	}
	p.Trace, err = traced(ctx, s, o.Trace)
	p.Started = started
	p.Recorded = time.Now().UTC().Truncate(time.Second)
	return p, err
}

// measurement is the state of the measured passes.
type measurement struct {
	runner   Runner
	recorder *Recorder
	observed time.Duration // wall time of measured passes
	cpu      time.Duration // CPU time of the process in them
	cost     recorderCost
}

// enough reports whether all measured passes have run.
func (m *measurement) enough(o MeasureOptions, capacity int) bool {
	n := m.recorder.Passes()
	return n >= capacity || o.Runs == Adaptive && n >= adaptiveLeast && m.observed > adaptiveTime
}

// pass runs a measured pass and, while the cost of the recorder needs it, an
// unobserved one next to it.
func (m *measurement) pass(ctx context.Context) error {
	if m.cost.wanted() {
		return m.pair(ctx, m.count)
	}
	_, err := m.count(ctx)
	return err
}

// timedPass runs a pass and returns its wall time.
type timedPass func(ctx context.Context) (time.Duration, error)

// pair runs an observed pass and an unobserved one. They take turns in going
// first, so that drifts cancel out.
func (m *measurement) pair(ctx context.Context, observed timedPass) error {
	first, second := observed, m.unobserved
	swapped := m.cost.pairs()%2 != 0
	if swapped {
		first, second = second, first
	}
	with, err := first(ctx)
	if err != nil {
		return err
	}
	without, err := second(ctx)
	if err != nil {
		return err
	}
	if swapped {
		with, without = without, with
	}
	m.cost.add(with, without)
	return nil
}

// settleCost runs further pairs that only the recorder's cost is estimated from:
// the measured passes of a small net are too few and too short for it. Their
// recorder has the same capacity, as its size matters to caches.
func (m *measurement) settleCost(ctx context.Context, capacity int) error {
	spare := NewRecorder(m.runner.Lowered(), m.runner.Kernels(), capacity)
	observed := func(ctx context.Context) (time.Duration, error) {
		took, err := m.timed(ctx, spare)
		return took.wall, err
	}
	for m.cost.wantsSpare() {
		if err := m.pair(ctx, observed); err != nil {
			return err
		}
	}
	return nil
}

// count runs a measured pass.
func (m *measurement) count(ctx context.Context) (time.Duration, error) {
	took, err := m.timed(ctx, m.recorder)
	m.cpu += took.cpu
	m.observed += took.wall
	if err == nil {
		err = m.recorder.Err()
	}
	return took.wall, err
}

// unobserved runs a pass without an observer.
func (m *measurement) unobserved(ctx context.Context) (time.Duration, error) {
	took, err := m.timed(ctx, nil)
	return took.wall, err
}

// passTime is what one pass took.
type passTime struct {
	wall time.Duration
	cpu  time.Duration // of the whole process
}

// timed runs a pass. It reads the CPU time for every kind of pass, even where it
// isn't used: the system call disturbs caches, and the passes of a pair must
// differ in nothing but the observer.
func (m *measurement) timed(ctx context.Context, obs nn.Observer) (passTime, error) {
	before := processCPU()
	start := time.Now()
	err := m.runner.Run(ctx, obs)
	wall := time.Since(start)
	return passTime{wall: wall, cpu: processCPU() - before}, err
}

// traced runs passes and returns their trace, nil if there are none to run.
func traced(ctx context.Context, s Runner, passes int) (*Trace, error) {
	if passes < 1 {
		return nil, nil
	}
	t := NewTracer(s.Lowered(), s.Kernels())
	for range passes {
		if err := s.Run(ctx, t); err != nil {
			return nil, err
		}
	}
	return t.Trace()
}

// newProfile returns the profile of what r recorded of s.
func newProfile(s Runner, r *Recorder) (*Profile, error) {
	var snap Snapshot
	if r.Snapshot(&snap); snap.Err != nil {
		return nil, snap.Err
	}
	o, kernels := s.Options(), s.Kernels()
	p := &Profile{
		Schema: Schema,
		Input:  Input{Shape: s.Model().Input},
		Mode:   o.Mode.String(),
		Pass:   &o.Pass,
		Fused:  o.Fuse,
		Exact:  o.Exact,
		Runs:   snap.Passes,
		Total:  total(&snap),
		Memory: NewMemory(s.Lowered(), kernels, s.Memory()),
	}
	for i := range kernels {
		p.Layers = append(p.Layers, layerRow(s, &kernels[i], &snap, &snap.Kernels[i]))
	}
	p.derive()
	return p, nil
}

// total returns the statistics of whole passes but for overhead and rates. Means
// are exact here and in rows, not rounded to nanoseconds as in Series, so that
// they add up.
func total(s *Snapshot) Total {
	wall := &s.Wall
	mean, _ := moments(wall.Recent)
	return Total{
		TypicalMS:    meanAt(wall.Recent, s.typical) / 1e6,
		TypicalError: Number(s.ErrorOf(wall)),
		MeanMS:       mean / 1e6,
		P50MS:        milliseconds(wall.P50),
		P95MS:        milliseconds(wall.P95),
		MinMS:        milliseconds(wall.Min),
		CV:           Number(wall.CV),
		SamplesMS:    thin(wall.Recent),
	}
}

// layerRow returns the row of a kernel, but for what derive sets.
func layerRow(s Runner, k *tensor.KernelInfo, snap *Snapshot, times *Series) LayerRow {
	m, l := s.Model(), s.Lowered()
	op := l.Plan.Ops[k.Op]
	mean, _ := moments(times.Recent)
	row := LayerRow{
		Path:          op.Path,
		Call:          op.Call,
		Kind:          op.Kind.String(),
		Pass:          op.Pass.String(),
		OutShape:      resultShape(l.Plan, k.Last()),
		TypicalMS:     meanAt(times.Recent, snap.typical) / 1e6,
		TypicalError:  Number(snap.ErrorOf(times)),
		MeanMS:        mean / 1e6,
		P50MS:         milliseconds(times.P50),
		P95MS:         milliseconds(times.P95),
		MinMS:         milliseconds(times.Min),
		CV:            Number(times.CV),
		ExecutedFLOPs: k.FLOPs,
		Bytes:         k.Bytes,
		Kernel:        k.Name,
		SamplesMS:     thin(times.Recent),
	}
	// Sum up what the operations of the kernel belong to. Parameters are counted
	// once, in the forward pass.
	for i, op := range append([]int{k.Op}, k.Absorbed...) {
		if i > 0 {
			row.Absorbed = append(row.Absorbed, l.Plan.Ops[op].Path)
		}
		if at := l.OpLayer[op]; at >= 0 {
			layer := m.Layers[at]
			row.MACs += macs(l.Plan.Ops[op].Kind, layer)
			if l.Plan.Ops[op].Pass == tensor.Forward {
				row.Params += layer.Cost.Params
				row.OutShape = layer.Out
			}
			if i == 0 {
				row.Part = layer.Part.String()
			}
		}
	}
	if k.Bytes > 0 {
		row.Intensity = Number(float64(k.FLOPs) / float64(k.Bytes))
	}
	return row
}

// macs returns the multiply-adds per image of an operation that computes or
// differentiates a layer. The gradients by a convolution's input and by its weight
// have as many each as the convolution itself.
func macs(k tensor.Kind, l *nn.Layer) int64 {
	switch k {
	case tensor.Conv2d, tensor.Conv2dGradInput, tensor.Conv2dGradWeight,
		tensor.Linear, tensor.LinearGradInput, tensor.LinearGradWeight:
		return l.Cost.MACs
	}
	return 0
}

// resultShape returns the shape of what an operation computes. For one that only
// updates a parameter in place, it is that of the parameter.
func resultShape(p *tensor.Plan, op int) tensor.Shape {
	o := &p.Ops[op]
	switch {
	case len(o.Out) > 0:
		return p.OutShape(op)
	case len(o.Params) > 0:
		return p.Params[o.Params[0]].Shape
	}
	return tensor.Shape{1}
}

// rate returns GFLOP/s for multiply-adds per image, which count as two FLOPs each.
func rate(macs int64, batch int, ms float64) Number {
	if ms <= 0 {
		return 0
	}
	return Number(2 * float64(macs) * float64(batch) / ms / 1e6)
}

// thin returns at most MaxSamples of the samples, evenly spaced and in order, in
// milliseconds. It picks by index, so that all rows keep the same passes.
func thin(samples []time.Duration) []float64 {
	n := min(len(samples), MaxSamples)
	ms := make([]float64, n)
	for i := range ms {
		ms[i] = milliseconds(samples[i*len(samples)/n])
	}
	return ms
}
