package cpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"resnet-tui/tensor"
)

// residualPlan is a small net of random blocks: what the family is made of,
// with skips that live long, probes and odd sizes.
func residualPlan(r *rand.Rand) *tensor.Plan {
	var p planner
	one := func(list ...int) int { return list[r.IntN(len(list))] }
	x := p.input(1+r.IntN(3), one(1, 3, 3, 20), 12+r.IntN(20), 12+r.IntN(20))
	x = p.relu(p.norm(p.conv(x, one(16, 24, 32), tensor.Square(one(3, 7), one(1, 2), one(1, 3)), 1, r.IntN(2) == 0), false))
	if s := p.shape(x); r.IntN(2) == 0 && s[2] > 3 && s[3] > 3 {
		x = p.maxPool(x, tensor.Square(3, 2, 1), r.IntN(2) == 0)
	}
	for range 2 + r.IntN(4) {
		x = p.block(r, x)
		if r.IntN(4) == 0 {
			p.moments(x)
		}
	}
	p.output(p.linear(p.flatten(p.avgPool(x, 1+r.IntN(2), 1)), 1+r.IntN(30), true))
	return &p.Plan
}

// block adds a residual block.
func (p *planner) block(r *rand.Rand, x tensor.BufferID) tensor.BufferID {
	c := p.shape(x)[1]
	stride, k := 1, c
	if r.IntN(3) == 0 {
		stride, k = 2, c+16*r.IntN(2)
	}
	// Statistics of a handful of values are ill-conditioned, whoever computes them.
	train := p.shape(x).Elems()/c/stride/stride > 40 && r.IntN(5) == 0
	y := p.relu(p.norm(p.conv(x, k, tensor.Square(3, stride, 1), 1, false), train))
	if r.IntN(2) == 0 && k%8 == 0 {
		y = p.relu(p.norm(p.conv(y, k, tensor.Square(3, 1, 1), k/8, false), false))
	}
	kernel := 1 + 2*r.IntN(2)
	y = p.norm(p.conv(y, k, tensor.Square(kernel, 1, kernel/2), 1, false), train)
	skip := x
	if !p.shape(x).Equal(p.shape(y)) {
		if r.IntN(2) == 0 {
			skip = p.norm(p.conv(x, k, tensor.Square(1, stride, 0), 1, false), false)
		} else {
			skip = p.pad(x, stride, (k-c)/2, k-c-(k-c)/2)
		}
	}
	return p.relu(p.add(y, skip, tensor.NoScalar))
}

func TestResidualPlans(t *testing.T) {
	eachSet(t, func(t *testing.T, d tensor.Device) {
		r := rand.New(rand.NewPCG(7, 8))
		for i := range 40 {
			plan := residualPlan(r)
			for _, fuse := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d fuse %v", i, fuse), func(t *testing.T) {
					compare(t, d, plan, uint64(i), tensor.Options{Threads: 2, Fuse: fuse, Exact: i%2 == 0}, 1e-5)
				})
			}
		}
	})
}

// TestThreadsDoNotChangeBits runs plans twice on each number of threads.
func TestThreadsDoNotChangeBits(t *testing.T) {
	d := open(t, "")
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 12 {
		plan := residualPlan(r)
		var want map[tensor.BufferID][]float32
		for _, threads := range []int{1, 2, 3, 5} {
			p, _ := compile(t, d, plan, 1, tensor.Options{Threads: threads, Fuse: i%2 == 0})
			for range 2 {
				got := runs(t, p, plan, 1, nil)
				if threads == 1 && want == nil {
					want = got
				}
				if hasTrainNorm(plan) { // the second run has other running statistics, but the same results
					p.state.version++
				}
				if !sameBits(got, want) {
					t.Fatalf("plan %d: other bits with %d threads", i, threads)
				}
			}
		}
	}
}

func hasTrainNorm(p *tensor.Plan) bool {
	for i := range p.Ops {
		if p.Ops[i].Train {
			return true
		}
	}
	return false
}

