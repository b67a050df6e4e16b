package resnet

import "resnet-tui/resnet/nn"

// net is a net of the family while it is built.
type net struct {
	*nn.Builder
	config *Config
}

// conv adds a convolution. It has a bias where the original implementation has one:
// in VGG, in Keras's v1 nets, and in all nets without normalisation.
func (n *net) conv(x nn.Value, name string, c nn.Conv) nn.Value {
	cfg := n.config
	c.Bias = cfg.Family == VGG || cfg.Norm == NormNone || cfg.Keras && cfg.Variant == V1
	return n.Conv2d(x, name, c)
}

// bare adds a convolution that no normalisation follows. In Keras's v2 nets, these
// have a bias too.
func (n *net) bare(x nn.Value, name string, c nn.Conv) nn.Value {
	c.Bias = n.config.Norm == NormNone || n.config.Keras
	return n.Conv2d(x, name, c)
}

// norm adds a batch normalisation, or nothing in a net without normalisation. Keras
// has an ε of its own.
func (n *net) norm(x nn.Value, name string) nn.Value {
	if n.config.Norm == NormNone {
		return x
	}
	eps := 1e-5
	if n.config.Keras {
		eps = 1.001e-5
	}
	return n.BatchNorm2d(x, name, eps)
}

// relu adds a call of the module "relu".
func (n *net) relu(x nn.Value) nn.Value { return n.ReLU(x, "relu") }
