package tui

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// fakeDevice runs plans without computing: each kernel takes the time that its
// multiply-adds would on a machine of 100 GMAC/s, a little more each pass.
type fakeDevice struct {
	memory  int64
	pace    time.Duration // really slept in each operation
	refuse  error         // of Compile
	broken  error         // of Run
	panics  bool
	compile chan struct{} // if not nil, Compile waits for it
	running atomic.Int64  // operations run
}

func (d *fakeDevice) Info() tensor.Info {
	return tensor.Info{ID: "cpu", Name: "Fake 1", Cores: 2, Memory: d.memory, Kernels: "avx2", Features: []string{"avx2", "fma"}}
}
func (d *fakeDevice) Close() error { return nil }
func (d *fakeDevice) NewState([]tensor.Param, tensor.Source) (tensor.State, error) {
	return &fakeState{}, nil
}

type fakeState struct{}

func (*fakeState) Write(string, *tensor.Tensor) error { return nil }
func (*fakeState) Read(string, *tensor.Tensor) error  { return nil }
func (*fakeState) Version() uint64                    { return 0 }
func (*fakeState) Close() error                       { return nil }

func (d *fakeDevice) Estimate(p *tensor.Plan, o tensor.Options) (tensor.Estimate, error) {
	r := fakeProgram{plan: p, groups: p.Groups(o.Fuse)}
	return tensor.Estimate{Kernels: r.Kernels(), Memory: fakeMemory(p)}, nil
}

func (d *fakeDevice) Ceilings(context.Context, int) (tensor.Ceilings, error) {
	return tensor.Ceilings{FLOPS: 200e9, BytesPerSecond: 20e9}, nil
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

func (d *fakeDevice) Compile(p *tensor.Plan, _ tensor.State, o tensor.Options) (tensor.Program, error) {
	if o.Progress != nil {
		o.Progress(1, 3)
	}
	if d.compile != nil {
		<-d.compile
	}
	if d.refuse != nil {
		return nil, d.refuse
	}
	if o.Progress != nil {
		o.Progress(3, 3)
	}
	r := &fakeProgram{device: d, plan: p, groups: p.Groups(o.Fuse), memory: fakeMemory(p)}
	r.at.Store(-1)
	return r, nil
}

type fakeProgram struct {
	device *fakeDevice
	plan   *tensor.Plan
	groups []tensor.Group
	memory tensor.MemoryPlan
	at     atomic.Int64
	mu     sync.Mutex
	passes int
}

func (p *fakeProgram) Kernels() (infos []tensor.KernelInfo) {
	for _, g := range p.groups {
		name := "generic"
		if p.plan.Ops[g.Head].Kind == tensor.Conv2d {
			name = "avx2 6×16"
		}
		infos = append(infos, tensor.KernelInfo{Op: g.Head, Absorbed: g.Absorbed, Name: name, FLOPs: 1e6, Bytes: 1e5})
	}
	return infos
}
func (p *fakeProgram) Memory() tensor.MemoryPlan                   { return p.memory }
func (p *fakeProgram) Write(tensor.BufferID, *tensor.Tensor) error { return nil }
func (p *fakeProgram) Progress() int                               { return int(p.at.Load()) }
func (p *fakeProgram) Close() error                                { return nil }
func (p *fakeProgram) Read(id tensor.BufferID, t *tensor.Tensor) error {
	for i := range t.Data {
		t.Data[i] = float32(i%7) + 0.5
	}
	return nil
}

func (p *fakeProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	if p.device.panics {
		panic("a kernel lost its way")
	}
	if p.device.broken != nil {
		return p.device.broken
	}
	p.mu.Lock()
	p.passes++
	pass := p.passes
	p.mu.Unlock()
	defer p.at.Store(-1)
	for _, g := range p.groups {
		if g.Head < o.From || o.To > 0 && g.Head >= o.To {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.at.Store(int64(g.Head))
		p.device.running.Add(1)
		time.Sleep(p.device.pace)
		if o.Observe != nil {
			o.Observe(tensor.Span{Op: g.Head, End: fakeTime(p.plan, g, pass)})
		}
	}
	return nil
}

// fakeTime is what a kernel takes in a pass.
func fakeTime(p *tensor.Plan, g tensor.Group, pass int) time.Duration {
	op := p.Ops[g.Head]
	work := p.OutShape(g.Head).Elems() / 8
	if op.Kind == tensor.Conv2d || op.Kind == tensor.Linear {
		w := p.Params[op.Params[0]].Shape
		work = p.OutShape(g.Head).Elems() * w.Elems() / w[0] / 100
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
func lower(t testing.TB, m *nn.Model, o nn.LowerOptions) *nn.Lowered {
	t.Helper()
	l, err := m.Lower(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// plannedTree is the tree of a net before it is compiled.
func plannedTree(whole, m *resnet.Model, l *nn.Lowered) *tree {
	return newTree(whole.Model, m.Model, l, plannedKernels(l))
}

// screen is a Model of a net without an engine, of w×h cells.
func screen(t testing.TB, arch string, w, h int) *Model {
	t.Helper()
	m := build(t, arch)
	o := &Options{Model: m, Device: &fakeDevice{memory: 8 << 30}, Version: "v0.1.0", InputName: "random"}
	o.Session = nn.SessionOptions{Fuse: true, Seed: 1, Calibrate: true, Threads: 2}
	s := newModel(o, lower(t, m.Model, nn.LowerOptions{Fuse: true}))
	s.w, s.h = w, h
	s.refresh()
	return s
}

// run gives a screen a program that has made some passes of fake times.
func run(t testing.TB, m *Model, fused bool, passes int) {
	t.Helper()
	l := lower(t, m.opts.Model.Model, nn.LowerOptions{Fuse: fused})
	f := &fakeProgram{device: &fakeDevice{}, plan: l.Plan, groups: l.Groups, memory: fakeMemory(l.Plan)}
	layer := 0
	p := &program{
		whole: m.opts.Model.Model, model: m.opts.Model.Model, lowered: l, kernels: f.Kernels(), memory: f.memory, calibrated: true, fused: fused,
		recorder: profile.NewRecorder(l, m.opts.Model.Model, recorded), progress: func() int { return layer },
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
func record(t testing.TB, p *program, f *fakeProgram) {
	t.Helper()
	p.recorder.Begin(p.lowered)
	wall := 90 * time.Microsecond
	err := f.Run(context.Background(), tensor.RunOptions{Observe: func(s tensor.Span) {
		p.recorder.Span(s)
		wall += s.End
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.recorder.End(wall)
}
