package cpu

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// probedStep is the plan of a training step with histograms of all outputs, of all
// gradients of parameters and of all parameters.
func probedStep(t *testing.T, arch string, batch int) *tensor.Plan {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch = batch
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	pass := nn.TrainingStep(0, nn.SGD{Momentum: 0.9, Decay: 1e-4})
	pass.Probes = []nn.Probe{
		{At: nn.EveryLayer, What: nn.ChannelStats}, {At: nn.EveryParameter, What: nn.Stats},
		{At: nn.EveryParameter, What: nn.ParamStats},
	}
	l, _, err := nn.Fusions(open(t, ""), m.Model, nn.SessionOptions{Pass: pass, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	l.Plan.Buffers[l.Target].Name = "target"
	return l.Plan
}

// runProbed runs a step once and returns what the histograms have counted, by operation.
func runProbed(t *testing.T, plan *tensor.Plan, o tensor.Options, observe *tensor.RunOptions) (*program, map[int][]float32) {
	t.Helper()
	p, _ := compile(t, open(t, ""), plan, 1, o)
	for _, id := range plan.Find(tensor.Input) {
		if err := p.Write(id, tensortest.InputValues(plan, id, 1)); err != nil {
			t.Fatal(err)
		}
	}
	observe.Scalars = slices.Repeat([]float32{1e-4}, len(plan.Scalars))
	if err := p.Run(context.Background(), *observe); err != nil {
		t.Fatal(err)
	}
	got := make(map[int][]float32)
	for i, op := range plan.Ops {
		if op.Kind != tensor.Histogram {
			continue
		}
		for _, id := range op.Out {
			v := tensor.New(plan.Buffers[id].Shape...)
			if err := p.Read(id, v); err != nil {
				t.Fatal(err)
			}
			got[i] = append(got[i], v.Data...)
		}
	}
	return p, got
}

// TestHistogramsRide: fused, each histogram of an activation or of a parameter's gradient
// is counted by the launches of others, with the same bits for any number of threads, and
// with what the next step of a program without fusion counts by itself.
func TestHistogramsRide(t *testing.T) {
	plan := probedStep(t, "cifar_resnet8", 3)
	p, one := runProbed(t, plan, tensor.Options{Fuse: true, Threads: 1}, &tensor.RunOptions{})
	q, two := runProbed(t, plan, tensor.Options{Fuse: true, Threads: 2}, &tensor.RunOptions{})
	riders := make(map[*histogram]bool)
	for _, ln := range p.launches {
		for _, ph := range ln.phases {
			riders[ph.rider] = true
		}
	}
	for _, ln := range p.launches {
		op := p.head(ln)
		if h := ln.histogram; h != nil && len(op.In) > 0 && riders[h] == (op.Path == "fc") { // a linear layer is no rectangle of rows
			t.Errorf("the histogram of %s rides: %v", op.Path, riders[h])
		}
	}
	for i, want := range one {
		if !slices.EqualFunc(two[i], want, sameBits) {
			t.Errorf("%s: two threads count something else", plan.Ops[i].Path)
		}
	}
	if len(q.launches) != len(p.launches) {
		t.Errorf("%d launches, and %d with one thread", len(q.launches), len(p.launches))
	}
	checkUnfused(t, plan, one)
}

func sameBits(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }

// checkUnfused compares with histograms that take launches of their own: of values that
// differ by roundings, as the net runs without fusion.
func checkUnfused(t *testing.T, plan *tensor.Plan, got map[int][]float32) {
	t.Helper()
	p, want := runProbed(t, plan, tensor.Options{Threads: 2}, &tensor.RunOptions{})
	for _, ln := range p.launches {
		for _, ph := range ln.phases {
			if ph.rider != nil {
				t.Fatal("a histogram rides without fusion")
			}
		}
	}
	for i, w := range want {
		var moved, all float64
		for j := range tensor.HistogramCounts {
			moved += math.Abs(float64(w[j] - got[i][j]))
			all += float64(w[j])
		}
		if moved > 2+0.01*all {
			t.Errorf("%s: %v of %v values are counted elsewhere", plan.Ops[i].Path, moved, all)
		}
	}
}

// TestRidersHaveTimes: each kernel has its spans, one or one a worker, in order; those of
// histograms that ride take what their carriers don't.
func TestRidersHaveTimes(t *testing.T) {
	plan := probedStep(t, "cifar_resnet8", 16)
	for _, o := range []tensor.RunOptions{{}, {Workers: true}, {CPU: true}} {
		var order []int
		times := make(map[int]time.Duration)
		o.Observe = func(s tensor.Span) {
			order = append(order, s.Op)
			if s.End < s.Start || s.CPU < 0 {
				t.Errorf("span %+v", s)
			}
			times[s.Op] += s.End - s.Start
		}
		p, _ := runProbed(t, plan, tensor.Options{Fuse: true, Threads: 2}, &o)
		var heads []int
		for _, k := range p.Kernels() {
			heads = append(heads, k.Op)
		}
		if order = slices.Compact(order); !slices.Equal(order, heads) {
			t.Errorf("spans of %v, want %v", order, heads)
		}
		kinds := make(map[bool]time.Duration)
		for _, ln := range p.launches {
			for _, ph := range ln.phases {
				if h := ph.rider; h != nil && h.riding.ticks != 0 {
					t.Errorf("what %s carried is still owed", p.head(ln).Path)
				}
			}
			kinds[ln.histogram != nil] += times[ln.fusion.Head]
		}
		if kinds[true] == 0 || kinds[true] > kinds[false] {
			t.Errorf("histograms took %v, all else %v", kinds[true], kinds[false])
		}
	}
}
