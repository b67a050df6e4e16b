//go:build !nogpu

package vulkan

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// kernels are the names of all kernels that compute something on a device.
func kernels(t testing.TB, d *device) (names []string) {
	t.Helper()
	files, err := fs.Glob(shaders, "shaders/spv/*.spv")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f), ".spv")
		if !strings.HasPrefix(name, "peak_") && d.p.lacks[factorsOf(name)] == "" {
			names = append(names, name)
		}
	}
	return names
}

// factorsOf is the precision that a kernel is for.
func factorsOf(kernel string) tensor.Precision {
	if strings.HasPrefix(kernel, "arrange_scale") {
		return tensor.FP16
	}
	p, _ := tensor.PrecisionNamed(kernel[strings.LastIndex(kernel, "_")+1:])
	return p
}

// TestCheck: on a driver that is right, each kernel that the device can run is compared,
// and none is wrong.
func TestCheck(t *testing.T) {
	d := open(t)
	ran := map[string]bool{}
	var mu sync.Mutex
	d.code = func(kernel string) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		ran[kernel] = true
		return code(kernel)
	}
	c, err := d.Check(t.Context())
	if err != nil || !c.Passed() {
		t.Fatalf("%v (%v)", c, err)
	}
	if c.Key != d.Info().CheckKey || c.When.IsZero() || c.Kernels != len(ran) {
		t.Errorf("%+v of %d kernels", c, len(ran))
	}
	for _, k := range kernels(t, d) {
		if !ran[k] {
			t.Errorf("%s was not compared: package selfcheck has no case for it", k)
		}
	}
}

// mostKernels is how many kernels an operation takes at most, a Histogram: the check names
// all that may be to blame for a wrong result.
const mostKernels = 4

// wrongAtOnce is how many kernels are broken at a time: a check takes seconds.
const wrongAtOnce = 4

// TestCheckFindsWrongKernels: kernels in which one instruction is another are named, and
// few others with them.
func TestCheckFindsWrongKernels(t *testing.T) {
	d := open(t)
	if _, err := d.Check(t.Context()); err != nil { // compiles all
		t.Fatal(err)
	}
	names := kernels(t, d)
	if testing.Short() {
		names = []string{"conv_weight_4x8", "finish", "map_norm", "sums_total_end"}
	}
	apart := (len(names) + wrongAtOnce - 1) / wrongAtOnce // neighbours serve the same operation
	for first := range apart {
		var broken []string
		for i := first; i < len(names); i += apart {
			broken = append(broken, names[i])
			d.replace(t, names[i], mutate)
		}
		c, err := d.Check(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", broken, err)
		}
		for _, name := range broken {
			if !slices.ContainsFunc(c.Wrong, func(w tensor.WrongKernel) bool { return w.Name == name }) {
				t.Errorf("of %s, %s was not found: %v", broken, name, c)
			}
		}
		d.restore(broken...)
		if len(c.Wrong) > len(broken)*mostKernels {
			t.Errorf("%s are broken, found was %v", broken, c)
		}
	}
}

