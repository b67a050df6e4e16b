package tui

import (
	"io"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Options say what the screen shows, and what runs it. Lesions that the model
// has and a backward pass of the session are there at the start, and can be
// taken away by keys.
type Options struct {
	Model   *resnet.Model
	Device  tensor.Device
	Session nn.SessionOptions

	Weights   string         // where the weights are from; "" means a random initialisation
	Input     *tensor.Tensor // nil: seeded standard normal
	InputName string         // where it is from; "" means random
	Labels    []string       // names of the classes, if known
	Version   string

	// TwinSource, if not nil, is where the twin reads parameters of its own from,
	// and TwinWeights what that is called. Without it the twin takes the net's.
	TwinSource  func(twin *resnet.Model) (tensor.Source, error)
	TwinWeights string

	Target       []int // the classes of the images; nil: seeded ones
	EvalBackward bool  // backward passes keep the running statistics, not the batch's
	Paths        int   // path lengths that are carried apart; 0: 16

	// Training, if not nil, is asked for what is known of training, twice a
	// second, from a goroutine of its own.
	Training func() (*Training, error)

	// Recorded, if not nil, is shown instead of a run: Model is its net,
	// Device may be nil, and nothing is computed.
	Recorded *profile.Profile

	replay  *profile.Replay // of Recorded
	lesions []nn.Lesion     // at the start
	back    bool            // so is a backward pass

	Theme       Theme
	TimeUnit    string           // "ns", "µs" or "ms"; "" means the one that suits
	FLOPs       bool             // show FLOPs, not MACs
	Paused      bool             // don't run at the start
	MemoryLimit int64            // bytes that a program may take; 0 means the device's memory
	Ceilings    profile.Ceilings // zero: not measured

	// In, Out and Environ stand in for the terminal's in tests.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// begin sets apart what the session does from what the screen can change, which is
// nothing of a recorded profile.
func (o *Options) begin() (err error) {
	o.lesions, o.back = o.Model.Lesions, o.Session.Backward != nil
	if len(o.lesions) > 0 && o.Recorded == nil {
		o.Model, err = resnet.Build(o.Model.Config)
	}
	o.Session.Pass = nn.Pass{Mode: o.Session.Mode}
	return err
}

// first makes the rows to begin with: of the recorded program, or of the one that
// the device would compile.
func (o *Options) first() (*tree, error) {
	m := o.Model.Model
	if o.Recorded != nil {
		r, err := profile.NewReplay(o.Recorded, m)
		if err != nil {
			return nil, err
		}
		o.replay = r
		return newTree(m, r.Lowered, r.Kernels), nil
	}
	lowered, kernels, err := nn.Fusions(o.Device, m, o.Session)
	if err != nil {
		return nil, err
	}
	return newTree(m, lowered, kernels), nil
}

// limit is the memory that a program may take, 0 if unknown.
func (o *Options) limit() int64 {
	if o.MemoryLimit > 0 {
		return o.MemoryLimit
	}
	return o.Device.Info().Memory
}

// input is what goes into a model: the images that were given, repeated or cut
// to its batch, or seeded noise.
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
