package nn

import (
	"fmt"

	"resnet-tui/tensor"
)

// Measurement is what a probe took at one place in the last pass. Its What says which
// of the fields below it holds.
type Measurement struct {
	Site
	Mean, Std  float64        // Moments
	Norm       float64        // Norm
	Tensor     *tensor.Tensor // Keep, Gradient
	Gradient   BlockGradient  // Flow
	Statistics *Statistics    // Stats, ChannelStats, ParamStats, ParamChannelStats
}

// Probe is what the i-th probe of the session's pass took, place by place in the
// net's order. Places that the current pass has not reached are left out.
func (s *Session) Probe(i int) ([]Measurement, error) {
	if i < 0 || i >= len(s.lowered.Probes) {
		return nil, fmt.Errorf("there is no probe %d: the pass has %d", i, len(s.lowered.Probes))
	}
	return s.measure(s.lowered.Probes[i])
}

// measure reads those of some places that the pass has reached.
func (s *Session) measure(sites []Site) ([]Measurement, error) {
	if s.program == nil {
		return nil, errClosed
	}
	var all []Measurement
	for _, site := range sites {
		if !s.reached(site) {
			continue
		}
		v, err := s.measureAt(site)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// reached reports whether the current pass has written what a site reads.
func (s *Session) reached(site Site) bool {
	id := site.Buffer
	if site.Flow != nil {
		id = site.Flow.In.Buffer // the last of them that is written
	}
	return id != tensor.NoBuffer && s.done > s.writer[id]
}

// measureAt reads one place.
func (s *Session) measureAt(site Site) (Measurement, error) {
	v := Measurement{Site: site}
	if site.What == Flow {
		var failed error
		v.Gradient = site.Flow.read(func(r Reading) float64 {
			x, err := s.reading(r)
			if err != nil {
				failed = err
			}
			return x
		})
		return v, failed
	}
	if site.What.ofStats() {
		var err error
		v.Statistics, err = s.statistics(site)
		return v, err
	}
	t, err := s.read(site.Buffer, site.Probe.String())
	if err != nil {
		return v, err
	}
	switch site.What {
	case Moments:
		v.Mean, v.Std = float64(t.Data[0]), float64(t.Data[1])
	case Norm:
		v.Norm = float64(t.Data[0])
	case Keep, Gradient:
		v.Tensor = t
	}
	return v, nil
}

// reading is one number of a probe, 0 if there is no probe.
func (s *Session) reading(r Reading) (float64, error) {
	if r.Buffer == tensor.NoBuffer {
		return 0, nil
	}
	t, err := s.read(r.Buffer, "probe")
	if err != nil {
		return 0, err
	}
	return float64(t.Data[r.At]), nil
}

// Stats are the mean and population standard deviation of a layer's output over
// the batch, if a probe takes its moments and the current pass has reached it.
func (s *Session) Stats(layer int) (mean, std float64, ok bool) {
	if layer < 0 || layer >= len(s.model.Layers) {
		return 0, 0, false
	}
	site, ok := s.lowered.Site(Probe{s.model.Layers[layer].At(), Moments})
	if !ok || s.program == nil || !s.reached(site) {
		return 0, 0, false
	}
	v, err := s.measureAt(site)
	return v.Mean, v.Std, err == nil
}

// BlockGradients are what probes of Flow took at the blocks that the last pass
// has reached, in execution order; none if no probe looks at blocks.
func (s *Session) BlockGradients() ([]BlockGradient, error) {
	all, err := s.measure(s.lowered.SitesOf(Flow))
	var gradients []BlockGradient
	for _, v := range all {
		gradients = append(gradients, v.Gradient)
	}
	return gradients, err
}

// ParamNorm is the L2 norm of the gradient of a parameter.
type ParamNorm struct {
	Name string
	Norm float64
}

// ParamNorms are the norms that probes took of the last pass's parameter
// gradients, in the order of the model's parameters; none if no probe takes any.
func (s *Session) ParamNorms() ([]ParamNorm, error) {
	var norms []ParamNorm
	for _, site := range s.lowered.SitesOf(Norm) {
		if site.At == Input {
			continue
		}
		v, err := s.measureAt(site)
		if err != nil {
			return nil, err
		}
		norms = append(norms, ParamNorm{string(site.At), v.Norm})
	}
	return norms, nil
}

// Kept is what a probe of Keep took at one place: the output of a layer (see
// Layer.At), the gradient of a parameter, or that of the input, of their shape.
func (s *Session) Kept(at At) (*tensor.Tensor, error) { return s.kept(Probe{at, Keep}) }

// GradientAt is what a probe of Gradient took at a layer's output, of its shape.
func (s *Session) GradientAt(at At) (*tensor.Tensor, error) { return s.kept(Probe{at, Gradient}) }

// kept is the tensor that a probe took.
func (s *Session) kept(p Probe) (*tensor.Tensor, error) {
	site, ok := s.lowered.Site(p)
	if !ok {
		return nil, fmt.Errorf("no probe takes that: %v", p)
	}
	v, err := s.measureAt(site)
	return v.Tensor, err
}
