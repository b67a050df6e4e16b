package live

import (
	"context"
	"errors"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

var errFake = errors.New("the fake device is broken")

// device is a fake whose compilations can be held up and fail. Its fields may change
// while no task runs.
type device struct {
	*tensortest.Fake
	compiling func()                     // if not nil, called when a compilation begins
	rejects   func(p *tensor.Plan) error // if not nil, why a plan can't be compiled
}

func (d *device) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	if d.compiling != nil {
		d.compiling()
	}
	if d.rejects != nil {
		if err := d.rejects(p); err != nil {
			return nil, err
		}
	}
	return d.Fake.Compile(p, s, o)
}

// fake is a device that computes nothing: what is read from it is 0.5, 1.5, … 6.5
// over and over again.
func fake(change func(d *device)) *device {
	d := &device{Fake: &tensortest.Fake{
		About: tensor.Info{ID: "cpu", Name: "Fake 1", Cores: 2},
		Memory: func(p *tensor.Plan) tensor.MemoryPlan {
			m := tensor.MemoryPlan{WeightBytes: 100 << 20, ScratchBytes: 1 << 20}
			for _, b := range p.Buffers {
				m.ArenaBytes = max(m.ArenaBytes, 3*b.Bytes())
			}
			return m
		},
		Time:  func(*tensor.Plan, tensor.KernelInfo, int) time.Duration { return time.Microsecond },
		Value: func(_ tensor.BufferID, i int) float32 { return float32(i%7) + 0.5 },
	}}
	if change != nil {
		change(d)
	}
	return d
}

// slow makes each kernel of a device take a time.
func slow(kernel time.Duration) func(*device) {
	return func(d *device) { d.Delay = kernel }
}

func build(t testing.TB, arch string, lesions ...nn.Lesion) *resnet.Model {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	m, err := resnet.Build(c, lesions...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small are options for a small net on a device.
func small(t testing.TB, d tensor.Device) Options {
	t.Helper()
	return Options{
		Model: build(t, "cifar_resnet20"), Device: d, Session: nn.SessionOptions{Fuse: true, Seed: 1, Threads: 2},
	}
}

// start is an engine that is ended with the test.
func start(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// startPaused is an engine for a small net that does not run yet.
func startPaused(t testing.TB, d tensor.Device) *Engine {
	t.Helper()
	o := small(t, d)
	o.Paused = true
	e := start(t, o)
	await(t, e, "a pause", isAt(Paused))
	return e
}

// await polls an engine's state until ok holds.
func await(t testing.TB, e *Engine, what string, ok func(*State) bool) *State {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s := e.State(); ok(s) {
			return s
		}
	}
	t.Fatalf("%s: not reached; the engine is at %+v", what, e.State())
	return nil
}

func isAt(p Phase) func(*State) bool { return func(s *State) bool { return s.Phase == p } }

// ran is the condition that the program has made passes.
func ran(passes int) func(*State) bool {
	return func(s *State) bool { return s.Phase == Running && s.Program.Recorder.Passes() >= passes }
}
