package tui

import (
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// recordedDevice stands for the machine that a profile was recorded on. It
// says what it was, and runs nothing.
type recordedDevice struct {
	tensor.Device
	info tensor.Info
}

func (d recordedDevice) Info() tensor.Info { return d.info }

func recordedInfo(p *profile.Profile) tensor.Info {
	return tensor.Info{ID: p.Device.ID, Name: p.Device.Name + ", recorded", Cores: p.Device.Threads, Kernels: p.Device.Kernels}
}

// playback publishes the recorded passes and answers wishes until the program
// ends.
func (e *engine) playback() {
	r := e.opts.replay
	e.state.program = &program{
		model: e.opts.Model.Model, lowered: r.Lowered, kernels: r.Kernels, memory: r.Memory, recorder: r.Recorder,
		calibrated: true, // what the weights were, opts.Weights says
		fused:      e.opts.Recorded.Fused, progress: func() int { return -1 },
	}
	e.state.lesions, e.state.grads = e.opts.lesions, recordedGradients(e.opts.Recorded)
	e.state.phase = paused
	e.publish()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-e.asked: // weights are not in a profile
		case <-e.wishes:
			e.state.notice = "a recorded profile: nothing runs"
			e.publish()
		}
	}
}

// recordedGradients are those of the last recorded pass, nil if it did not go
// backward. Norms of parameters are not in a profile.
func recordedGradients(p *profile.Profile) *gradients {
	if len(p.Blocks) == 0 || p.Loss == nil {
		return nil
	}
	blocks := make([]nn.BlockGradient, len(p.Blocks))
	for i, b := range p.Blocks {
		blocks[i] = b.Gradient()
	}
	return newGradients(float64(*p.Loss), p.Batch(), "as recorded", blocks)
}
