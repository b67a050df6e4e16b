package inspect

import (
	"context"
	"fmt"
	"slices"

	"resnet-tui/tensor"
)

// Method is a way to say which part of an image made a class likely.
type Method string

// The methods.
const (
	GradCAM       Method = "gradcam"          // Selvaraju et al. 2017 (arXiv 1610.02391), equations 1 and 2, before the ReLU
	Gradient      Method = "gradient"         // Simonyan et al. 2014 (arXiv 1312.6034), section 3
	InputGradient Method = "input-x-gradient" // the image times the gradient, element by element
	Integrated    Method = "integrated"       // Sundararajan et al. 2017 (arXiv 1703.01365), from a black image
	Occlusion     Method = "occlusion"        // Zeiler and Fergus 2014 (arXiv 1311.2901), section 4.2
)

// Methods are all of them, the usual one first.
var Methods = []Method{GradCAM, Gradient, InputGradient, Integrated, Occlusion}

// Options say how an explanation is made.
type Options struct {
	Method Method
	At     Place // of GradCAM: an output with rows and columns; see LastBlock
	Steps  int   // of Integrated: points on the way from black to the image
	Patch  int   // of Occlusion: rows and columns of the patch that is set to 0
	Stride int   // of Occlusion: pixels from one patch to the next
}

// DefaultOptions are the usual ones for a method on images of h×w: at 224 a patch of 32
// every 16 pixels, and of the same share at other sizes.
func DefaultOptions(m Method, h, w int) Options {
	side := min(h, w)
	return Options{Method: m, Steps: 32, Patch: max((side*32+112)/224, 1), Stride: max((side*16+112)/224, 1)}
}

// Explanation says which part of an image made a class likely.
type Explanation struct {
	Class  int
	Score  float64 // the class's logit
	H, W   int
	Map    []float32 // H×W
	Skip   []float32 // of GradCAM at a block with a skip: the parts of the map that its two
	Branch []float32 // paths brought; else nil
	// SumError is ‖Skip + Branch − Map‖ / ‖Map‖, 0 for a map that is 0.
	SumError float64
	// Attribution is C×H×W, signed, of the methods that have a value for every value of
	// the image: Gradient, InputGradient and Integrated; else nil.
	Attribution *tensor.Tensor
	// Completeness is, of Integrated, by how much the sum of the attributions misses the
	// difference that the image makes, score(x) − score(black), relative to its magnitude.
	Completeness float64
}

// Explainer explains classes of one image. It is compiled once; where a method allows it,
// another class costs no further pass: GradCAM before a linear end of the net, and
// Occlusion. It is to be closed before the sample's session, and not to be used by two
// goroutines at once.
type Explainer struct {
	sample  Sample
	explain func(ctx context.Context, class int) (*Explanation, error)
	close   func() error
}

// NewExplainer opens an explainer. It is an error if the options don't fit the net.
func NewExplainer(ctx context.Context, s Sample, o Options) (*Explainer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := o.Check(s.Batch.Shape); err != nil {
		return nil, err
	}
	e := &Explainer{sample: s}
	var err error
	switch o.Method {
	case GradCAM:
		err = e.useCAM(ctx, o.At)
	case Integrated:
		err = e.useIntegrated(ctx, o.Steps)
	case Occlusion:
		err = e.useOcclusion(ctx, o.Patch, o.Stride)
	default:
		err = e.useGradient(ctx, o.Method)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Check refuses options that don't fit images of that shape, N×C×H×W.
func (o Options) Check(input tensor.Shape) error {
	h, w := input[2], input[3]
	switch {
	case !slices.Contains(Methods, o.Method):
		return fmt.Errorf("there is no method %q: it must be one of %v", o.Method, Methods)
	case o.Method == GradCAM && len(o.At.Layer.Out) != 4:
		return fmt.Errorf("%s gives %v, which has no rows and columns for a map", o.At.Path, o.At.Layer.Out)
	case o.Method == Integrated && o.Steps < 1:
		return fmt.Errorf("%d steps: there must be at least 1", o.Steps)
	case o.Method == Occlusion && (o.Patch < 1 || o.Patch > min(h, w)):
		return fmt.Errorf("a patch of %d: it must be from 1 to %d, the shorter side of the %d×%d image", o.Patch, min(h, w), h, w)
	case o.Method == Occlusion && o.Stride < 1:
		return fmt.Errorf("a stride of %d: it must be at least 1", o.Stride)
	}
	return nil
}

// Explain explains a class.
func (e *Explainer) Explain(ctx context.Context, class int) (*Explanation, error) {
	if err := e.sample.checkClass(class); err != nil {
		return nil, err
	}
	x, err := e.explain(ctx, class)
	if err != nil {
		return nil, err
	}
	x.Class = class
	return x, nil
}

// Close frees what the explainer holds.
func (e *Explainer) Close() error { return e.close() }
