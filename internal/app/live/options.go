package live

import (
	"context"
	"time"

	"resnet-tui/internal/app"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Options say what runs. Of, or Recording, makes them.
type Options struct {
	Model   *resnet.Model     // lesions that it has can be undone by SetLesions
	Device  tensor.Device     // must outlive the engine
	Session nn.SessionOptions // Backward is where SetBackward begins; Progress is the engine's own

	Weights   string         // what the weights are from; "" means the He initialisation
	Input     *tensor.Tensor // N×C×H×W, repeated or cut to the batch; nil is seeded noise
	InputName string         // what Input is from
	// Mean and Std, by channel, are how pixels from 0 to 1 became Input: (pixel − mean)/std;
	// nil if nobody knows.
	Mean, Std []float32
	Classes   []string // the names of the net's classes, nil if they aren't known
	Target    []int    // the images' classes, repeated or cut to the batch; nil is seeded ones

	// TwinSource, if not nil, opens weights of the twin's own, which TwinWeights
	// names. Without it the twin takes the net's, as far as it has the same.
	TwinSource  func(twin *resnet.Model) (tensor.Source, error)
	TwinWeights string

	EvalBackward bool // backward passes keep the running statistics too, not the batch's
	Paths        int  // exact lengths for TracePaths; 0 is 16
	Paused       bool // do not run at the start
	// HeadStart is how long the first task waits, so that the client's first picture
	// need not share the processors with it. Requests are taken in meanwhile.
	HeadStart   time.Duration
	MemoryLimit int64 // bytes that a program may take; 0 is the device's memory

	// Roofs, if not nil, knows the machine's ceilings, and keeps those that are measured
	// or that the net has reached.
	Roofs Roofs

	// Naming is what errors call a field of an app.Spec; nil calls it by its name.
	Naming func(field string) string

	// Prove makes a command line that shows a finding, of the arguments of a command; nil
	// adds nothing to them.
	Prove func(args []string) string

	// Recorded, if not nil, is shown and nothing runs: Model is its net and Device
	// may be nil.
	Recorded *profile.Profile
}

// Roofs are what app.Roofs is: the ceilings of a device and their cache.
type Roofs interface {
	Known() profile.Ceilings
	Measure(ctx context.Context) (profile.Ceilings, error)
	Keep(c profile.Ceilings) profile.Ceilings
}

// About is what never changes about an engine's net.
type About struct {
	Model       *resnet.Model // without lesions, unless it is recorded with them; for the first batch
	First       Program       // Model, Lowered and Kernels of the first program, before it is compiled
	Device      tensor.Info
	Threads     int // 0 is what the device finds fit
	Precision   tensor.Precision
	Weights     string    // what they are from, "" for the He initialisation
	Initialised bool      // the weights are from the He initialisation
	TwinWeights string    // what the twin's own weights are, "" if it has none
	Input       string    // what it is from, "" for seeded noise
	Mean, Std   []float32 // see Options
	Classes     []string
	Recorded    bool // the engine shows a recording
	RecordedAt  time.Time
	RecordedBy  string // the version of the program that made the recording
}

// pictureTime is the head start of a client that draws. Measured on two cores (Zen
// 4): the screen shows a cifar_resnet1202 after 69 ms, without it after 82.
const pictureTime = 20 * time.Millisecond

// Of are the options for what a bench has open, which must outlive the engine. mode
// is Spec.Run.Mode as the user named it: "" leaves it to the passes, of which
// backward ones take the batch's statistics.
func Of(b *app.Bench, mode string) Options {
	o := Options{
		Model: b.Model(), Device: b.Device(), Session: b.SessionOptions(), Weights: b.WeightsLine(),
		Target: b.Labels(), EvalBackward: mode == app.ModeEval, Paths: b.Spec().Step.Paths,
		HeadStart: pictureTime,
	}
	if mode != app.ModeTrain {
		o.Session.Mode = nn.Eval
	}
	o.Input, o.InputName = b.Images()
	o.Mean, o.Std = b.Norm()
	o.Classes = app.ClassNames(b.Model().Config)
	o.TwinWeights, o.TwinSource = b.TwinWeights()
	return o
}

// Recording are the options to show a recorded profile of the net m, see
// app.RecordedNet.
func Recording(p *profile.Profile, m *resnet.Model) Options {
	return Options{
		Model: m, Recorded: p, Weights: p.Model.WeightsLine(), InputName: p.Input.Source,
		Session: nn.SessionOptions{Fuse: p.Fused, Threads: p.Device.Threads, Precision: recordedPrecision(p)},
	}
}

// settings are those to begin with.
func (o *Options) settings() Settings {
	return Settings{
		Running: !o.Paused && o.Recorded == nil, Batch: o.Model.Config.Batch, Fused: o.Session.Fuse,
		Backward: o.Session.Backward != nil, Lesions: o.Model.Lesions,
	}
}

// ceilings are those known at the start.
func (o *Options) ceilings() profile.Ceilings {
	switch {
	case o.Recorded != nil && o.Recorded.Ceilings != nil:
		return profile.Ceilings{GFLOPS: o.Recorded.Ceilings.GFLOPS, GBPS: o.Recorded.Ceilings.GBPS}
	case o.Recorded == nil && o.Roofs != nil:
		return o.Roofs.Known()
	}
	return profile.Ceilings{}
}

// newRunner makes a runner that has not prepared anything, or has a recording.
func newRunner(ctx context.Context, o Options) (*runner, About, error) {
	r := &runner{options: o, whole: o.Model}
	var err error
	if len(o.Model.Lesions) > 0 && o.Recorded == nil {
		if r.whole, err = resnet.Build(o.Model.Config); err != nil {
			return nil, About{}, err
		}
	}
	about := About{
		Model: r.whole, Threads: o.Session.Threads, Precision: o.Session.Precision, Weights: o.Weights,
		Initialised: o.Session.Source == nil && o.Recorded == nil, TwinWeights: o.TwinWeights, Input: o.InputName, Recorded: o.Recorded != nil,
		Mean: o.Mean, Std: o.Std, Classes: o.Classes,
	}
	r.ceilings = o.ceilings()
	r.actual.target = target{batch: r.whole.Config.Batch, fused: o.Session.Fuse}
	if o.Recorded != nil {
		about.Device = recordedInfo(o.Recorded)
		about.RecordedAt, about.RecordedBy = o.Recorded.Recorded, o.Recorded.Version
		r.actual.lesions = o.Model.Lesions
		about.First, err = r.openRecording()
	} else {
		r.device = endingDevice{o.Device, ctx}
		about.Device = o.Device.Info()
		about.First, err = r.first()
	}
	return r, about, err
}

// naming is Naming, or what stands for it.
func (o *Options) naming() func(field string) string {
	if o.Naming != nil {
		return o.Naming
	}
	return func(field string) string { return field }
}

// limit is the memory that a program may take, 0 if it is not known.
func (o *Options) limit() int64 {
	if o.MemoryLimit > 0 {
		return o.MemoryLimit
	}
	return o.Device.Info().Memory
}

// source is where parameters are from.
func (o *Options) source() tensor.Source {
	if o.Session.Source != nil {
		return o.Session.Source
	}
	return o.Model.Initial(o.Session.Seed)
}

// feed gives a session its input and, if it has a loss, its labels.
func (o *Options) feed(s *nn.Session) error {
	if err := s.SetInput(o.input(s.Model())); err != nil || s.Lowered().Target == tensor.NoBuffer {
		return err
	}
	return s.SetTarget(o.target(s.Model()))
}

// input is what goes into a model: the given images, repeated or cut to its batch,
// or seeded noise.
func (o *Options) input(m *nn.Model) *tensor.Tensor {
	if o.Input == nil {
		return nn.RandomInput(o.Session.Seed, m.Input)
	}
	if o.Input.Shape.Equal(m.Input) {
		return o.Input
	}
	t := tensor.New(m.Input...)
	for n := 0; n < len(t.Data); {
		n += copy(t.Data[n:], o.Input.Data)
	}
	return t
}

// target are the images' classes: the given ones, repeated or cut to the batch, or
// seeded ones.
func (o *Options) target(m *nn.Model) []int {
	if len(o.Target) == 0 {
		return nn.RandomTarget(o.Session.Seed, m.Batch(), m.Classes())
	}
	t := make([]int, m.Batch())
	for i := range t {
		t[i] = o.Target[i%len(o.Target)]
	}
	return t
}
