package tensortest

import "resnet-tui/tensor"

// tolerance bounds the relative L2 error that one operation adds, in float32
// whatever the order of its sums.
type tolerance struct {
	bar float64
	why string
}

// The bars of whole plans, whatever the sum of their operations' is.
const (
	// convolutionBar is for a convolution with what follows it; sums of up to
	// 6,000 products in blocked order stay below.
	convolutionBar = 2e-6
	// gradientBar is for gradients of a convolution, whose sums run over all
	// pixels of a batch.
	gradientBar = 3e-6
	// operationBar is for one or two operations with a probe and a reader.
	operationBar = 3e-6
	// residualBar is for nets of 3 to 20 convolutions, where errors of the first
	// go through all the others, and Winograd's algorithm may be among them.
	residualBar = 1e-5
	// stepBar is for the buffers of a whole training step: batch statistics of a
	// few dozen values amplify rounding.
	stepBar = 1e-4
	// paramBar is for parameters after a few steps: they move by a tenth of their
	// gradients at most, so less of the gradients' error shows.
	paramBar = 2e-5
)

const (
	exact   = "it moves values, and computes none"
	rounded = "one or a few roundings of float32 per element"
	summed  = "sums of products in the device's own order"
)

// tolerances are what each kind may add to the error of its operands.
var tolerances = map[tensor.Kind]tolerance{
	tensor.ReLU:      {0, exact},
	tensor.MaxPool2d: {0, exact},
	tensor.Pad:       {0, exact},
	tensor.Flatten:   {0, exact},
	tensor.Unflatten: {0, exact},
	tensor.ReLUGrad:  {0, exact},
	tensor.PadGrad:   {0, exact},

	tensor.Add:         {2e-7, rounded},
	tensor.Scale:       {1e-7, rounded},
	tensor.Dropout:     {2e-7, rounded + ": the factor 1/(1−p) is one itself"},
	tensor.DropoutGrad: {2e-7, rounded + ": the factor 1/(1−p) is one itself"},
	tensor.Join:        {5e-7, rounded + ", and norms summed in float64 of rounded values"},
	tensor.Norm:        {3e-7, rounded + ", summed in float64"},
	tensor.Histogram:   {1e-6, "counts are exact, figures are summed in float64 of rounded values"},
	tensor.Moments:     {3e-6, "the mean is a difference of sums that nearly cancel, in float64 of rounded values"},

	tensor.AvgPool2d:             {1e-6, summed},
	tensor.AvgPool2dGrad:         {1e-6, summed},
	tensor.AdaptiveAvgPool2d:     {1e-6, summed},
	tensor.AdaptiveAvgPool2dGrad: {1e-6, summed},
	tensor.MaxPool2dGrad:         {5e-7, "sums of the few windows that share a maximum"},
	tensor.BatchNorm2d:           {2e-6, "one factor and one summand per channel; batch statistics are sums"},
	tensor.BatchNorm2dGrad:       {3e-6, "sums over all pixels, which nearly cancel in dx"},

	tensor.Conv2d:           {2e-6, summed},
	tensor.Linear:           {2e-6, summed},
	tensor.Conv2dGradInput:  {3e-6, summed},
	tensor.Conv2dGradWeight: {3e-6, summed + ", over all pixels of the batch"},
	tensor.Conv2dGradBias:   {3e-6, summed + ", which may nearly cancel"},
	tensor.LinearGradInput:  {2e-6, summed},
	tensor.LinearGradWeight: {2e-6, summed},
	tensor.LinearGradBias:   {3e-6, summed + ", which may nearly cancel"},

	tensor.CrossEntropy:     {1e-6, "exponentials and logarithms in float32 at least"},
	tensor.CrossEntropyGrad: {1e-6, "differences of rounded probabilities"},
	tensor.SGD:              {5e-7, rounded},
}

// coarseness is what a lower precision adds, whether a device rounds the factors of
// products alone or what it stores too.
type coarseness struct {
	stored  float64 // one rounding of a value: at most half of the last bit
	product float64 // both factors and the result
	plan    float64 // how many times the bars of whole plans are wider
}

// coarse is by precision: values of bf16 have 8 bits, those of the others 11. Bars of
// whole plans are widened by less than the 2^16 by which a rounding is coarser, since in
// float32 they are for the most part of long sums, which stay float32. What they leave to
// a step is much: a value near zero that changes its sign behind a ReLU, or a pixel that
// becomes the largest of its window, takes its gradient with it. So each operation is
// held to its own tolerance besides: see eachOperation.
var coarse = map[tensor.Precision]coarseness{
	tensor.TF32: {0x1p-11, 1e-3, 500},
	tensor.BF16: {0x1p-8, 8e-3, 4000},
	tensor.FP16: {0x1p-11, 1e-3, 500},
}

// adds is what the precision adds to an operation's tolerance: nothing where values are
// moved, or stay float32, as figures, the loss and the update do.
func (c coarseness) adds(k tensor.Kind) float64 {
	switch k {
	case tensor.Unflatten: // rows of float32 become planes
		return c.stored
	case tensor.Conv2d, tensor.Linear, tensor.Conv2dGradInput, tensor.Conv2dGradWeight,
		tensor.LinearGradInput, tensor.LinearGradWeight:
		return c.product
	case tensor.Norm, tensor.Histogram, tensor.Moments, tensor.CrossEntropy, tensor.CrossEntropyGrad,
		tensor.Conv2dGradBias, tensor.LinearGradBias, tensor.SGD:
		return 0
	}
	if tolerances[k].bar == 0 {
		return 0
	}
	return c.stored
}

// widened is a bar of whole plans, in the suite's precision.
func (s *suite) widened(bar float64) float64 {
	if c, lower := coarse[s.precision]; lower {
		return bar * c.plan
	}
	return bar
}

// bars are what each buffer of a plan may be off by in a precision: the sum of its
// operations' tolerances, from the inputs on, and at most most.
func bars(p *tensor.Plan, most float64, precision tensor.Precision) []float64 {
	c, lower := coarse[precision]
	if lower {
		most *= c.plan
	}
	bars := make([]float64, len(p.Buffers))
	for _, op := range p.Ops {
		sum := tolerances[op.Kind].bar + c.adds(op.Kind)
		for _, id := range op.In {
			sum += bars[id]
		}
		for _, id := range op.Out {
			bars[id] = min(sum, most)
		}
	}
	return bars
}
