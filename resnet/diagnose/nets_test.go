package diagnose_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/diagnose"
	"resnet-tui/resnet/nn"
	"resnet-tui/resnet/vision"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
)

// shared is the folder of real weights and images, which isn't part of the project.
const shared = "../../../shared/data"

var device = sync.OnceValue(func() tensor.Device {
	dev, err := cpu.New(cpu.Config{})
	if err != nil {
		panic(err)
	}
	return dev
})

// patient is a net with all that a diagnosis takes.
type patient struct {
	name    string
	model   *resnet.Model
	weights parameters // nil: the initialisation
	mode    nn.Mode    // of the backward pass
	given   diagnose.Given
	noCalib bool
}

// parameters are tensors by name, and a source.
type parameters map[string]*tensor.Tensor

// Load copies a parameter.
func (p parameters) Load(param tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, p[param.Name].Data)
	return nil
}

// evidence gathers it.
func (p *patient) evidence(t testing.TB) *diagnose.Evidence {
	t.Helper()
	o := nn.SessionOptions{Seed: 1, Calibrate: !p.noCalib}
	o.Mode = p.mode
	if p.weights != nil {
		o.Source = p.weights
	}
	e, err := diagnose.Gather(t.Context(), device(), p.model.Model, o, p.given)
	if err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	return e
}

// clone is a patient whose weights, images and labels can be changed.
func (p *patient) clone() *patient {
	c := *p
	c.weights = maps.Clone(p.weights)
	for name, t := range c.weights {
		c.weights[name] = copyOf(t)
	}
	c.given.Images = copyOf(p.given.Images)
	c.given.Labels = append([]int(nil), p.given.Labels...)
	c.given.Target = append([]int(nil), p.given.Target...)
	return &c
}

func copyOf(t *tensor.Tensor) *tensor.Tensor {
	c := tensor.New(t.Shape...)
	copy(c.Data, t.Data)
	return c
}

func build(c resnet.Config, lesions ...nn.Lesion) *resnet.Model {
	m, err := resnet.Build(c, lesions...)
	if err != nil {
		panic(err)
	}
	return m
}

// fresh is a net of He's initialisation on noise, with a backward pass.
func fresh(c resnet.Config) *patient {
	m := build(c)
	target := nn.RandomTarget(1, m.Batch(), m.Classes())
	return &patient{
		name: "fresh " + m.Name, model: m, mode: nn.Train,
		given: diagnose.Given{Images: nn.RandomInput(1, m.Root.In), Target: target, Backward: true, Rate: 0.1 * float64(m.Batch()) / 256, Momentum: 0.9, Decay: 1e-4},
	}
}

// trained is a net with weights, images and their labels.
func trained(name string, c resnet.Config, weights parameters, images *tensor.Tensor, labels []int) *patient {
	c.Batch = len(labels)
	p := &patient{name: name, model: build(c), weights: weights, mode: nn.Train}
	p.given = diagnose.Given{Images: images, Real: true, Trained: true, Labels: labels, Target: labels,
		Backward: true, Rate: 0.01, Momentum: 0.9, Decay: 1e-4}
	if p.model.Config.Shortcut == resnet.ShortcutA && !p.model.Config.Plain {
		c.Shortcut = resnet.ShortcutAEnd
		p.given.Twin, p.given.TwinName = build(c).Model, "A-end"
	}
	return p
}

// included are the nets that come with the program.
func included(name string) *patient {
	net, err := builtin.Find(name)
	if err != nil {
		panic(err)
	}
	f, err := net.Open()
	if err != nil {
		panic(err)
	}
	images, labels, err := builtin.Samples()
	if err != nil {
		panic(err)
	}
	return trained(name, net.Config(), load(f, build(net.Config())), images, labels)
}

// load reads all parameters of a net.
func load(f *checkpoint.File, m *resnet.Model) parameters {
	source, err := f.Source(m.Params)
	if err != nil {
		panic(err)
	}
	all := parameters{}
	for _, p := range m.Params {
		t := tensor.New(p.Shape...)
		if err := source.Load(p, t); err != nil {
			panic(err)
		}
		all[p.Name] = t
	}
	return all
}

