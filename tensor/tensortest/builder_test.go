package tensortest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// block is a small net with a residual block and a dropout.
func block(train bool) (*tensortest.Builder, tensor.BufferID) {
	b := &tensortest.Builder{}
	x := b.ReLU(b.Norm(b.Conv(b.Input(4, 3, 6, 5), 8, tensor.Square(3, 1, 1), 1, false), train))
	y := b.Norm(b.Conv(x, 8, tensor.Square(3, 1, 1), 2, true), train)
	x = b.ReLU(b.Add(y, x, tensor.NoScalar))
	x = b.Dropout(b.Flatten(b.AvgPool(x, 1, 1)), 0.3, train, b.Scalar("seed"))
	return b, b.Linear(x, 5, true)
}

// TestTrainIsValid: every parameter that an optimiser may change gets one
// update, in both modes.
func TestTrainIsValid(t *testing.T) {
	for _, train := range []bool{false, true} {
		b, logits := block(train)
		learnable := 0
		for _, p := range b.Params {
			if p.Role.Learnable() {
				learnable++
			}
		}
		b.Train(logits, tensor.Kept)
		if err := b.Validate(); err != nil {
			t.Fatal(err)
		}
		updates := 0
		for _, op := range b.Ops {
			if op.Kind == tensor.SGD {
				updates++
			}
		}
		if updates != learnable || len(b.Find(tensor.Kept)) != learnable {
			t.Errorf("train %v: %d updates and %d gradients of %d parameters",
				train, updates, len(b.Find(tensor.Kept)), learnable)
		}
	}
}

// TestReferenceUsage counts programs and states, and refuses what is over the
// limit.
func TestReferenceUsage(t *testing.T) {
	b, logits := block(false)
	b.Output(logits)
	d := tensortest.Reference()
	need, err := d.Estimate(&b.Plan, tensor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d.Limit = need.Memory.Total()
	s, err := d.NewState(b.Params, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Compile(&b.Plan, s, tensor.Options{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	var m *tensor.MemoryError
	if _, err := d.Compile(&b.Plan, s, tensor.Options{}); !errors.As(err, &m) || m.Have != 0 {
		t.Errorf("a second program gives %v", err)
	}
	if u := d.Usage(); u != (tensortest.Usage{Compiled: 1, Programs: 1, States: 1, Bytes: need.Memory.Total()}) {
		t.Errorf("while it is open: %+v", u)
	}
	for range 2 {
		if err := errors.Join(p.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	}
	if u := d.Usage(); u != (tensortest.Usage{Compiled: 1, ClosedTwice: 2}) {
		t.Errorf("after it was closed: %+v", u)
	}
}

// TestFakeDoesAsScripted: names, costs, times, values and memory.
func TestFakeDoesAsScripted(t *testing.T) {
	b, logits := block(false)
	b.Output(logits)
	f := &tensortest.Fake{
		About:  tensor.Info{Name: "fake"},
		Memory: func(*tensor.Plan) tensor.MemoryPlan { return tensor.MemoryPlan{ArenaBytes: 5} },
		Kernel: func(p *tensor.Plan, k tensor.KernelInfo) tensor.KernelInfo {
			return tensor.KernelInfo{Name: p.Ops[k.Op].Path, FLOPs: 7}
		},
		Time: func(_ *tensor.Plan, k tensor.KernelInfo, pass int) time.Duration {
			return time.Duration(100*pass + k.Op)
		},
		Value: func(id tensor.BufferID, i int) float32 { return float32(int(id)*1000 + i) },
	}
	p, err := f.Compile(&b.Plan, nil, tensor.Options{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	ks := p.Kernels()
	if k := ks[0]; k.Name != "op0" || k.FLOPs != 7 || !slices.Equal(k.Absorbed, []int{1, 2}) || len(ks) != 6 {
		t.Errorf("%d kernels, first %+v", len(ks), k)
	}
	var ends []time.Duration
	o := tensor.RunOptions{Observe: func(s tensor.Span) { ends = append(ends, s.End-s.Start) }}
	for pass := 1; pass <= 2; pass++ {
		if err := p.Run(context.Background(), o); err != nil || ends[0] != time.Duration(100*pass) {
			t.Errorf("pass %d: first kernel %v, error %v", pass, ends[0], err)
		}
		ends = nil
	}
	x := tensor.New(b.Shape(logits)...)
	if err := p.Read(logits, x); err != nil || x.Data[2] != float32(int(logits)*1000+2) {
		t.Errorf("read %v, error %v", x.Data, err)
	}
	if f.Ran() != int64(2*len(ks)) || p.Memory().ArenaBytes != 5 || f.Info().Name != "fake" {
		t.Errorf("%d kernels ran, memory %+v", f.Ran(), p.Memory())
	}
}

// TestFakeFailsAsScripted: errors, and a panic.
func TestFakeFailsAsScripted(t *testing.T) {
	b, logits := block(false)
	b.Output(logits)
	broken := errors.New("broken")
	var f tensortest.Fake
	p, err := f.Compile(&b.Plan, nil, tensor.Options{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	if f.RunError = broken; !errors.Is(p.Run(context.Background(), tensor.RunOptions{}), broken) {
		t.Error("the scripted error of Run is lost")
	}
	if f.CompileError = broken; !errors.Is(second(f.Compile(&b.Plan, nil, tensor.Options{})), broken) {
		t.Error("the scripted error of Compile is lost")
	}
	f.RunPanic = "lost"
	defer func() {
		if recover() != "lost" {
			t.Error("Run does not panic as scripted")
		}
	}()
	p.Run(context.Background(), tensor.RunOptions{})
}

func second[T any](_ T, err error) error { return err }