func sameBits(a, b map[tensor.BufferID][]float32) bool {
	for id := range b {
		for i := range b[id] {
			if math.Float32bits(a[id][i]) != math.Float32bits(b[id][i]) {
				return false
			}
		}
	}
	return len(a) == len(b)
}

func TestEstimateIsWhatCompileTakes(t *testing.T) {
	d := open(t, "")
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 10 {
		plan := residualPlan(r)
		o := tensor.Options{Threads: 1 + i%3, Fuse: i%2 == 0}
		want, err := d.Estimate(plan, o)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := compile(t, d, plan, 1, o)
		if got := (tensor.Estimate{Kernels: p.Kernels(), Memory: p.Memory()}); !reflect.DeepEqual(got, want) {
			t.Errorf("estimated %+v, compiled %+v", want, got)
		}
		if n := int64(len(p.arena.data)) * floatBytes; n != want.Memory.ArenaBytes {
			t.Errorf("the arena has %d bytes, not %d", n, want.Memory.ArenaBytes)
		}
	}
}

// TestArenaPlacesDoNotOverlap looks at all pairs of buffers that live at once.
func TestArenaPlacesDoNotOverlap(t *testing.T) {
	d := open(t, "")
	r := rand.New(rand.NewPCG(13, 14))
	for range 20 {
		plan := residualPlan(r)
		e, err := d.Estimate(plan, tensor.Options{Fuse: r.IntN(2) == 0})
		if err != nil {
			t.Fatal(err)
		}
		m := e.Memory
		for i, a := range m.Blocks {
			for _, b := range m.Blocks[:i] {
				// In place, one buffer begins at the operation where the other ends.
				together := a.First < b.Last && b.First < a.Last
				if together && a.Offset < b.Offset+b.Bytes && b.Offset < a.Offset+a.Bytes {
					t.Errorf("%+v and %+v overlap", a, b)
				}
			}
			if a.Offset+a.Bytes > m.ArenaBytes {
				t.Errorf("%+v lies outside the arena of %d bytes", a, m.ArenaBytes)
			}
		}
	}
}