// cifar is a net of the folder of real weights; nil without it.
func cifar(depth int, file string, batch int) *patient {
	f, err := checkpoint.Open(filepath.Join(shared, file))
	if err != nil {
		return nil
	}
	data, err := vision.OpenData("cifar10:"+filepath.Join(shared, "cifar10_test_lossless_846.bin"), vision.DataOptions{})
	if err != nil {
		return nil
	}
	images, labels := batchOf(data, 0, batch, resnet.Config{Height: 32, Width: 32})
	c := resnet.Config{Family: resnet.CIFAR, Depth: depth, Batch: batch}
	return trained(fmt.Sprintf("CIFAR-10 resnet%d", depth), c, load(f, build(c)), images, labels)
}

// batchOf reads images, of which it takes the upper left corner.
func batchOf(data vision.Dataset, first, n int, c resnet.Config) (*tensor.Tensor, []int) {
	ch, h, w := data.Shape()
	t, labels, whole := tensor.New(n, ch, c.Height, c.Width), make([]int, n), make([]float32, ch*h*w)
	at := 0
	for i := range labels {
		var err error
		if labels[i], err = data.Read((first+i)%data.Len(), whole); err != nil {
			panic(err)
		}
		for y := range ch * c.Height {
			from := (y/c.Height*h + y%c.Height) * w
			at += copy(t.Data[at:at+c.Width], whole[from:from+c.Width])
		}
	}
	return t, labels
}

// warm makes the colours of stripes those of the evening: a lot of red, little blue.
func warm(t *tensor.Tensor) *tensor.Tensor {
	plane := t.Shape[2] * t.Shape[3]
	for i := range t.Data {
		switch i / plane % 3 {
		case 0:
			t.Data[i] = 0.9*t.Data[i] + 0.6
		case 2:
			t.Data[i] = 0.5*t.Data[i] - 0.7
		}
	}
	return t
}

// stripes is a batch of the generated data set.
func stripes(first, n, side int) (*tensor.Tensor, []int) {
	data, err := vision.OpenData("synthetic:4000", vision.DataOptions{Split: vision.Train, Seed: 1})
	if err != nil {
		panic(err)
	}
	t, labels := batchOf(data, first, n, resnet.Config{Height: side, Width: side})
	return warm(t), labels
}

const (
	stripeSide  = 16
	stripeBatch = 32
	stripeSteps = 60
)

// shortTrained is a net after a few steps on stripes, and after some more that change
// nothing but its running statistics.
func shortTrained(c resnet.Config) *patient {
	c.Height, c.Width, c.Batch = stripeSide, stripeSide, stripeBatch
	m := build(c)
	o := nn.SessionOptions{Pass: nn.TrainingStep(0, nn.SGD{Momentum: 0.9, Decay: 1e-4}), Fuse: true, Seed: 1}
	ctx := context.Background()
	s, err := nn.NewSession(ctx, device(), m.Model, o)
	if err != nil {
		panic(err)
	}
	defer s.Close()
	for step := range stripeSteps + 25 {
		images, labels := stripes(step*stripeBatch, stripeBatch, stripeSide)
		rate := 0.05
		if step >= stripeSteps {
			rate = 0
		}
		for _, err := range []error{s.SetInput(images), s.SetTarget(labels), s.SetLearningRate(rate), s.Run(ctx, nil)} {
			if err != nil {
				panic(err)
			}
		}
	}
	weights := parameters{}
	for _, p := range m.Params {
		weights[p.Name] = tensor.New(p.Shape...)
		if err := s.State().Read(p.Name, weights[p.Name]); err != nil {
			panic(err)
		}
	}
	images, labels := stripes(3500, 20, stripeSide)
	return trained("short-trained "+m.Name, c, weights, images, labels)
}
