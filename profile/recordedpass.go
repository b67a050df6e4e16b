package profile

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Config is the net that a profile is of, without its lesions, as Build takes it.
func (p *Profile) Config() (resnet.Config, error) {
	s := p.Input.Shape
	if len(s) != 4 {
		return resnet.Config{}, fmt.Errorf("the profile's input %v is no batch of images", s)
	}
	return resnet.Config{
		Arch: p.Model.Arch, Classes: p.Model.Classes,
		Batch: s[0], Channels: s[1], Height: s[2], Width: s[3],
	}, nil
}

// Net builds the net that a profile is of, with its lesions.
func (p *Profile) Net() (*resnet.Model, error) {
	c, err := p.Config()
	if err != nil {
		return nil, err
	}
	lesions := make([]nn.Lesion, len(p.Model.Lesions))
	for i, text := range p.Model.Lesions {
		if lesions[i], err = nn.ParseLesion(text); err != nil {
			return nil, err
		}
	}
	return resnet.Build(c, lesions...)
}

var errOtherRows = errors.New("its rows are not those of the net as this version runs it")

// program is m in the pass that p recorded, and the kernels that ran it.
func (p *Profile) program(m *nn.Model) (*nn.Lowered, []tensor.KernelInfo, error) {
	pass := p.pass(m)
	l, err := m.LowerVisible(pass, p.probedLayers(m))
	if err != nil {
		return nil, nil, err
	}
	kernels := p.kernels(l.Plan)
	if kernels == nil {
		return nil, nil, errOtherRows
	}
	return l, kernels, nil
}

// pass is the pass that was recorded. Older versions did not record it: then it
// is what the rows show, since probes, gradients and updates are operations that
// have rows. What they don't show, the settings of the update, changes no row.
func (p *Profile) pass(m *nn.Model) nn.Pass {
	if p.Pass != nil {
		return *p.Pass
	}
	pass := nn.Pass{Mode: nn.Eval}
	if p.Mode == nn.Train.String() {
		pass.Mode = nn.Train
	}
	probes := map[nn.Probe]bool{}
	for i := range p.Layers {
		r := &p.Layers[i]
		switch {
		case r.pass() == tensor.Update:
			pass.Update, pass.Backward = &nn.SGD{}, &nn.Backward{}
		case r.pass() == tensor.Backward:
			pass.Backward = &nn.Backward{}
		}
		probes[r.probe(m)] = true
	}
	for _, probe := range []nn.Probe{everyOutput, everyBlock, everyParameter} {
		if probes[probe] {
			pass.Probes = append(pass.Probes, probe)
		}
	}
	return pass
}

// The probes that profiles without a pass may have.
var (
	everyOutput    = nn.Probe{At: nn.EveryLayer, What: nn.Moments}
	everyBlock     = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	everyParameter = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
)

// probe is the probe that a row is part of, zero if it is part of none.
func (r *LayerRow) probe(m *nn.Model) nn.Probe {
	isParameter := func(x tensor.Param) bool { return x.Name == r.Path }
	switch {
	case r.Kind == tensor.Moments.String():
		return everyOutput
	case r.Kind == tensor.Norm.String() && slices.ContainsFunc(m.Params, isParameter):
		return everyParameter
	case r.Kind == tensor.Norm.String(), r.Kind == tensor.Join.String():
		return everyBlock
	}
	return nn.Probe{}
}

// probedLayers are the layers whose outputs' moments have rows: those that the
// probes at every layer took.
func (p *Profile) probedLayers(m *nn.Model) []int {
	index := make(map[call]int, len(m.Layers))
	for i, l := range m.Layers {
		index[call{l.Path, l.Call}] = i
	}
	var layers []int
	for i := range p.Layers {
		r := &p.Layers[i]
		if r.Kind != tensor.Moments.String() {
			continue
		}
		if at, ok := index[call{r.Path, r.Call}]; ok {
			layers = append(layers, at)
		}
	}
	return layers
}
