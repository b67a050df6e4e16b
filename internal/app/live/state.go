package live

import (
	"resnet-tui/profile"
	"resnet-tui/resnet/diagnose"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// Phase is what the engine does.
type Phase uint8

// The phases. Preparing comes first; Failed is final.
const (
	Preparing Phase = iota // reading weights, calibrating and compiling
	Compiling              // another program on the same weights
	Paused
	Running   // one pass after the other
	Stepping  // between or in single steps
	Tracing   // the gradient by path lengths
	Measuring // the machine's ceilings
	Diagnosing
	Resembling // measuring how alike blocks are
	Failed     // see State.Err
)

// String is the phase's name, such as "running".
func (p Phase) String() string {
	return [...]string{
		"preparing", "compiling", "paused", "running", "stepping", "tracing", "measuring", "diagnosing", "comparing", "failed",
	}[p]
}

// Busy reports whether figures change without a request.
func (p Phase) Busy() bool {
	return p == Preparing || p == Compiling || p == Running || p == Tracing ||
		p == Diagnosing || p == Resembling
}

// Settings say how the net runs.
type Settings struct {
	Running  bool // one pass after the other
	Batch    int  // images in a pass
	Fused    bool // the device may fuse layers
	Backward bool // passes compute gradients too
	Twin     bool // the twin, with or without skips, runs in turn with the net
	// Histograms says that passes count the values of outputs and gradients.
	Histograms bool
	Lesions    []nn.Lesion // in the order in which they were made; never written to
}

// State is a snapshot of the engine. It never changes, nor does anything that it
// refers to, except that a Program's Recorder takes in passes. It may be read from
// any goroutine.
type State struct {
	Phase    Phase
	Progress Progress // of the phase, as far as it is known
	Err      error    // why the engine Failed, else nil

	Answered uint64   // requests that the state takes into account
	Desired  Settings // what they amount to
	Actual   Settings // what the program runs as; Running says nothing here

	Notice  string // why a request was rejected, or what else a user should know; "" after the next request
	Notices int    // counts notices: equal ones may follow each other

	Ceilings profile.Ceilings // of the machine, the highest so far; zero if they are not known

	// Params are the initial values that were asked for, by the parameter's name, with a
	// channel for each slice of its first dimension.
	Params map[string]*nn.Statistics

	Results
}

// Progress says how far a long task is.
type Progress struct {
	Stage       string // "weights", "calibration", "path lengths"; "" if it is not known
	Done, Total int64  // Total is 0 while it is not known
}

// Results are what came out of the newest program and its passes. A nil field has
// not come out yet.
type Results struct {
	Program    *Program
	Step       *Step             // the newest single step of this pass
	Top        []Guess           // the first image's likeliest classes, best first
	Gradients  *Gradients        // of the newest backward pass
	Values     *Values           // of the newest pass with Histograms
	Paths      []nn.PathSpectrum // asked for by TracePaths
	Effect     *Effect           // of the lesions
	Twin       *Twin             // while it runs beside the net
	Findings   *Findings         // of the newest Diagnose
	Similarity *Similarity       // of the newest MeasureSimilarity
	Seen       *Seen             // asked for by See
	Occlusion  *Occlusion        // asked for by Occlude; it stays when See ends
	Machine    *profile.Machine  // what other programs use of it, or used in a recording; nil if unknown
	Device     *tensor.Info      // as it was when the newest passes ran; nil before any did
}

// Program is a net as it was compiled.
type Program struct {
	Model      *nn.Model // with its lesions
	Lowered    *nn.Lowered
	Kernels    []tensor.KernelInfo // in execution order
	Memory     tensor.MemoryPlan
	Recorder   *profile.Recorder // of its newest passes; it is safe for concurrent use
	Calibrated bool              // running statistics come from random input
	Fused      bool
	Train      bool       // batch norms use the batch's statistics
	Layer      func() int // the layer that runs now, −1 for none; from any goroutine
}

// Step is the newest of the single steps.
type Step struct {
	Layer   int             // that has run; −1 if the kernel belongs to none
	Ordinal int             // of the kernel in this pass, from 1
	Count   int             // kernels in a pass, without probes
	Moments map[int]Moments // of the outputs in this pass so far, by layer
}

// Values are what the tensors of a pass hold, with channels: outputs along their second
// dimension, gradients along the first of their parameter.
type Values struct {
	Outputs   map[int]*nn.Statistics    // by layer: of those whose output is a kernel's result
	Gradients map[string]*nn.Statistics // by the parameter's name; empty without a backward pass
}

// Similarity is how alike what leaves blocks is, for the same images.
type Similarity struct {
	Net    Alike
	Twin   *Alike // nil if it was off
	Images int
	Noise  bool // they were seeded noise
}

// Alike has the similarity of each of a net's places to each, 0 to 1, by debiased centred
// kernel alignment, see inspect.CKA.
type Alike struct {
	Name  string
	Paths []string
	CKA   [][]float64
}

// Findings are what rules found to be wrong with the net, the worst first.
type Findings struct {
	List  []Finding
	Tried []string // the rules that there was evidence for
	Batch int      // images that the net ran on
	Noise bool     // they were seeded noise
}

// Finding is one of them, with the command line that shows it, and what its output holds if
// it is about an output.
type Finding struct {
	diagnose.Finding
	Command string
	Values  *nn.Statistics
}

// Moments are a mean and a population standard deviation.
type Moments struct{ Mean, Std float64 }

// Guess is a class of the net with its probability.
type Guess struct {
	Class       int
	Probability float64
}

// Effect is what lesions change, compared with the net without them on the same
// weights, images and labels.
type Effect struct {
	train.Change
	IntactLoss  float64             // NaN if it is not known
	IntactGrads *Gradients          // nil if they are not known
	Time        *profile.TimeEffect // nil if it is not known
}

// Twin is what runs in turn with the net: the same net without skips, or with them.
type Twin struct {
	Program      *Program
	Gradients    *Gradients    // nil without a backward pass
	Responses    []nn.Response // its layers' responses, nil if they could not be measured
	NetResponses []nn.Response // those of the net
}