// TestSteppingIsRunning runs an unfused plan operation by operation.
func TestSteppingIsRunning(t *testing.T) {
	d := open(t, "")
	plan := residualPlan(rand.New(rand.NewPCG(15, 16)))
	p, _ := compile(t, d, plan, 1, tensor.Options{Threads: 2})
	want := runs(t, p, plan, 1, nil)
	for i := range plan.Ops {
		if err := p.Run(context.Background(), tensor.RunOptions{From: i, To: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	if !sameBits(readable(t, p, plan), want) {
		t.Error("other bits")
	}
}

func TestSpansCoverEveryGroup(t *testing.T) {
	d := open(t, "")
	plan := residualPlan(rand.New(rand.NewPCG(17, 18)))
	p, _ := compile(t, d, plan, 1, tensor.Options{Threads: 2, Fuse: true})
	for _, workers := range []bool{false, true} {
		spans := map[int]int{}
		err := p.Run(context.Background(), tensor.RunOptions{Workers: workers, Observe: func(s tensor.Span) {
			spans[s.Op]++
			if s.End < s.Start || s.Worker < 0 || s.Worker > 1 {
				t.Errorf("span %+v", s)
			}
			if workers && p.Progress() != s.Op {
				t.Errorf("progress is at %d during %d", p.Progress(), s.Op)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range p.Kernels() {
			if n := spans[k.Op]; n == 0 || !workers && n != 1 {
				t.Errorf("%d spans of %+v, of workers %v", n, k, workers)
			}
		}
	}
	if p.Progress() != -1 {
		t.Errorf("progress is at %d after the run", p.Progress())
	}
}

// TestRunStopsWhenCancelled: a run that is cancelled in its second step ends
// there, and has told of what ended; the next one is whole.
func TestRunStopsWhenCancelled(t *testing.T) {
	d := open(t, "")
	plan := residualPlan(rand.New(rand.NewPCG(19, 20)))
	p, _ := compile(t, d, plan, 1, tensor.Options{Threads: 2})
	ctx, cancel := context.WithCancel(context.Background())
	var begun, told []int
	o := tensor.RunOptions{
		Label: func(op int) context.Context {
			if begun = append(begun, op); len(begun) == 2 {
				cancel()
			}
			return nil
		},
		Observe: func(s tensor.Span) { told = append(told, s.Op) },
	}
	if err := p.Run(ctx, o); !errors.Is(err, context.Canceled) || len(begun) != 2 || !slices.Equal(told, begun) {
		t.Errorf("error %v after %v, told of %v", err, begun, told)
	}
	begun, told = nil, nil
	if err := p.Run(context.Background(), o); err != nil || len(begun) != len(plan.Ops) || !slices.Equal(told, begun) {
		t.Errorf("error %v after %v, told of %v", err, begun, told)
	}
}

func TestRunAllocatesLittle(t *testing.T) {
	d := open(t, "")
	if d.Info().Kernels == "generic" {
		t.Skip("the kernels in plain Go allocate")
	}
	plan := residualPlan(rand.New(rand.NewPCG(21, 22)))
	p, _ := compile(t, d, plan, 1, tensor.Options{Threads: 2, Fuse: true})
	run := func() {
		if err := p.Run(context.Background(), tensor.RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(10, run); n > 8 {
		t.Errorf("%v allocations a run", n)
	}
}

func TestBadRequests(t *testing.T) {
	var p planner
	x := p.input(1, 3, 8, 8)
	y := p.relu(p.conv(x, 4, tensor.Square(3, 1, 1), 1, true))
	p.output(y)
	d := open(t, "")
	prog, s := compile(t, d, &p.Plan, 1, tensor.Options{Fuse: true})
	part := func(from, to int) error {
		return prog.Run(context.Background(), tensor.RunOptions{From: from, To: to})
	}
	foreign, _ := d.NewState(p.Params[:1], values{1})
	empty, _ := d.NewState(p.Params, nil)
	compileOn := func(s tensor.State, o tensor.Options) error {
		_, err := d.Compile(&p.Plan, s, o)
		return err
	}
	for name, err := range map[string]error{
		"a part of a fused program":     part(0, 1),
		"a scalar too many":             prog.Run(context.Background(), tensor.RunOptions{Scalars: []float32{1}}),
		"an input of another shape":     prog.Write(x, tensor.New(1, 3, 8, 9)),
		"reading an input":              prog.Read(x, tensor.New(1, 3, 8, 8)),
		"writing an output":             prog.Write(y, tensor.New(1, 4, 8, 8)),
		"a buffer that is not there":    prog.Read(99, tensor.New(1)),
		"a parameter that is not there": s.Write("nobody", tensor.New(1)),
		"a parameter of another shape":  s.Write("p0", tensor.New(1)),
		"a state without a parameter":   compileOn(foreign, tensor.Options{}),
		"a state without values":        compileOn(empty, tensor.Options{}),
		"no state":                      compileOn(nil, tensor.Options{}),
		"bfloat16":                      compileOn(s, tensor.Options{Precision: tensor.BF16}),
		"too many threads":              compileOn(s, tensor.Options{Threads: 1 << 20}),
		"fewer threads than none":       compileOn(s, tensor.Options{Threads: -1}),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := New(Config{Kernels: "abacus"}); err == nil {
		t.Error("unknown kernels were accepted")
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	if availableMemory() == 0 {
		t.Skip("this system does not tell how much memory is available")
	}
	var p planner
	p.output(p.relu(p.input(1<<12, 64, 1<<12, 1<<10)))
	d := open(t, "")
	s, _ := d.NewState(nil, nil)
	_, err := d.Compile(&p.Plan, s, tensor.Options{})
	var m *tensor.MemoryError
	if !errors.As(err, &m) || m.Need <= m.Have || m.Have <= 0 {
		t.Errorf("error %v", err)
	}
}
