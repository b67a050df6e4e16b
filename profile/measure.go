package profile

import (
	"context"
	"fmt"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Runner is a net that runs: a *nn.Session.
type Runner interface {
	Model() *nn.Model
	Lowered() *nn.Lowered
	Options() nn.SessionOptions
	Kernels() []tensor.KernelInfo
	Memory() tensor.MemoryPlan
	Run(ctx context.Context, obs nn.Observer) error
}

// Adaptive asks MeasureOptions for a number that suits the net.
const Adaptive = -1

// MeasureOptions say how long to measure.
type MeasureOptions struct {
	Runs     int                   // passes that count; Adaptive: about two seconds of them, 5 to 200
	Warmup   int                   // passes before; Adaptive: until their spread settles, or for two seconds
	Trace    int                   // passes after, to keep span by span
	Progress func(done, total int) // of the passes that count; total 0 while it is not known
}

const (
	adaptiveTime  = 2 * time.Second
	adaptiveLeast = 5
	adaptiveMost  = MaxSamples
)

// Measure runs passes and makes their profile. Model, device and input are for
// the caller to name; ceilings come by SetCeilings. Between the passes that
// count run some that nobody observes, to tell what observing costs.
func Measure(ctx context.Context, s Runner, o MeasureOptions) (*Profile, error) {
	capacity := o.Runs
	if o.Runs == Adaptive {
		capacity = adaptiveMost
	}
	if capacity < 1 {
		return nil, fmt.Errorf("a profile needs at least one run, not %d", o.Runs)
	}
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
	p.Warmup, p.WarmupSpread = warm.passes, warm.spread
	p.Recorder, p.Machine = m.cost.summary(), about
	times, err := measureCPU(ctx, s)
	if err != nil {
		return nil, err
	}
	for g, d := range times {
		p.Layers[g].CPUMS = milliseconds(d)
	}
	p.Trace, err = traced(ctx, s, o.Trace)
	p.Recorded = time.Now().UTC().Truncate(time.Second)
	return p, err
}

// measurement is the loop of passes that count.
type measurement struct {
	runner   Runner
	recorder *Recorder
	observed time.Duration // in passes that count
	cpu      time.Duration // of the process in them
	cost     recorderCost
}

// enough reports whether all passes have run.
func (m *measurement) enough(o MeasureOptions, capacity int) bool {
	n := m.recorder.Passes()
	return n >= capacity || o.Runs == Adaptive && n >= adaptiveLeast && m.observed > adaptiveTime
}

// pass makes a pass that counts and, while it is wanted, one beside it that
// nobody observes.
func (m *measurement) pass(ctx context.Context) error {
	if m.cost.wanted() {
		return m.pair(ctx, m.count)
	}
	_, err := m.count(ctx)
	return err
}

// pair makes a pass that is observed and one that isn't; which goes first
// alternates, so that a drift cancels out.
func (m *measurement) pair(ctx context.Context, observed func(context.Context) (time.Duration, error)) error {
	var with, without time.Duration
	var err error
	if m.cost.pairs()%2 == 0 {
		with, err = observed(ctx)
		if err == nil {
			without, _, err = m.timed(ctx, nil)
		}
	} else {
		without, _, err = m.timed(ctx, nil)
		if err == nil {
			with, err = observed(ctx)
		}
	}
	if err == nil {
		m.cost.add(with, without)
	}
	return err
}

// settleCost makes more pairs, that count for the recorder's cost alone: a
// small net's few passes would not tell it. Their recorder is as large.
func (m *measurement) settleCost(ctx context.Context, capacity int) error {
	spare := NewRecorder(m.runner.Lowered(), m.runner.Kernels(), capacity)
	observed := func(ctx context.Context) (time.Duration, error) {
		taken, _, err := m.timed(ctx, spare)
		return taken, err
	}
	for m.cost.wantsSpare() {
		if err := m.pair(ctx, observed); err != nil {
			return err
		}
	}
	return nil
}

// count makes a pass that counts.
func (m *measurement) count(ctx context.Context) (time.Duration, error) {
	taken, cpu, err := m.timed(ctx, m.recorder)
	m.cpu += cpu
	m.observed += taken
	if err == nil {
		err = m.recorder.Err()
	}
	return taken, err
}

// timed makes a pass. The process's time is read for those that nobody observes
// as well: a call of the system leaves caches as it likes.
func (m *measurement) timed(ctx context.Context, obs nn.Observer) (taken, cpu time.Duration, err error) {
	before := processCPU()
	start := time.Now()
	err = m.runner.Run(ctx, obs)
	taken = time.Since(start)
	return taken, processCPU() - before, err
}

// traced runs passes that are kept span by span; nil for none.
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

// newProfile is the profile of what r recorded.
func newProfile(s Runner, r *Recorder) (*Profile, error) {
	var snap Snapshot
	if r.Snapshot(&snap); snap.Err != nil {
		return nil, snap.Err
	}
	o, batch := s.Options(), s.Model().Batch()
	p := &Profile{Schema: Schema, Mode: o.Mode.String(), Pass: &o.Pass, Fused: o.Fuse, Runs: snap.Passes}
	kernels := s.Kernels()
	p.Memory = NewMemory(s.Lowered(), kernels, s.Memory())
	p.Total = total(snap.Wall)
	p.Total.OverheadMS = p.Total.MeanMS
	var multiplyAdds int64
	for i := range kernels {
		row := layerRow(s, &kernels[i], snap.Kernels[i])
		row.Share = row.MeanMS / p.Total.MeanMS
		p.Total.OverheadMS -= row.MeanMS
		multiplyAdds += row.MACs
		p.Layers = append(p.Layers, row)
	}
	p.Total.ImagesPerS = float64(batch) / p.Total.MeanMS * 1e3
	p.Total.GFLOPS = rate(multiplyAdds, batch, p.Total.MeanMS)
	return p, nil
}

func total(wall Series) Total {
	mean, _ := moments(wall.Recent)
	return Total{
		MeanMS: mean / 1e6, P50MS: milliseconds(wall.P50), P95MS: milliseconds(wall.P95), MinMS: milliseconds(wall.Min),
		CV: wall.CV, SamplesMS: thin(wall.Recent),
	}
}

// layerRow is the row of a kernel.
func layerRow(s Runner, k *tensor.KernelInfo, times Series) LayerRow {
	m, l := s.Model(), s.Lowered()
	op := l.Plan.Ops[k.Op]
	mean, _ := moments(times.Recent)
	row := LayerRow{
		Path: op.Path, Call: op.Call, Kind: op.Kind.String(), Pass: op.Pass.String(), OutShape: resultShape(l.Plan, k.Last()),
		MeanMS: mean / 1e6, P50MS: milliseconds(times.P50), P95MS: milliseconds(times.P95), MinMS: milliseconds(times.Min), CV: times.CV,
		ExecutedFLOPs: k.FLOPs, Bytes: k.Bytes, Kernel: k.Name, SamplesMS: thin(times.Recent),
	}
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
	row.GFLOPS = rate(row.MACs, m.Batch(), row.MeanMS)
	if k.Bytes > 0 {
		row.Intensity = float64(k.FLOPs) / float64(k.Bytes)
	}
	if row.MeanMS > 0 {
		row.GBPS = float64(k.Bytes) / row.MeanMS / 1e6
	}
	return row
}

// macs is the multiply-adds, per image, of an operation that computes or
// differentiates a layer: the gradients by a convolution's input and by its
// weight have as many as the convolution.
func macs(k tensor.Kind, l *nn.Layer) int64 {
	switch k {
	case tensor.Conv2d, tensor.Linear, tensor.Conv2dGradInput, tensor.Conv2dGradWeight, tensor.LinearGradInput, tensor.LinearGradWeight:
		return l.Cost.MACs
	}
	return 0
}

// resultShape is the shape of what an operation computes; of one that changes
// a parameter in place, the parameter's.
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

// rate is GFLOP/s, a multiply-add counted as two.
func rate(macs int64, batch int, ms float64) float64 {
	if ms <= 0 {
		return 0
	}
	return 2 * float64(macs) * float64(batch) / ms / 1e6
}

// thin keeps at most MaxSamples, evenly spaced, in milliseconds.
func thin(samples []time.Duration) []float64 {
	n := min(len(samples), MaxSamples)
	ms := make([]float64, n)
	for i := range ms {
		ms[i] = milliseconds(samples[i*len(samples)/n])
	}
	return ms
}
