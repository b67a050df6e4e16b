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
	// paramBar is for parameters after three steps: they move by a tenth of their
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

// precisionBars are what convolutions may be off by in lower precisions: half
// of the last of 10 or of 7 bits of the mantissa, in both factors.
var precisionBars = map[tensor.Precision]tolerance{
	tensor.TF32: {1e-3, "factors have 10 bits"},
	tensor.BF16: {8e-3, "factors have 7 bits"},
	tensor.FP16: {1e-3, "factors have 10 bits"},
}

// bars are what each buffer of a plan may be off by: the sum of its operations'
// tolerances, from the inputs on, and at most most.
func bars(p *tensor.Plan, most float64) []float64 {
	bars := make([]float64, len(p.Buffers))
	for _, op := range p.Ops {
		sum := tolerances[op.Kind].bar
		for _, id := range op.In {
			sum += bars[id]
		}
		for _, id := range op.Out {
			bars[id] = min(sum, most)
		}
	}
	return bars
}
