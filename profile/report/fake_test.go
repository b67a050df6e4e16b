package report

import (
	"context"
	"slices"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// fakeNet is a CIFAR net whose kernels take 1, 2, 3 … ms; nothing is computed.
type fakeNet struct {
	program tensor.Program
	model   *nn.Model
	config  resnet.Config
	lowered *nn.Lowered
	options nn.SessionOptions
	logits  *tensor.Tensor
}

func newFakeNet(t *testing.T, fuse, moments bool) *fakeNet {
	t.Helper()
	o := nn.SessionOptions{Fuse: fuse}
	if moments {
		o.Probes = []nn.Probe{{At: nn.EveryLayer, What: nn.Moments}}
	}
	return newFakeSession(t, o)
}

// newFakeSession is one of cifar_resnet8 on two images.
func newFakeSession(t *testing.T, o nn.SessionOptions) *fakeNet {
	t.Helper()
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet8", Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	device := &tensortest.Fake{Memory: fakeMemory, Kernel: fakeKernel}
	l, _, err := nn.Estimate(device, m.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeNet{model: m.Model, config: m.Config, lowered: l, options: o, logits: tensor.New(2, 10)}
	device.Time = f.time
	f.program = device.Program(l.Plan, o.Fuse)
	for i := range f.logits.Data {
		f.logits.Data[i] = float32(i * 7 % 11)
	}
	return f
}

func (f *fakeNet) Model() *nn.Model                { return f.model }
func (f *fakeNet) Lowered() *nn.Lowered            { return f.lowered }
func (f *fakeNet) Options() nn.SessionOptions      { return f.options }
func (f *fakeNet) Logits() (*tensor.Tensor, error) { return f.logits, nil }
func (f *fakeNet) Memory() tensor.MemoryPlan       { return f.program.Memory() }
func (f *fakeNet) Kernels() []tensor.KernelInfo    { return f.program.Kernels() }

func fakeMemory(*tensor.Plan) tensor.MemoryPlan {
	return tensor.MemoryPlan{ArenaBytes: 1 << 20, WeightBytes: 300_000}
}

func fakeKernel(*tensor.Plan, tensor.KernelInfo) tensor.KernelInfo {
	return tensor.KernelInfo{Name: "fake", FLOPs: 1e6, Bytes: 1e5}
}

// time is the time of a kernel: its number, from 1, in milliseconds.
func (f *fakeNet) time(_ *tensor.Plan, k tensor.KernelInfo, _ int) time.Duration {
	i := slices.IndexFunc(f.Kernels(), func(o tensor.KernelInfo) bool { return o.Op == k.Op })
	return time.Duration(i+1) * time.Millisecond
}

func (f *fakeNet) Stats(layer int) (mean, std float64, ok bool) {
	if _, ok := f.lowered.Site(nn.Probe{At: f.model.Layers[layer].At(), What: nn.Moments}); !ok {
		return 0, 0, false
	}
	return float64(layer), 1, true
}

// Run plays a pass whose wall time is that of its kernels plus 1 ms.
func (f *fakeNet) Run(ctx context.Context, obs nn.Observer) error {
	if obs == nil {
		return nil
	}
	obs.Begin(f.lowered)
	wall := time.Millisecond
	err := f.program.Run(ctx, tensor.RunOptions{Observe: func(s tensor.Span) {
		obs.Span(s)
		wall += s.End - s.Start
	}})
	obs.End(wall)
	return err
}

// recorded is a recorder of one pass.
func (f *fakeNet) recorded(t *testing.T) *profile.Recorder {
	t.Helper()
	r := profile.NewRecorder(f.lowered, f.Kernels(), 1)
	if err := f.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// net is the model as one of the family.
func (f *fakeNet) net() *resnet.Model { return &resnet.Model{Model: f.model, Config: f.config} }