// TestWrongKernelIsRefused where a plan needs it, until another check finds it right.
func TestWrongKernelIsRefused(t *testing.T) {
	d := open(t)
	var b tensortest.Builder
	b.Output(b.ReLU(b.Input(2, 3, 5, 7)))
	var other tensortest.Builder
	other.Output(other.MaxPool(other.Input(2, 3, 5, 7), tensor.Square(2, 2, 0), false))
	s, err := d.NewState(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	compile := func(p *tensor.Plan) error {
		prog, err := d.Compile(p, s, tensor.Options{})
		if err != nil {
			return err
		}
		return prog.Close()
	}
	d.Trust(tensor.SelfCheck{Kernels: 33, Wrong: []tensor.WrongKernel{{Name: "map_relu", What: "ReLU is off by 0.5"}}})
	var wrong *gpu.WrongKernelError
	if err := compile(&b.Plan); !errors.As(err, &wrong) || wrong.Kernel != "map_relu" || wrong.Driver != d.Info().Driver {
		t.Errorf("%v", err)
	}
	if _, err := d.Estimate(&b.Plan, tensor.Options{}); !errors.As(err, &wrong) {
		t.Errorf("an estimate: %v", err)
	}
	if err := compile(&other.Plan); err != nil {
		t.Errorf("another kernel: %v", err)
	}
	if c, err := d.Check(t.Context()); err != nil || !c.Passed() {
		t.Errorf("%v (%v)", c, err)
	}
	if err := compile(&b.Plan); err != nil {
		t.Errorf("after a check that it passed: %v", err)
	}
}

// TestCheckOfKernelsThatDontCompile names them all, and compares the others.
func TestCheckOfKernelsThatDontCompile(t *testing.T) {
	d := open(t)
	reason := errors.New("the driver's compiler gave up")
	d.code = func(kernel string) ([]byte, error) {
		if kernel == "map_relu" || kernel == "sums_total" {
			return nil, reason
		}
		return code(kernel)
	}
	c, err := d.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, w := range c.Wrong {
		names = append(names, w.Name)
		if !strings.Contains(w.What, reason.Error()) {
			t.Errorf("%s: %s", w.Name, w.What)
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"map_relu", "sums_total"}) || c.Kernels != len(kernels(t, d)) {
		t.Errorf("%v", c)
	}
}

// TestCheckWithoutAnAnswer: what befalls the device is no kernel's fault.
func TestCheckWithoutAnAnswer(t *testing.T) {
	for _, r := range []vk.Result{vk.DeviceLost, vk.OutOfDeviceMemory} {
		d := open(t)
		d.CreateComputePipelines = command(func(a, b, c, d, e, f uintptr) uintptr { return failure(int32(r)) })
		if c, err := d.Check(t.Context()); !vk.Is(err, r) || c.Passed() || !strings.Contains(err.Error(), d.p.name()) {
			t.Errorf("%v: %v, %v", r, c, err)
		}
	}
}

// TestCheckKey: a check holds for a device and a version of its driver.
func TestCheckKey(t *testing.T) {
	p := *open(t).p
	seen := map[string]bool{p.checkKey(): true}
	p.props.Driver++
	seen[p.checkKey()] = true
	p.props.Device++
	seen[p.checkKey()] = true
	p.driver.Info[0] ^= 1
	seen[p.checkKey()] = true
	p.props.Name[0] ^= 1
	seen[p.checkKey()] = true
	if len(seen) != 5 {
		t.Errorf("keys %v", seen)
	}
}

// replace gives a device another kernel in place of one.
func (d *device) replace(t *testing.T, kernel string, change func([]byte) bool) {
	t.Helper()
	changed, err := code(kernel)
	if err != nil {
		t.Fatal(err)
	}
	if changed = slices.Clone(changed); !change(changed) {
		t.Fatalf("%s has no instruction to change", kernel)
	}
	before := d.code
	d.code = func(k string) ([]byte, error) {
		if k == kernel {
			return changed, nil
		}
		return before(k)
	}
	d.forget(kernel)
}

// restore undoes that for all kernels, of which these were replaced.
func (d *device) restore(kernels ...string) {
	d.code = code
	for _, k := range kernels {
		d.forget(k)
	}
}

// forget drops a kernel's pipelines.
func (d *device) forget(kernel string) {
	for key, h := range d.pipelines {
		if strings.HasPrefix(key, kernel+"[") {
			d.DestroyPipeline.Call(d.handle, h, 0)
			delete(d.pipelines, key)
		}
	}
}

// Instructions of SPIR-V, and the extended one for multiply-adds.
const (
	opExtInst = 12
	fma, mix  = 50, 46
)

// swaps are instructions of the same form, the first that a kernel has is exchanged.
var swaps = []struct{ from, to uint32 }{
	{opExtInst, opExtInst}, {129, 131}, {131, 129}, {133, 129}, {136, 133}, {184, 186}, {186, 184}, {190, 188}, {128, 130},
}

// mutate exchanges all instructions of a sort in a module.
func mutate(module []byte) bool {
	for _, s := range swaps {
		found := false
		for at := 20; at < len(module); {
			word := binary.LittleEndian.Uint32(module[at:])
			op, n := word&0xffff, int(word>>16)
			if op == s.from {
				switch which := module[min(at+16, len(module)-4):]; {
				case op != opExtInst:
					binary.LittleEndian.PutUint32(module[at:], word&^0xffff|s.to)
					found = true
				case binary.LittleEndian.Uint32(which) == fma:
					binary.LittleEndian.PutUint32(which, mix)
					found = true
				}
			}
			at += 4 * n
		}
		if found {
			return true
		}
	}
	return false
}
