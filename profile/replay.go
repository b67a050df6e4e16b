package profile

import (
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Replay is a recorded profile in the form in which a run is observed.
type Replay struct {
	Lowered  *nn.Lowered
	Kernels  []tensor.KernelInfo
	Memory   tensor.MemoryPlan
	Recorder *Recorder // with every recorded pass
}

// NewReplay plays p's samples, or its means if it has none, on m, which is
// p.Net. A profile whose rows are not those of m as this version lowers it
// is an error.
func NewReplay(p *Profile, m *nn.Model) (*Replay, error) {
	l, kernels, err := p.program(m)
	if err != nil {
		return nil, err
	}
	passes := len(p.Total.SamplesMS)
	if len(p.Layers) > 0 {
		passes = min(passes, len(p.Layers[0].SamplesMS))
	}
	r := &Replay{
		Lowered: l, Kernels: kernels, Recorder: NewRecorder(l, kernels, max(passes, 1)), Memory: p.Memory.plan(l),
	}
	for i := range passes {
		r.play(p.Total.SamplesMS[i], func(k int) float64 { return p.Layers[k].SamplesMS[i] })
	}
	if passes == 0 {
		r.play(p.Total.MeanMS, func(k int) float64 { return p.Layers[k].MeanMS })
	}
	return r, nil
}

// plan is the memory plan of a program of l. Blocks of a buffer that l does not
// have, or beyond the arena, are left out.
func (m *Memory) plan(l *nn.Lowered) tensor.MemoryPlan {
	plan := tensor.MemoryPlan{ArenaBytes: m.ArenaBytes, WeightBytes: m.WeightBytes, ScratchBytes: m.ScratchBytes}
	for _, b := range m.Blocks {
		x := b.block()
		known := b[0] >= 0 && b[0] < int64(len(l.Plan.Buffers))
		if known && x.Offset >= 0 && x.Bytes >= 0 && x.Offset <= m.ArenaBytes-x.Bytes {
			plan.Blocks = append(plan.Blocks, x)
		}
	}
	return plan
}

// play records one pass.
func (r *Replay) play(wall float64, row func(k int) float64) {
	r.Recorder.Begin(r.Lowered)
	at := time.Duration(0)
	for k := range r.Kernels {
		end := at + time.Duration(row(k)*1e6)
		r.Recorder.Span(tensor.Span{Op: r.Kernels[k].Op, Start: at, End: end})
		at = end
	}
	r.Recorder.End(time.Duration(wall * 1e6))
}
