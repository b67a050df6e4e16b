package profile

import (
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Replay is a recorded profile in the form of a live run, so that a screen shows
// both in the same way.
type Replay struct {
	Lowered  *nn.Lowered
	Kernels  []tensor.KernelInfo
	Memory   tensor.MemoryPlan
	Recorder *Recorder // with every sampled pass
}

// NewReplay replays p's samples, if it has any, on m, which must be the result of
// p.Net. Figures that p has of whole passes and of kernels stay as recorded, and
// without samples they are all that is known. It returns an error if the rows of p
// aren't those of m as this version lowers it.
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
		Lowered:  l,
		Kernels:  kernels,
		Recorder: NewRecorder(l, kernels, max(passes, 1)),
		Memory:   p.Memory.plan(l),
	}
	for i := range passes {
		r.play(p.Total.SamplesMS[i], func(k int) float64 { return p.Layers[k].SamplesMS[i] })
	}
	r.Recorder.recorded = p
	return r, nil
}

// plan returns the recorded memory plan for a program of l. The file may come from
// elsewhere: blocks of buffers that l doesn't have, or that exceed the arena or the pass, are
// left out.
func (m *Memory) plan(l *nn.Lowered) tensor.MemoryPlan {
	plan := tensor.MemoryPlan{
		ArenaBytes:   m.ArenaBytes,
		WeightBytes:  m.WeightBytes,
		ScratchBytes: m.ScratchBytes,
	}
	for _, b := range m.Blocks {
		x := b.block()
		known := b[0] >= 0 && b[0] < int64(len(l.Plan.Buffers))
		lives := 0 <= x.First && x.First <= x.Last && x.Last < len(l.Plan.Ops)
		if known && lives && x.Offset >= 0 && x.Bytes >= 0 && x.Offset <= m.ArenaBytes-x.Bytes {
			plan.Blocks = append(plan.Blocks, x)
		}
	}
	return plan
}

// play records one pass: its wall time, and the time of each kernel, which row
// returns, in milliseconds. The kernels follow each other without gaps.
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
