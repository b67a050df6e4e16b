package resnet

import "resnet-tui/tensor"

// LowerOptions say what pass a Model is lowered to.
type LowerOptions struct {
	Train    bool    // batch statistics and dropout
	Momentum float64 // of the running statistics, 0 means 0.1
	Moments  bool    // probe the mean and deviation of outputs
	Fuse     bool    // place probes so that they do not stop a device from fusing
}

// Lowered is a Model as a plan, and the way from one to the other.
type Lowered struct {
	Plan          *tensor.Plan
	Input, Output tensor.BufferID
	OpLayer       []int             // by operation: its layer's index, −1 for a probe
	LayerOp       []int             // by layer: its operation
	Moments       []tensor.BufferID // by layer: the probe's result, tensor.NoBuffer where there is none
	Groups        []tensor.Group    // Plan.Groups(Fuse)
}
