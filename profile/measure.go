package profile

import (
	"context"
	"fmt"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/tensor"
)

// Runner is a net that runs: a *resnet.Session.
type Runner interface {
	Model() *resnet.Model
	Lowered() *resnet.Lowered
	Options() resnet.SessionOptions
	Kernels() []tensor.KernelInfo
	Memory() tensor.MemoryPlan
	Run(ctx context.Context, obs resnet.Observer) error
}

// Adaptive asks MeasureOptions for a number that suits the net.
const Adaptive = -1

// MeasureOptions say how long to measure.
type MeasureOptions struct {
	Runs     int                   // passes that count; Adaptive: about two seconds of them, 5 to 200
	Warmup   int                   // passes before; Adaptive: until they stop getting faster, or for two seconds
	Progress func(done, total int) // of the passes that count; total 0 while it is not known
}

const (
	adaptiveTime    = 2 * time.Second
	adaptiveLeast   = 5
	adaptiveMost    = MaxSamples
	warmupMost      = 10
	warmupImproving = 0.97 // a pass that takes less than this part of the best before is still warming up
)

// Measure runs passes and makes their profile. Model, device and input are for
// the caller to name; ceilings come by SetCeilings.
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
	r := NewRecorder(s.Lowered(), s.Model(), capacity)
	begin := time.Now()
	for r.Passes() < capacity {
		if err := s.Run(ctx, r); err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(r.Passes(), max(o.Runs, 0))
		}
		if o.Runs == Adaptive && r.Passes() >= adaptiveLeast && time.Since(begin) > adaptiveTime {
			break
		}
	}
	p := newProfile(s, r)
	p.Warmup = warm
	return p, nil
}

// stopwatch observes nothing but the wall time.
type stopwatch struct{ wall time.Duration }

func (*stopwatch) Begin(*resnet.Lowered)    {}
func (*stopwatch) Span(tensor.Span)         {}
func (w *stopwatch) End(wall time.Duration) { w.wall = wall }

// warmUp runs passes that do not count, and returns how many.
func warmUp(ctx context.Context, s Runner, passes int) (int, error) {
	begin, most, best, settled := time.Now(), passes, time.Duration(0), 0
	if passes == Adaptive {
		most = warmupMost
	}
	for i := range most {
		var w stopwatch
		if err := s.Run(ctx, &w); err != nil {
			return i, err
		}
		if i == 0 || float64(w.wall) < warmupImproving*float64(best) {
			best, settled = w.wall, 0
		} else {
			settled++
		}
		if passes == Adaptive && (settled == 2 || time.Since(begin) > adaptiveTime) {
			return i + 1, nil
		}
	}
	return most, nil
}

// newProfile is the profile of what r recorded.
func newProfile(s Runner, r *Recorder) *Profile {
	var snap Snapshot
	r.Snapshot(&snap)
	o, batch := s.Options(), s.Model().Config.Batch
	p := &Profile{Schema: Schema, Mode: "eval", Fused: o.Fuse, Runs: snap.Passes}
	if o.Train {
		p.Mode = "train"
	}
	m := s.Memory()
	p.Memory = Memory{PredictedBytes: m.Total(), ArenaBytes: m.ArenaBytes, WeightBytes: m.WeightBytes}
	p.Total = total(snap.Wall)
	p.Total.OverheadMS = p.Total.MeanMS
	for g, k := range KernelsByGroup(s) {
		row := layerRow(s, g, k, snap.Groups[g])
		row.Share = row.MeanMS / p.Total.MeanMS
		p.Total.OverheadMS -= row.MeanMS
		p.Layers = append(p.Layers, row)
	}
	p.Total.ImagesPerS = float64(batch) / p.Total.MeanMS * 1e3
	p.Total.GFLOPS = rate(s.Model().Total.MACs, batch, p.Total.MeanMS)
	return p
}

func total(wall Series) Total {
	mean, _ := moments(wall.Recent)
	return Total{
		MeanMS: mean / 1e6, P50MS: milliseconds(wall.P50), P95MS: milliseconds(wall.P95), MinMS: milliseconds(wall.Min),
		CV: wall.CV, SamplesMS: thin(wall.Recent),
	}
}

// layerRow is the row of group g, which ran as kernel k.
func layerRow(s Runner, g int, k tensor.KernelInfo, times Series) LayerRow {
	m, l := s.Model(), s.Lowered()
	group := l.Groups[g]
	op := l.Plan.Ops[group.Head]
	mean, _ := moments(times.Recent)
	row := LayerRow{
		Path: op.Path, Call: op.Call, Kind: op.Kind.String(), Pass: op.Pass.String(), OutShape: l.Plan.OutShape(group.Last()),
		MeanMS: mean / 1e6, P50MS: milliseconds(times.P50), P95MS: milliseconds(times.P95), MinMS: milliseconds(times.Min), CV: times.CV,
		ExecutedFLOPs: k.FLOPs, Bytes: k.Bytes, Kernel: k.Name, SamplesMS: thin(times.Recent),
	}
	for i, op := range append([]int{group.Head}, group.Absorbed...) {
		if i > 0 {
			row.Absorbed = append(row.Absorbed, l.Plan.Ops[op].Path)
		}
		if at := l.OpLayer[op]; at >= 0 {
			layer := m.Layers[at]
			row.Params += layer.Cost.Params
			row.MACs += layer.Cost.MACs
			row.OutShape = layer.Out
			if i == 0 {
				row.Part = layer.Part.String()
			}
		}
	}
	row.GFLOPS = rate(row.MACs, m.Config.Batch, row.MeanMS)
	if k.Bytes > 0 {
		row.Intensity = float64(k.FLOPs) / float64(k.Bytes)
	}
	return row
}

// KernelsByGroup is the kernel of each of s.Lowered().Groups.
func KernelsByGroup(s Runner) []tensor.KernelInfo {
	byHead := map[int]tensor.KernelInfo{}
	for _, k := range s.Kernels() {
		byHead[k.Op] = k
	}
	groups := s.Lowered().Groups
	kernels := make([]tensor.KernelInfo, len(groups))
	for g := range groups {
		kernels[g] = byHead[groups[g].Head]
	}
	return kernels
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
