package live

import (
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// recordedInfo is the machine that a profile was recorded on.
func recordedInfo(p *profile.Profile) tensor.Info {
	d := p.Device
	return tensor.Info{ID: d.ID, Name: d.Name, Kind: d.Kind, Driver: d.Driver, Cores: d.Threads, Kernels: d.Kernels}
}

// recordedPrecision is the arithmetic of a recorded profile.
func recordedPrecision(p *profile.Profile) tensor.Precision {
	precision, _ := tensor.PrecisionNamed(p.Device.Precision)
	return precision
}

// openRecording has the recorded passes stand for the runner's.
func (r *runner) openRecording() (Program, error) {
	p := r.options.Recorded
	replay, err := profile.NewReplay(p, r.whole.Model)
	if err != nil {
		return Program{}, err
	}
	all := Program{
		Model: r.whole.Model, Lowered: replay.Lowered, Kernels: replay.Kernels, Memory: replay.Memory,
		Recorder:   replay.Recorder,
		Calibrated: true, // Options.Weights says what the weights were
		Fused:      p.Fused, Layer: func() int { return -1 },
	}
	r.results = Results{Program: &all, Gradients: recordedGradients(p), Machine: p.Machine}
	r.actual.prepared, r.actual.recorded = true, true
	return all, nil
}

// recordedGradients are those of the last recorded pass, nil if it was not backward.
// A profile has no norms of parameters.
func recordedGradients(p *profile.Profile) *Gradients {
	if len(p.Blocks) == 0 || p.Loss == nil {
		return nil
	}
	blocks := make([]nn.BlockGradient, len(p.Blocks))
	for i, b := range p.Blocks {
		blocks[i] = b.Gradient()
	}
	return NewGradients(float64(*p.Loss), p.Batch(), "as recorded", blocks)
}
