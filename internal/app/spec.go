package app

import (
	"cmp"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Spec says what is meant: a net, its weights, its images, and how it runs. A
// zero field leaves its choice open: to the weights that the program carries, to
// the images, or to the usual default. The same Spec gives the same numbers.
type Spec struct {
	Net     resnet.Config `json:"net,omitzero"`
	Lesions []string      `json:"lesions,omitempty"` // as "layer3.5=drop-branch", see nn.ParseLesion
	Weights string        `json:"weights,omitempty"` // a checkpoint, or "builtin:NAME"; "" is the He initialisation
	Partial bool          `json:"partial,omitempty"` // take what fits of the weights, and initialise the rest
	Seed    *uint64       `json:"seed,omitempty"`    // of the initialisation and of random input; nil is 1
	Input   Input         `json:"input,omitzero"`
	Run     Run           `json:"run,omitzero"`
	Step    Step          `json:"step,omitzero"`
}

// Input says what the net runs on. Without files and data that is what comes
// with carried weights, or seeded noise.
type Input struct {
	Files  []string `json:"files,omitempty"` // pictures, folders of pictures, or arrays N×C×H×W (.npy, .safetensors)
	Data   Data     `json:"data,omitzero"`
	Labels []int    `json:"labels,omitempty"` // the right class of each image

	Preprocess Preprocess `json:"preprocess,omitzero"`
}

// Data is a data set. A pass takes its first images, training and evaluation all.
type Data struct {
	Name  string    `json:"name"`            // see DataSets
	Mean  []float32 `json:"mean,omitempty"`  // subtracted per channel; nil is the data set's usual one
	Std   []float32 `json:"std,omitempty"`   // divided by per channel; nil is the data set's usual one
	Limit int       `json:"limit,omitempty"` // images at most, 0 for all
}

// Run says how the net runs.
type Run struct {
	Device      string `json:"device,omitempty"`    // "" is "auto"
	Precision   string `json:"precision,omitempty"` // "" is "fp32"
	Mode        string `json:"mode,omitempty"`      // ModeEval or ModeTrain; "" is eval, but train for a backward pass
	Threads     int    `json:"threads,omitempty"`   // 0 is what the device finds fit
	Exact       bool   `json:"exact,omitempty"`     // no algorithm that changes rounding
	NoFuse      bool   `json:"no_fuse,omitempty"`   // every layer is a kernel of its own
	NoCalibrate bool   `json:"no_calibrate,omitempty"`
}

// The modes of batch norm.
const (
	ModeEval  = "eval"  // running statistics
	ModeTrain = "train" // the batch's own
)

// Step says what a pass has beyond its forward part.
type Step struct {
	Backward bool `json:"backward,omitempty"`
	Update   bool `json:"update,omitempty"` // the optimiser's step at a learning rate of 0; implies Backward
	Paths    int  `json:"paths,omitempty"`  // path lengths to keep apart, 0 for none; implies Backward
}

// seed is the seed that the spec names, or the default.
func (s *Spec) seed() uint64 {
	if s.Seed == nil {
		return 1
	}
	return *s.Seed
}

// settle returns the spec with what its fields imply, and refuses what can't be
// meant together.
func (s Spec) settle() (Spec, error) {
	s.Step.Backward = s.Step.Backward || s.Step.Update || s.Step.Paths > 0
	if s.Run.Mode == "" {
		s.Run.Mode = ModeEval
		if s.Step.Backward {
			s.Run.Mode = ModeTrain
		}
	}
	switch {
	case s.Run.Mode != ModeEval && s.Run.Mode != ModeTrain:
		return s, refuse("{mode} %s: it must be one of eval, train", s.Run.Mode)
	case s.Step.Update && s.Run.Mode != ModeTrain:
		return s, refuse("{update} is part of training: it does not go with {mode} %s", s.Run.Mode)
	case s.Run.Threads < 0 || s.Run.Threads > MaxThreads:
		return s, refuse("{threads} %d: it must be from 0 to %d", s.Run.Threads, MaxThreads)
	case s.Step.Paths < 0 || s.Step.Paths > MaxPaths:
		return s, refuse("{paths} %d: it must be from 0 to %d", s.Step.Paths, MaxPaths)
	}
	return s, cmp.Or(s.checkSkips(), s.Input.Preprocess.check())
}

// checkSkips refuses an average pool in skips that aren't there. The paper's options
// stand: they are those of the plain net's twin.
func (s *Spec) checkSkips() error {
	if s.Net.Plain && s.Net.Shortcut == resnet.ShortcutD {
		return refuse("{shortcut} D does not go with {plain}: a plain net has no skips")
	}
	return nil
}

// Limits of what a Spec may ask for.
const (
	MaxThreads = 1024
	MaxPaths   = 1 << 15
)

// What use cases read of a pass beside its output.
var (
	probeOutputs    = nn.Probe{At: nn.EveryLayer, What: nn.Moments}  // mean and deviation of each layer's output
	probeBlocks     = nn.Probe{At: nn.EveryBlock, What: nn.Flow}     // gradients at blocks
	probeParameters = nn.Probe{At: nn.EveryParameter, What: nn.Norm} // norms of the parameters' gradients
)

// profiledUpdate is the optimiser's step of passes that are measured, not trained
// by: with the settings that ResNets are usually trained with.
var profiledUpdate = nn.SGD{Momentum: 0.9, Decay: 1e-4}

// sessionOptions are how a settled spec runs. It is the only place that knows
// how a Spec becomes a pass. Probes of gradients are left out of a pass that goes
// forward alone.
func (s *Spec) sessionOptions(probes ...nn.Probe) nn.SessionOptions {
	return nn.SessionOptions{
		Pass:      s.pass(probes),
		Fuse:      !s.Run.NoFuse,
		Exact:     s.Run.Exact,
		Threads:   s.Run.Threads,
		Precision: s.Run.precision(),
		Seed:      s.seed(),
		Calibrate: !s.Run.NoCalibrate,
	}
}

// pass is what a settled spec computes.
func (s *Spec) pass(probes []nn.Probe) nn.Pass {
	var p nn.Pass
	if s.Step.Update {
		p = nn.TrainingStep(0, profiledUpdate)
	} else if s.Step.Backward {
		p.Backward = &nn.Backward{}
	}
	p.Mode = nn.Eval
	if s.Run.Mode == ModeTrain {
		p.Mode = nn.Train
	}
	for _, probe := range probes {
		if p.Backward != nil || !ofGradients(probe) {
			p.Probes = append(p.Probes, probe)
		}
	}
	return p
}

// ofGradients reports whether a probe takes gradients, whichever net it is.
func ofGradients(p nn.Probe) bool {
	if p.What == nn.ParamStats || p.What == nn.ParamChannelStats {
		return false
	}
	return p.At == nn.EveryBlock || p.At == nn.EveryParameter || p.At == nn.Input
}

// precision is the arithmetic that r names; one that openDevice refuses counts as FP32.
func (r *Run) precision() tensor.Precision {
	p, _ := tensor.PrecisionNamed(r.Precision)
	return p
}

// Precisions are the names that Run.Precision takes.
func Precisions() []string { return tensor.PrecisionNames() }
