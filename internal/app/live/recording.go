package live

import (
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// recordedInfo is the machine that a profile was recorded on.
func recordedInfo(p *profile.Profile) tensor.Info {
	return tensor.Info{ID: p.Device.ID, Name: p.Device.Name, Cores: p.Device.Threads, Kernels: p.Device.Kernels}
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
