package profile

import (
	"errors"
	"fmt"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Config is the net that a profile is of, as Build takes it.
func (p *Profile) Config() (resnet.Config, error) {
	s := p.Input.Shape
	if len(s) != 4 {
		return resnet.Config{}, fmt.Errorf("the profile's input %v is no batch of images", s)
	}
	return resnet.Config{Arch: p.Model.Arch, Classes: p.Model.Classes, Batch: s[0], Channels: s[1], Height: s[2], Width: s[3]}, nil
}

// Replay is a recorded profile in the form in which a run is observed.
type Replay struct {
	Lowered  *nn.Lowered
	Kernels  []tensor.KernelInfo
	Memory   tensor.MemoryPlan
	Recorder *Recorder // with every recorded pass
}

// NewReplay plays p's samples, or its means if it has none, on m, the net of
// p.Config. A profile whose rows are not those of m as this version lowers it
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
		Lowered: l, Kernels: kernels, Recorder: NewRecorder(l, m, max(passes, 1)), Memory: p.Memory.plan(l),
	}
	for i := range passes {
		r.play(p.Total.SamplesMS[i], func(g int) float64 { return p.Layers[g].SamplesMS[i] })
	}
	if passes == 0 {
		r.play(p.Total.MeanMS, func(g int) float64 { return p.Layers[g].MeanMS })
	}
	return r, nil
}

// program is m as the profile ran it, with the recorded kernels.
func (p *Profile) program(m *nn.Model) (*nn.Lowered, []tensor.KernelInfo, error) {
	l, err := p.lower(m)
	if err != nil {
		return nil, nil, err
	}
	kernels := make([]tensor.KernelInfo, len(p.Layers))
	for g, row := range p.Layers {
		kernels[g] = tensor.KernelInfo{Op: l.Groups[g].Head, Absorbed: l.Groups[g].Absorbed, Name: row.Kernel, FLOPs: row.ExecutedFLOPs, Bytes: row.Bytes}
	}
	return l, kernels, nil
}

// plan is the memory plan of a program of l. Blocks of a buffer that l does not
// have, or beyond the arena, are left out.
func (m *Memory) plan(l *nn.Lowered) tensor.MemoryPlan {
	plan := tensor.MemoryPlan{ArenaBytes: m.ArenaBytes, WeightBytes: m.WeightBytes, ScratchBytes: m.ScratchBytes}
	for _, b := range m.Blocks {
		x := b.block()
		if b[0] >= 0 && b[0] < int64(len(l.Plan.Buffers)) && x.Offset >= 0 && x.Bytes >= 0 && x.Offset <= m.ArenaBytes-x.Bytes {
			plan.Blocks = append(plan.Blocks, x)
		}
	}
	return plan
}

// play records one pass.
func (r *Replay) play(wall float64, row func(g int) float64) {
	r.Recorder.Begin(r.Lowered)
	at := time.Duration(0)
	for g := range r.Lowered.Groups {
		end := at + time.Duration(row(g)*1e6)
		r.Recorder.Span(tensor.Span{Op: r.Lowered.Groups[g].Head, Start: at, End: end})
		at = end
	}
	r.Recorder.End(time.Duration(wall * 1e6))
}

var errOtherRows = errors.New("its rows are not those of the net as this version runs it")

// lower is m in the mode and with the passes that p has. Which norms were
// probed is found by trying.
func (p *Profile) lower(m *nn.Model) (*nn.Lowered, error) {
	o := p.lowerOptions()
	for _, norms := range []struct{ blocks, params bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		o.Blocks, o.Norms = norms.blocks, norms.params
		l, err := m.Lower(o)
		if err != nil {
			return nil, err
		}
		if p.sameRows(l) {
			return l, nil
		}
		if !o.Backward {
			break
		}
	}
	return nil, errOtherRows
}

func (p *Profile) lowerOptions() nn.LowerOptions {
	o := nn.LowerOptions{Train: p.Mode == "train", Fuse: p.Fused}
	for _, r := range p.Layers {
		o.Moments = o.Moments || r.Kind == tensor.Moments.String()
		o.Backward = o.Backward || r.Pass == tensor.Backward.String()
		if r.Pass == tensor.Update.String() {
			o.Update = &nn.SGD{}
		}
	}
	return o
}

// sameRows reports whether p's rows are l's groups.
func (p *Profile) sameRows(l *nn.Lowered) bool {
	if len(l.Groups) != len(p.Layers) {
		return false
	}
	for g, group := range l.Groups {
		if op, r := &l.Plan.Ops[group.Head], &p.Layers[g]; op.Path != r.Path || op.Call != r.Call || op.Pass.String() != r.Pass {
			return false
		}
	}
	return true
}
