package nn

import "resnet-tui/tensor"

// Count is a figure for "the net's operations" by one convention. Tools disagree
// on what counts, and on whether a multiply-add is one operation or two.
type Count struct {
	Name  string // the convention's name, as --count takes it
	Value int64  // per image
	What  string // what it counts
}

// parts are the sums that conventions differ in, per image, in eval mode: the
// elements that layers of a kind write, or read where the name ends in "In".
type parts struct {
	macs, norm, relu, maxIn, bias, convBias, normParams int64
	globalIn, globalOut, meanIn, meanOut                int64 // of adaptive average pools, and of others
}

func (m *Model) parts() parts {
	p := parts{macs: m.Total.MACs}
	for _, l := range m.Layers {
		in, out := perImage(l.In), perImage(l.Out)
		switch l.Kind {
		case tensor.BatchNorm2d:
			p.norm += out
			p.normParams += l.Cost.Params
		case tensor.ReLU:
			p.relu += out
		case tensor.MaxPool2d:
			p.maxIn += in
		case tensor.AdaptiveAvgPool2d:
			p.globalIn += in
			p.globalOut += out
		case tensor.AvgPool2d:
			p.meanIn += in
			p.meanOut += out
		case tensor.Linear:
			p.bias += out
		case tensor.Conv2d:
			if len(l.Params) == 2 {
				p.bias += out
				p.convBias += out
			}
		}
	}
	return p
}

// Counts returns the operations per image by every convention, as the tools print them.
// None of them counts the additions of the skips.
func (m *Model) Counts() []Count {
	p := m.parts()
	return []Count{
		{"macs", p.macs, "multiply-adds of convolutions and linear layers"},
		{"flops", 2 * p.macs, "the same, with multiplications and additions counted separately"},
		{"torchvision", p.macs,
			"torchvision's table (which says GFLOPS), and DeepSpeed's and calflops' MACs: multiply-adds"},
		{"torchinfo", p.macs + p.normParams + p.bias,
			"torchinfo 1.8 mult-adds: plus 1 per parameter of batch norms, 1 per element with a bias"},
		{"fvcore", p.macs + 2*p.norm + p.globalIn,
			"fvcore: plus 2 per element of batch norms, 1 per input of the adaptive average pool"},
		{"ptflops", p.macs + 2*p.norm + 2*(p.relu+p.maxIn+p.meanIn+p.globalIn) + p.bias,
			"ptflops 0.7, pytorch backend: plus 2 per element of batch norms, ReLUs and pools, " +
				"1 per element with a bias"},
		{"ptflops-aten", p.macs + p.bias,
			"ptflops 0.7, aten backend: plus 1 per element with a bias"},
		{"thop", p.macs + 4*p.norm + p.globalIn + p.globalOut + p.meanOut,
			"thop 0.1: plus 4 per element of batch norms, 1 per input and output of the adaptive average pool, " +
				"1 per output of others"},
		{"deepspeed", 2*p.macs + p.convBias + 2*p.norm + p.relu + p.maxIn + p.meanIn + p.globalIn,
			"DeepSpeed's and calflops' FLOPs: twice the multiply-adds, " +
				"plus biases of convolutions, batch norms, ReLUs and pools"},
		{"torch", 2 * p.macs, "torch's FlopCounterMode: twice the multiply-adds"},
	}
}
