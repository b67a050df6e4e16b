package report

import (
	"context"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// fakeNet is a CIFAR net whose groups take 1, 2, 3 … ms; nothing is computed.
type fakeNet struct {
	model   *nn.Model
	config  resnet.Config
	lowered *nn.Lowered
	options nn.SessionOptions
	logits  *tensor.Tensor
}

func newFakeNet(t *testing.T, fuse, moments bool) *fakeNet {
	t.Helper()
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet8", Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(nn.LowerOptions{Fuse: fuse, Moments: moments})
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeNet{model: m.Model, config: m.Config, lowered: l, options: nn.SessionOptions{Fuse: fuse}, logits: tensor.New(2, 10)}
	for i := range f.logits.Data {
		f.logits.Data[i] = float32(i * 7 % 11)
	}
	return f
}

func (f *fakeNet) Model() *nn.Model                { return f.model }
func (f *fakeNet) Lowered() *nn.Lowered            { return f.lowered }
func (f *fakeNet) Options() nn.SessionOptions      { return f.options }
func (f *fakeNet) Logits() (*tensor.Tensor, error) { return f.logits, nil }
func (f *fakeNet) Memory() tensor.MemoryPlan {
	return tensor.MemoryPlan{ArenaBytes: 1 << 20, WeightBytes: 300_000}
}

func (f *fakeNet) Stats(layer int) (mean, std float64, ok bool) {
	if f.lowered.Moments[layer] == tensor.NoBuffer {
		return 0, 0, false
	}
	return float64(layer), 1, true
}

func (f *fakeNet) Kernels() (kernels []tensor.KernelInfo) {
	for _, g := range f.lowered.Groups {
		kernels = append(kernels, tensor.KernelInfo{Op: g.Head, Absorbed: g.Absorbed, Name: "fake", FLOPs: 1e6,
			Bytes: 1e5})
	}
	return kernels
}

func (f *fakeNet) Run(ctx context.Context, obs nn.Observer) error {
	if obs == nil {
		return nil
	}
	obs.Begin(f.lowered)
	at := time.Duration(0)
	for i, g := range f.lowered.Groups {
		end := at + time.Duration(i+1)*time.Millisecond
		obs.Span(tensor.Span{Op: g.Head, Start: at, End: end})
		at = end
	}
	obs.End(at + time.Millisecond)
	return nil
}

// recorded is a recorder of one pass.
func (f *fakeNet) recorded(t *testing.T) *profile.Recorder {
	t.Helper()
	r := profile.NewRecorder(f.lowered, f.model, 1)
	if err := f.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// net is the model as one of the family.
func (f *fakeNet) net() *resnet.Model { return &resnet.Model{Model: f.model, Config: f.config} }
