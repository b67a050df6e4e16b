package profile

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Config returns the configuration of the profile's net, without its lesions. It
// returns an error if the input isn't a batch of images.
func (p *Profile) Config() (resnet.Config, error) {
	s := p.Input.Shape
	if len(s) != 4 {
		return resnet.Config{}, fmt.Errorf("the profile's input %v is not a batch of images", s)
	}
	return resnet.Config{
		Arch: p.Model.Arch, Classes: p.Model.Classes,
		Batch: s[0], Channels: s[1], Height: s[2], Width: s[3],
	}, nil
}

// Net builds the profile's net with its lesions. Its errors are those of Config, of
// parsing the lesions, and of building the net.
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

// errOtherRows means that another version of the program lowers the net in another
// way, or that the profile is of another net.
var errOtherRows = errors.New("its rows are not those of the net as this version runs it")

// program lowers m for the pass that p recorded, and returns the kernels that ran
// it.
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

// pass returns the pass that was recorded. Files of older versions don't have it;
// then it is derived from the rows, as probes, gradients and updates are operations
// that have rows. What these don't show, the settings of the update, doesn't change
// any row.
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
			pass.Update = &nn.SGD{}
			pass.Backward = &nn.Backward{}
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

// The probes that files without a pass may have.
var (
	everyOutput    = nn.Probe{At: nn.EveryLayer, What: nn.Moments}
	everyBlock     = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	everyParameter = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
)

// probe returns the probe that a row is part of, the zero Probe for other rows.
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

// probedLayers returns the layers whose outputs' moments or statistics have a row. A device that
// fuses layers can't probe the outputs in between.
func (p *Profile) probedLayers(m *nn.Model) []int {
	index := make(map[call]int, len(m.Layers))
	for i, l := range m.Layers {
		index[call{l.Path, l.Call}] = i
	}
	var layers []int
	for i := range p.Layers {
		r := &p.Layers[i]
		if r.Kind != tensor.Moments.String() && r.Kind != tensor.Histogram.String() {
			continue
		}
		if at, ok := index[call{r.Path, r.Call}]; ok {
			layers = append(layers, at)
		}
	}
	return layers
}
