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
		if b[0] >= 0 && b[0] < int64(len(l.Plan.Buffers)) && x.Offset >= 0 && x.Bytes >= 0 && x.Offset <= m.ArenaBytes-x.Bytes {
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

var errOtherRows = errors.New("its rows are not those of the net as this version runs it")

// program is m in the mode and with the passes that p has, and the kernels that
// ran it. Which norms were probed is found by trying.
func (p *Profile) program(m *nn.Model) (*nn.Lowered, []tensor.KernelInfo, error) {
	o := p.lowerOptions(m)
	for _, norms := range []struct{ blocks, params bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		o.Blocks, o.Norms = norms.blocks, norms.params
		l, err := m.Lower(o)
		if err != nil {
			return nil, nil, err
		}
		if kernels := p.kernels(l.Plan); kernels != nil {
			return l, kernels, nil
		}
		if !o.Backward {
			break
		}
	}
	return nil, nil, errOtherRows
}

func (p *Profile) lowerOptions(m *nn.Model) nn.LowerOptions {
	o := nn.LowerOptions{Train: p.Mode == "train"}
	for _, r := range p.Layers {
		o.Backward = o.Backward || r.Pass == tensor.Backward.String()
		if r.Kind == tensor.Moments.String() {
			o.Moments = append(o.Moments, layersOf(m, r)...)
		}
		if r.Pass == tensor.Update.String() {
			o.Update = &nn.SGD{}
		}
	}
	return o
}

// layersOf are the layers of a row's path and call: one, or none in another net.
func layersOf(m *nn.Model, r LayerRow) (layers []int) {
	for i, l := range m.Layers {
		if l.Path == r.Path && l.Call == r.Call {
			layers = append(layers, i)
		}
	}
	return layers
}
