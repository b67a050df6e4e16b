package nn

import (
	"errors"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// Site is one place where a probe is read: a probe at every layer has one per
// layer.
type Site struct {
	// Probe names this place alone: that of a probe at every layer is At a layer.
	Probe
	// Index is that of the layer in Model.Layers, of the parameter in
	// Model.Params or of the block in Model.Blocks; 0 of the input.
	Index int
	// Buffer holds, for Moments, mean and deviation; for Norm, one value; for
	// Keep and Gradient, the values in their shape; for statistics, a Histogram's counts,
	// with its figures and channels in the buffers behind. It is tensor.NoBuffer for Flow.
	Buffer tensor.BufferID
	Flow   *BlockProbe // where the numbers of a Flow are; else nil
}

// spot is one thing that a probe takes at one place.
type spot struct {
	what  What
	at    place
	index int
}

// probes are the probes of a pass while it is lowered.
type probes struct {
	list    []spots
	wanted  map[spot]bool
	buffers map[spot]tensor.BufferID // of what has been lowered
	stats   bool                     // some want statistics
}

// spots are where one probe looks.
type spots struct {
	probe   Probe
	at      place
	indices []int
}

// findProbes looks a pass's probes up in the net. visible are the layers that
// EveryLayer means.
func (m *Model) findProbes(p Pass, visible []int) (*probes, error) {
	x := &probes{wanted: map[spot]bool{}, buffers: map[spot]tensor.BufferID{}}
	for i, probe := range p.Probes {
		if slices.Contains(p.Probes[:i], probe) {
			return nil, fmt.Errorf("%v: it is given twice", probe)
		}
		at, indices, err := m.targets(probe, visible)
		if err != nil {
			return nil, err
		}
		gradients := at != atLayer && !probe.What.ofValues() || probe.What == Gradient
		if gradients && p.Backward == nil {
			return nil, fmt.Errorf("%v: there are no gradients without a backward pass", probe)
		}
		x.list = append(x.list, spots{probe, at, indices})
		x.stats = x.stats || probe.What.ofStats()
		for _, i := range indices {
			x.wanted[spot{probe.What, at, i}] = true
		}
	}
	return x, nil
}

// wants reports whether a probe takes something.
func (x *probes) wants(what What, at place, index int) bool { return x.wanted[spot{what, at, index}] }

// found notes in which buffer it is.
func (x *probes) found(what What, at place, index int, id tensor.BufferID) {
	x.buffers[spot{what, at, index}] = id
}

// wantsInput reports whether a probe needs the gradient of the net's input.
func (x *probes) wantsInput() bool {
	return slices.ContainsFunc([]What{Norm, Keep, Stats, ChannelStats}, func(w What) bool { return x.wants(w, atInput, 0) })
}

// findSites is, by probe, where it is read, once the pass is lowered. What has no
// gradient, since a lesion froze it or took it away, is left out of a probe at
// every place, and an error of one that names it.
func (f *lowering) findSites() ([][]Site, error) {
	all := make([][]Site, len(f.probes.list))
	for i, p := range f.probes.list {
		for _, index := range p.indices {
			s := Site{Probe: Probe{f.nameAt(p.at, index), p.probe.What}, Index: index, Buffer: tensor.NoBuffer}
			if p.at == atBlock {
				s.Flow = &f.blockProbes[index]
			} else if id, ok := f.probes.buffers[spot{p.probe.What, p.at, index}]; ok {
				s.Buffer = id
			} else if why := f.noGradient(p.probe.At); why != nil {
				return nil, fmt.Errorf("%v: %w", p.probe, why)
			} else {
				continue
			}
			all[i] = append(all[i], s)
		}
	}
	return all, nil
}

// noGradient says why a place that a probe names has no gradient; nil of a probe at
// every place, which leaves it out.
func (f *lowering) noGradient(at At) error {
	b := f.pass.Backward
	switch {
	case at == EveryParameter || at == EveryLayer:
		return nil
	case b == nil:
		return errors.New("no layer uses it")
	case b.From != "":
		return fmt.Errorf("no gradient reaches it from %s", b.From)
	case b.NoParams:
		return errors.New("the pass has no gradients of parameters")
	}
	return errors.New("a lesion left it without a gradient")
}

// nameAt is the At that names one place.
func (f *lowering) nameAt(at place, index int) At {
	switch at {
	case atLayer:
		return f.model.Layers[index].At()
	case atParameter:
		return At(f.model.Params[index].Name)
	case atBlock:
		return At(f.blockProbes[index].Path)
	}
	return Input
}

// Site is where something is read that the pass's probes take at one place,
// whichever of them does. The place is named as Layer.At names a layer. Without
// such a probe ok is false, and the site's buffer tensor.NoBuffer.
func (l *Lowered) Site(p Probe) (s Site, ok bool) {
	if s, ok = l.sites[p]; !ok {
		s.Buffer = tensor.NoBuffer
	}
	return s, ok
}

// SitesOf are the places where probes of the pass take a quantity, each once, in
// the order of the probes.
func (l *Lowered) SitesOf(what What) []Site {
	var list []Site
	seen := map[At]bool{}
	for _, sites := range l.Probes {
		for _, s := range sites {
			if s.What == what && !seen[s.At] {
				seen[s.At] = true
				list = append(list, s)
			}
		}
	}
	return list
}
