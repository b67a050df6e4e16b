package cpu

import (
	"sync/atomic"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// counting counts what is loaded.
type counting struct {
	tensortest.Values
	loads atomic.Int64
}

func (c *counting) Load(p tensor.Param, t *tensor.Tensor) error {
	c.loads.Add(1)
	return c.Values.Load(p, t)
}

// classifier is a net for a batch of images.
func classifier(batch int) *tensor.Plan {
	var b tensortest.Builder
	x := b.ReLU(b.Norm(b.Conv(b.Input(batch, 3, 9, 9), 20, three, 1, false), false))
	b.Output(b.Linear(b.Flatten(b.AvgPool(x, 1, 1)), 7, true))
	return &b.Plan
}

func TestAnotherBatchRepacksNothing(t *testing.T) {
	d := open(t, "")
	plan := classifier(1)
	src := &counting{Values: tensortest.Values{Seed: 1}}
	s, err := d.NewState(plan.Params, src)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var reported atomic.Int64
	progress := func(done, total int64) { reported.Store(done * 100 / total) }
	first, err := d.Compile(plan, s, tensor.Options{Fuse: true, Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	if n := src.loads.Load(); n != int64(len(plan.Params)) || reported.Load() != 100 {
		t.Errorf("%d loads of %d parameters, progress to %d %%", n, len(plan.Params), reported.Load())
	}
	first.Close()
	second, err := d.Compile(classifier(3), s, tensor.Options{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if n := src.loads.Load(); n != int64(len(plan.Params)) {
		t.Errorf("%d loads after the second batch", n)
	}
}

func TestUnusedCopiesAreFreed(t *testing.T) {
	d := open(t, "")
	plan := classifier(1)
	s, err := d.NewState(plan.Params, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, fuse := range []bool{true, false, true} {
		p, err := d.Compile(plan, s, tensor.Options{Fuse: fuse})
		if err != nil {
			t.Fatal(err)
		}
		if have, want := len(s.(*state).packed), len(p.(*program).weights); have != want {
			t.Errorf("%d copies are held, %d used", have, want)
		}
		p.Close()
	}
}
