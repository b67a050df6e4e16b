package tui

import (
	"context"
	"errors"
	"testing"
	"time"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// fake is a device that computes nothing: each kernel takes the time that its
// multiply-adds would on a machine of 100 GMAC/s, a little more each pass.
func fake(change func(d *tensortest.Fake)) *tensortest.Fake {
	d := &tensortest.Fake{
		About: tensor.Info{ID: "cpu", Name: "Fake 1", Cores: 2, Kernels: "avx2", Features: []string{"avx2", "fma"}},
		Peak:  tensor.Ceilings{FLOPS: 200e9, BytesPerSecond: 20e9}, Memory: fakeMemory, Kernel: fakeKernel, Time: fakeTime,
		Value: func(_ tensor.BufferID, i int) float32 { return float32(i%7) + 0.5 },
	}
	if change != nil {
		change(d)
	}
	return d
}

// fakeMemory gives each buffer a life from its writer to its last reader.
func fakeMemory(p *tensor.Plan) tensor.MemoryPlan {
	m := tensor.MemoryPlan{WeightBytes: 100 << 20, ScratchBytes: 1 << 20, PeakOp: 2}
	m.Blocks = make([]tensor.Block, len(p.Buffers))
	for i, b := range p.Buffers {
		m.Blocks[i] = tensor.Block{Buffer: tensor.BufferID(i), Offset: int64(i) << 32, Bytes: b.Bytes()}
		m.ArenaBytes = max(m.ArenaBytes, 3*b.Bytes())
	}
	for at, op := range p.Ops {
		for _, in := range op.In {
			m.Blocks[in].Last = at
		}
		for _, out := range op.Out {
			m.Blocks[out].First, m.Blocks[out].Last = at, at
		}
	}
	return m
}

func fakeKernel(p *tensor.Plan, k tensor.KernelInfo) tensor.KernelInfo {
	name := "generic"
	if p.Ops[k.Op].Kind == tensor.Conv2d {
		name = "avx2 6×16"
	}
	return tensor.KernelInfo{Name: name, FLOPs: 1e6, Bytes: 1e5}
}

// fakeTime is what a kernel takes in a pass.
func fakeTime(p *tensor.Plan, k tensor.KernelInfo, pass int) time.Duration {
	op := p.Ops[k.Op]
	work := p.OutShape(k.Op).Elems() / 8
	if op.Kind == tensor.Conv2d || op.Kind == tensor.Linear {
		w := p.Params[op.Params[0]].Shape
		work = p.OutShape(k.Op).Elems() * w.Elems() / w[0] / 100
	}
	return time.Duration(work + work*(pass%5)/200 + 1000)
}

var errFake = errors.New("the fake\ndevice is broken")

// build is the net of a name.
func build(t testing.TB, arch string) *resnet.Model {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// lower is the plan of a net.
func lower(t testing.TB, m *nn.Model, o nn.Pass) *nn.Lowered {
	t.Helper()
	l, err := m.Lower(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// plannedTree is the tree of a net before it is compiled.
func plannedTree(t testing.TB, m *resnet.Model, o nn.Pass, fuse bool) *tree {
	t.Helper()
	l := lower(t, m.Model, o)
	return newTree(m.Model, l, fake(nil).Program(l.Plan, fuse).Kernels())
}

// still is an engine at rest: it keeps what it is asked for.
type still struct {
	about live.About
	state live.State
	asked []live.Request
}

func (e *still) About() *live.About       { return &e.about }
func (e *still) State() *live.State       { return &e.state }
func (e *still) Changed() <-chan struct{} { return nil }
func (e *still) Done() <-chan struct{}    { return nil }
func (e *still) Send(r live.Request)      { e.asked = append(e.asked, r) }

// screen is a Model of a net that does not run, of w×h cells.
func screen(t testing.TB, arch string, w, h int) *Model {
	t.Helper()
	m := build(t, arch)
	d := fake(func(d *tensortest.Fake) { d.About.Memory = 8 << 30 })
	l, would, err := nn.Estimate(d, m.Model, nn.SessionOptions{Fuse: true, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	e := &still{about: live.About{
		Model: m, First: live.Program{Model: m.Model, Lowered: l, Kernels: would.Kernels}, Device: d.Info(), Threads: 2,
		Initialised: true, Input: "random",
	}}
	s := New(Options{Engine: e, Version: "v0.1.0"})
	s.w, s.h = w, h
	s.hovered = s.list.selected()
	s.refresh()
	return s
}

// start is a running engine, ended with the test.
func start(t *testing.T, o live.Options) *live.Engine {
	t.Helper()
	e, err := live.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// await polls an engine's state until ok holds.
func await(t *testing.T, e Engine, what string, ok func(*live.State) bool) *live.State {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s := e.State(); ok(s) {
			return s
		}
	}
	t.Fatalf("%s: not reached; the engine is at %+v", what, e.State())
	return nil
}

func isAt(p live.Phase) func(*live.State) bool {
	return func(s *live.State) bool { return s.Phase == p }
}

// recorded passes are kept of a program.
const recorded = 128

// programFor is a program of a net that has made some passes of fake times.
func programFor(t testing.TB, net *nn.Model, fused bool, passes int) *live.Program {
	t.Helper()
	l := lower(t, net, nn.Pass{})
	f := fake(nil).Program(l.Plan, fused)
	p := &live.Program{
		Model: net, Lowered: l, Kernels: f.Kernels(), Memory: f.Memory(), Calibrated: true, Fused: fused,
		Recorder: profile.NewRecorder(l, f.Kernels(), recorded), Layer: func() int { return -1 },
	}
	for range passes {
		record(t, p, f)
	}
	return p
}

// run gives a screen a program that has made some passes of fake times.
func run(t testing.TB, m *Model, fused bool, passes int) {
	t.Helper()
	p := programFor(t, m.about.Model.Model, fused, passes)
	layer := len(m.about.Model.Layers) / 2
	p.Layer = func() int { return layer }
	m.state = &live.State{Phase: live.Running, Desired: live.Settings{Running: true}, Results: live.Results{Program: p}}
	m.adopt(p)
	m.refresh()
	m.sample(true)
}

// record makes one pass, whose wall time is its kernels' and a little.
func record(t testing.TB, p *live.Program, f tensor.Program) {
	t.Helper()
	p.Recorder.Begin(p.Lowered)
	wall := 90 * time.Microsecond
	err := f.Run(context.Background(), tensor.RunOptions{Observe: func(s tensor.Span) {
		p.Recorder.Span(s)
		wall += s.End - s.Start
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Recorder.End(wall)
}

// What tests probe.
var (
	probeFlows = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	probeNorms = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
)
