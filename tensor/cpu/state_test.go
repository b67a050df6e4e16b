package cpu

import (
	"sync/atomic"
	"testing"

	"resnet-tui/tensor"
)

// counting counts what is loaded.
type counting struct {
	values
	loads atomic.Int64
}

func (c *counting) Load(p tensor.Param, t *tensor.Tensor) error {
	c.loads.Add(1)
	return c.values.Load(p, t)
}

// classifier is a net for a batch of images.
func classifier(batch int) *tensor.Plan {
	var p planner
	x := p.relu(p.norm(p.conv(p.input(batch, 3, 9, 9), 20, tensor.Square(3, 1, 1), 1, false), false))
	p.output(p.linear(p.flatten(p.avgPool(x, 1, 1)), 7, true))
	return &p.Plan
}

func TestAnotherBatchRepacksNothing(t *testing.T) {
	d := open(t, "")
	plan := classifier(1)
	src := &counting{values: values{1}}
	s, err := d.NewState(plan.Params, src)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var reported atomic.Int64
	first, err := d.Compile(plan, s, tensor.Options{Fuse: true, Progress: func(done, total int64) { reported.Store(done * 100 / total) }})
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

// TestWritesReachPrograms writes parameters after a program was compiled.
func TestWritesReachPrograms(t *testing.T) {
	d := open(t, "")
	plan := classifier(2)
	p, s := compile(t, d, plan, 1, tensor.Options{Fuse: true, Threads: 2})
	runs(t, p, plan, 2, nil)
	for _, param := range plan.Params {
		x := tensor.New(param.Shape...)
		if err := (values{2}).Load(param, x); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(param.Name, x); err != nil {
			t.Fatal(err)
		}
	}
	r := reference(t, plan, 2, nil)
	for id, got := range runs(t, p, plan, 2, nil) {
		if e := distance(got, r.Buffer(id)); e > 1e-5 {
			t.Errorf("relative error %g", e)
		}
	}
}

func TestStateReadsWhatWasWritten(t *testing.T) {
	d := open(t, "")
	plan := classifier(1)
	s, _ := d.NewState(plan.Params, values{1})
	defer s.Close()
	x := random(3, plan.Params[0].Shape)
	y := tensor.New(x.Shape...)
	if err := s.Read("p0", y); err != nil || y.Data[0] == x.Data[0] {
		t.Errorf("first value %g, error %v", y.Data[0], err)
	}
	if err := s.Write("p0", x); err != nil {
		t.Fatal(err)
	}
	if err := s.Read("p0", y); err != nil || y.Data[0] != x.Data[0] {
		t.Errorf("after the write %g, error %v", y.Data[0], err)
	}
}

func TestUnusedCopiesAreFreed(t *testing.T) {
	d := open(t, "")
	plan := classifier(1)
	s, _ := d.NewState(plan.Params, values{1})
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
