package profile

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// gpuInfo is a GPU, which has cores of its own kind and no threads.
var gpuInfo = tensor.Info{
	ID: "vulkan:1", Name: "Abacus RTX", Kind: tensor.KindDiscrete, Driver: "Abacus 550.1", Cores: 84, Kernels: "spir-v",
}

func TestDescribeDevice(t *testing.T) {
	cpu := tensor.Info{ID: "cpu", Name: "Abacus", Kind: tensor.KindCPU, Cores: 8, Kernels: "avx2"}
	cpu.Products = map[tensor.Precision]string{tensor.BF16: "avx2, widened"}
	for _, c := range []struct {
		info            tensor.Info
		options         nn.SessionOptions
		line, processor string
	}{
		{cpu, nn.SessionOptions{}, "cpu (Abacus), 8 threads, fp32, avx2 kernels", "8 threads of Abacus"},
		{cpu, nn.SessionOptions{Threads: 2}, "cpu (Abacus), 2 threads, fp32, avx2 kernels", "2 threads of Abacus"},
		{cpu, nn.SessionOptions{Precision: tensor.BF16},
			"cpu (Abacus), 8 threads, bf16 (avx2, widened), avx2 kernels", "8 threads of Abacus"},
		{gpuInfo, nn.SessionOptions{Threads: 2, Precision: tensor.BF16},
			"vulkan:1 (Abacus RTX), bf16, spir-v kernels, driver Abacus 550.1", "vulkan:1 Abacus RTX"},
	} {
		d := DescribeDevice(c.info, c.options)
		if d.Line() != c.line || d.Processor() != c.processor {
			t.Errorf("%q and %q, want %q and %q", d.Line(), d.Processor(), c.line, c.processor)
		}
		data, err := json.Marshal(d)
		if err != nil || strings.Contains(string(data), "threads") != d.OnCPU() {
			t.Errorf("%s (%v)", data, err)
		}
	}
	if old := (Device{ID: "cpu", Threads: 2}); !old.OnCPU() {
		t.Error("a file of an older version, which has no kind, is of no CPU")
	}
}

// TestBusyByDevice: other programs slow a net down by the cores that it needs: its
// threads', one that hands a GPU its work, all for a software renderer.
func TestBusyByDevice(t *testing.T) {
	for _, c := range []struct {
		device Device
		others float64
		want   bool
	}{
		{Device{Threads: 2}, 1, true},
		{Device{Threads: 2, Kind: tensor.KindCPU}, 0.2, false},
		{Device{Kind: tensor.KindDiscrete}, 1, false},
		{Device{Kind: tensor.KindDiscrete}, 1.5, true},
		{Device{Kind: tensor.KindSoftware}, 0.5, true},
	} {
		p := &Profile{Device: c.device, Machine: &Machine{Processors: 2, OthersCores: c.others}}
		if p.Busy() != c.want {
			t.Errorf("%+v with %g of 2 cores in use: busy %v", c.device, c.others, p.Busy())
		}
	}
}

// on has profiles say that they ran on a device.
func on(d Device, of []*Profile) []*Profile {
	for _, p := range of {
		p.Device = d
	}
	return of
}

// TestDiffOfDevices: pairs that ran turn about cancel the spells of one machine. What
// slows one device alone they don't, so that only what is beyond spells is named.
func TestDiffOfDevices(t *testing.T) {
	cpu := Device{ID: "cpu", Name: "Abacus", Threads: 2}
	gpu := DescribeDevice(gpuInfo, nn.SessionOptions{})
	one := func(d Device) *Profile { return on(d, []*Profile{noisy(1, map[string]float64{"fc": 1}, "fc")})[0] }
	if d := NewDiff(one(cpu), one(gpu), "", ""); d.Reason != reasonSingleDevices || !d.OtherDevice {
		t.Errorf("one process a side: %q", d.Reason)
	}
	for _, c := range []struct {
		factor  float64
		b       Device
		named   bool
		reasons string
	}{
		{1.5, cpu, true, ""},
		{1.5, gpu, false, reasonDevices},
		{3, gpu, true, reasonDevices},
	} {
		l := newLab(5, 0)
		a, b := l.turns(12, "fc", c.factor)
		d := pooledDiff(t, on(cpu, a), on(c.b, b))
		rows, _ := named(d)
		if other := c.b != cpu; d.OtherDevice != other || d.TurnAbout == other || d.Reason != c.reasons {
			t.Errorf("%g× on %s: %v, %v, %q", c.factor, c.b.ID, d.OtherDevice, d.TurnAbout, d.Reason)
		}
		if c.named != (len(rows) == 1 && rows[0] == "fc") {
			t.Errorf("%g× on %s: named %v", c.factor, c.b.ID, rows)
		}
		for _, r := range d.Layers {
			if c.b == gpu && !r.Significant && r.Reason != reasonRowDevice {
				t.Errorf("%s: %q", r.Path, r.Reason)
			}
		}
	}
}

// TestHistoryOfDevices: a profile of a GPU is one of its driver, without threads.
func TestHistoryOfDevices(t *testing.T) {
	e := NewHistoryEntry(&Profile{
		Model: Model{Arch: "net"}, Device: DescribeDevice(gpuInfo, nn.SessionOptions{}), Recorded: time.Unix(1, 0),
	})
	if got := e.Config(); !strings.HasSuffix(got, ", vulkan:1 Abacus RTX (spir-v, fp32, Abacus 550.1)") {
		t.Errorf("%q", got)
	}
}
