//go:build !nogpu

package vulkan

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// smallPlan has a kernel in two parts, and one that follows it.
func smallPlan() *tensor.Plan {
	var b tensortest.Builder
	x := b.Norm(b.Conv(b.Input(1, 3, 6, 5), 4, tensor.Square(3, 1, 1), 1, true), true)
	b.Output(b.ReLU(x))
	return &b.Plan
}

// use does everything with a device once: a state, a program, transfers and runs. It
// returns what the program computes.
func use(d *device, plan *tensor.Plan) (out []float32, err error) {
	s, err := d.NewState(plan.Params, tensortest.Values{Seed: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	p, err := d.Compile(plan, s, tensor.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	in, to := plan.Find(tensor.Input)[0], plan.Find(tensor.Output)[0]
	if err := p.Write(in, tensortest.InputValues(plan, in, 1)); err != nil {
		return nil, err
	}
	for _, o := range []tensor.RunOptions{{Observe: func(tensor.Span) {}}, {}} {
		if err := p.Run(context.Background(), o); err != nil {
			return nil, err
		}
	}
	x := tensor.New(plan.Buffers[to].Shape...)
	return x.Data, p.Read(to, x)
}

// life opens a device, uses it, uses it again if that failed, and closes it. It returns
// the errors of both.
func (s *spy) life(plan *tensor.Plan, want []float32) (first, second error) {
	d, err := s.open()
	if err != nil {
		return err, nil
	}
	got, first := use(d, plan)
	if first != nil {
		got, second = use(d, plan)
	}
	if (first == nil || second == nil) && want != nil && !tensortest.SameBits(got, want) {
		s.errorf("the results are others")
	}
	if err := d.Close(); err != nil {
		first = errors.Join(first, err)
	}
	return first, second
}

// TestFaults lets each function of the driver that can fail do so: the first call, the
// last and one between them, with several results. The error says what failed and why,
// nothing crashes or leaks, and what is done next with the device works or is refused.
func TestFaults(t *testing.T) {
	plan := smallPlan()
	clean := newSpy(t)
	d, err := clean.open()
	if err != nil {
		t.Fatal(err)
	}
	want, err := use(d, plan)
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	results := []vk.Result{vk.OutOfDeviceMemory, vk.DeviceLost, vk.OutOfHostMemory, vk.InitFailed}
	if testing.Short() {
		results = results[:2]
	}
	_, fallible := deviceFunctions()
	for _, name := range append(fallible, "CreateDevice") {
		n := clean.calls[name]
		if n == 0 {
			t.Errorf("nothing calls %s", name)
		}
		calls := slices.Compact([]int{1, (n + 1) / 2, n})
		if testing.Short() {
			calls = calls[len(calls)-1:]
		}
		for _, nth := range calls {
			for _, r := range results {
				f := fault{name, nth, r}
				t.Run(f.String(), func(t *testing.T) { checkFault(t, f, plan, want) })
			}
		}
	}
}

func checkFault(t *testing.T, f fault, plan *tensor.Plan, want []float32) {
	s := newSpy(t)
	s.fault = f
	first, second := s.life(plan, want)
	if s.calls[f.name] < f.nth {
		t.Fatalf("%s was called %d times", f.name, s.calls[f.name])
	}
	if len(s.live) > 0 {
		t.Errorf("left behind: %v", s.live)
	}
	if f.name == "DeviceWaitIdle" { // at the end, where nobody is left to be told
		return
	}
	lost := errors.Is(first, tensor.ErrLost)
	if first == nil || !lost && !strings.Contains(first.Error(), f.result.String()) {
		t.Errorf("the error does not say why: %v", first)
	}
	if lost != errors.Is(second, tensor.ErrLost) {
		t.Errorf("after %v: %v", first, second)
	}
	if !lost && second != nil {
		t.Errorf("the driver failed once, and the device for good: %v, then %v", first, second)
	}
	t.Log(first)
}

// TestMissingFunctions: a driver without one of its functions is refused, and closed.
func TestMissingFunctions(t *testing.T) {
	all, _ := deviceFunctions()
	for _, name := range all {
		s := newSpy(t)
		s.gone = name
		_, err := s.open()
		if err == nil || !strings.Contains(err.Error(), "the driver has no vk"+name) {
			t.Errorf("without %s: %v", name, err)
		}
		if name != "DestroyDevice" && len(s.live) > 0 {
			t.Errorf("without %s there are left %v", name, s.live)
		}
	}
}

// lacking is the name of a function that the loader of TestLackingLoaders does not have.
var lacking string

// TestLackingLoaders: a loader without one of its functions is refused, and what it had made
// is destroyed.
func TestLackingLoaders(t *testing.T) {
	needDevice(t)
	in, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	made, destroyed := 0, 0
	var create, destroy vk.Command
	creates := command(func(info, alloc, out uintptr) uintptr {
		made++
		return create.Address(vk.Handle(info), vk.Handle(alloc), vk.Handle(out))
	})
	destroys := command(func(handle, alloc uintptr) uintptr {
		destroyed++
		return destroy.Address(vk.Handle(handle), vk.Handle(alloc))
	})
	find := command(func(handle uintptr, name *byte) uintptr {
		at := in.find.Address(vk.Handle(handle), name)
		switch strings.TrimPrefix(textOf(name), "vk") {
		case lacking:
			return 0
		case "CreateInstance":
			create, at = vk.Command(at), uintptr(creates)
		case "DestroyInstance":
			destroy, at = vk.Command(at), uintptr(destroys)
		}
		return at
	})
	for _, typ := range []reflect.Type{reflect.TypeFor[vk.Globals](), reflect.TypeFor[vk.InstanceCommands]()} {
		for i := range typ.NumField() {
			lacking = typ.Field(i).Name
			_, err := newInstance(find)
			if err == nil || !strings.Contains(err.Error(), "has no vk"+lacking) {
				t.Errorf("without %s: %v", lacking, err)
			}
		}
	}
	if made == 0 || destroyed != made-1 { // one can't be destroyed
		t.Errorf("%d instances were made, %d destroyed", made, destroyed)
	}
}

// TestSpySeesLeaks: the spy reports what is left when a device is closed, what is destroyed
// twice, and what never was.
func TestSpySeesLeaks(t *testing.T) {
	const dev, buffer, other = 1, 2, 3
	for want, destroy := range map[string][]object{
		"":             {{"Buffer", buffer}, {"Buffer", 0}, {"Device", dev}},
		"while there":  {{"Device", dev}},
		"any more":     {{"Buffer", buffer}, {"Buffer", buffer}, {"Device", dev}},
		"or never was": {{"Buffer", other}, {"Buffer", buffer}, {"Device", dev}},
		"no memory":    {{"Memory", buffer}, {"Buffer", buffer}, {"Device", dev}},
	} {
		var said []string
		s := spy{live: map[object]bool{{"Device", dev}: true, {"Buffer", buffer}: true}}
		s.errorf = func(format string, a ...any) { said = append(said, fmt.Sprintf(format, a...)) }
		for _, o := range destroy {
			w := words{dev, o.handle}
			s.destroy(o.kind, "Destroy", w)
		}
		if got := strings.Join(said, "\n"); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", destroy, got, want)
		}
	}
}
