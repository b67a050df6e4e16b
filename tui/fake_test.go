package tui

import (
	"context"
	"errors"
	"testing"
	"time"

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
	m := tensor.MemoryPlan{WeightBytes: 100 << 20, ScratchBytes: 1 << 20, PeakOp: 2, Blocks: make([]tensor.Block, len(p.Buffers))}
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

// screen is a Model of a net without an engine, of w×h cells.
func screen(t testing.TB, arch string, w, h int) *Model {
	t.Helper()
	m := build(t, arch)
	o := &Options{Model: m, Device: fake(func(d *tensortest.Fake) { d.About.Memory = 8 << 30 }), Version: "v0.1.0", InputName: "random"}
	o.Session = nn.SessionOptions{Fuse: true, Seed: 1, Calibrate: true, Threads: 2}
	first, err := o.first()
	if err != nil {
		t.Fatal(err)
	}
	s := newModel(o, first)
	s.w, s.h = w, h
	s.refresh()
	return s
}

// run gives a screen a program that has made some passes of fake times.
func run(t testing.TB, m *Model, fused bool, passes int) {
	t.Helper()
	l := lower(t, m.opts.Model.Model, nn.Pass{})
	f := fake(nil).Program(l.Plan, fused)
	layer := 0
	p := &program{
		model: m.opts.Model.Model, lowered: l, kernels: f.Kernels(), memory: f.Memory(), calibrated: true, fused: fused,
		recorder: profile.NewRecorder(l, f.Kernels(), recorded), progress: func() int { return layer },
	}
	for range passes {
		record(t, p, f)
	}
	layer = len(m.opts.Model.Layers) / 2
	m.state = &state{phase: running, on: true, program: p}
	m.adopt(p)
	m.refresh()
	m.sample(true)
}

// record makes one pass, whose wall time is its kernels' and a little.
func record(t testing.TB, p *program, f tensor.Program) {
	t.Helper()
	p.recorder.Begin(p.lowered)
	wall := 90 * time.Microsecond
	err := f.Run(context.Background(), tensor.RunOptions{Observe: func(s tensor.Span) {
		p.recorder.Span(s)
		wall += s.End - s.Start
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.recorder.End(wall)
}

// What tests probe.
var (
	probeFlows = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	probeNorms = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
)
