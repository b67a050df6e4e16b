package tui

import (
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// phase is what the engine is at.
type phase uint8

const (
	preparing phase = iota // weights, calibration
	compiling              // another batch or fusion
	paused
	running
	stepping
	tracing // path lengths
	failed
)

func (p phase) String() string {
	return [...]string{"preparing", "compiling", "paused", "forward", "step", "path lengths", "stopped"}[p]
}

// busy reports whether something moves by itself.
func (p phase) busy() bool { return p == preparing || p == compiling || p == running || p == tracing }

// state is what the engine publishes for the screen. A published state never changes.
type state struct {
	phase       phase
	on          bool   // passes run, or will when the program is ready
	stage       string // of preparing
	done, total int64
	err         error
	notice      string // why a wish was not granted
	program     *program
	step        *step
	top         []guess
	back        bool              // passes go backward too
	grads       *gradients        // of the newest pass that did
	paths       []nn.PathSpectrum // nil until they are asked for
	lesions     []nn.Lesion
	effect      *effect // of the lesions
	twin        *companion
	weights     map[string]moments // of the parameters that were looked at, by name
}

// program is a net as it is compiled now.
type program struct {
	model      *nn.Model
	lowered    *nn.Lowered
	kernels    []tensor.KernelInfo
	memory     tensor.MemoryPlan
	recorder   *profile.Recorder
	calibrated bool
	fused      bool
	train      bool       // batch statistics
	progress   func() int // layer that runs now, −1 for none
}

// tree makes the rows of what the program runs.
func (p *program) tree() *tree { return newTree(p.model, p.lowered, p.kernels) }

// step is the newest of the single steps, with what all of this pass left.
type step struct {
	layer   int // index of the layer that ran, −1 before the first
	ordinal int // counts kernels, from 1
	count   int // of kernels in a pass
	moments map[int]moments
}

// moments are the mean and standard deviation of a layer's output or weights.
type moments struct{ mean, std float64 }

// guess is a class with its probability.
type guess struct {
	label string
	p     float64
}

// wish is what the screen asks of the engine.
type wish uint8

const (
	wishRun wish = iota // or pause
	wishStep
	wishLarger
	wishSmaller
	wishFuse
	wishBackward
	wishTwin
	wishPaths
)
