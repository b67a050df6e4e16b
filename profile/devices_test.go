package profile

import (
	"errors"
	"strings"
	"testing"
	"time"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// whole has one kernel for the forward pass without its last operation, and one for
// that operation: no real device fuses like this.
func whole(p *tensor.Plan, fuse bool) []tensor.KernelInfo {
	k := tensor.KernelInfo{Name: "whole"}
	for op := 1; op < len(p.Ops)-1; op++ {
		k.Absorbed = append(k.Absorbed, op)
	}
	return []tensor.KernelInfo{k, {Op: len(p.Ops) - 1, Name: "last"}}
}

// sessionOn is a small net on a device.
func sessionOn(t *testing.T, dev tensor.Device) *nn.Session {
	t.Helper()
	m, err := resnet.Build(resnet.Config{Arch: "cifar_resnet8"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := nn.NewSession(t.Context(), dev, m.Model, nn.SessionOptions{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetInput(nn.RandomInput(1, m.Root.In)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMeasureFollowsTheDevice: rows are the kernels of the device, however it
// fuses.
func TestMeasureFollowsTheDevice(t *testing.T) {
	fake := &tensortest.Fake{
		Kernels: whole,
		Time: func(_ *tensor.Plan, k tensor.KernelInfo, _ int) time.Duration {
			return time.Duration(1+len(k.Absorbed)) * time.Microsecond
		},
	}
	s := sessionOn(t, fake)
	p, err := Measure(t.Context(), s, MeasureOptions{Runs: 3, Trace: 1})
	if err != nil {
		t.Fatal(err)
	}
	ops := len(s.Lowered().Plan.Ops)
	if len(p.Layers) != 2 || p.Layers[0].Kernel != "whole" || len(p.Layers[0].Absorbed) != ops-2 || p.Layers[1].Path != "fc" {
		t.Fatalf("rows %+v", p.Layers)
	}
	if got, want := p.Layers[0].MeanMS, float64(ops-1)/1e3; p.Runs != 3 || got != want {
		t.Errorf("%d runs, the first kernel takes %v ms, want %v", p.Runs, got, want)
	}
	if len(p.Trace.Passes) != 1 || len(p.Trace.Passes[0].Spans) != 2 || len(p.Memory.Timeline) != 2 {
		t.Errorf("trace %+v, %d points of memory", p.Trace, len(p.Memory.Timeline))
	}
}

// TestMeasureRefusesOtherSpans: a device must report the spans of its kernels, and
// no others.
func TestMeasureRefusesOtherSpans(t *testing.T) {
	for name, c := range map[string]struct {
		spans func(k tensor.KernelInfo) []int
		says  string
	}{
		"every operation": {func(k tensor.KernelInfo) []int { return append([]int{k.Op}, k.Absorbed...) }, "operation 1 (bn1), which heads no kernel"},
		"nothing":         {func(tensor.KernelInfo) []int { return nil }, "did not time the kernel of operation 0 (conv1)"},
		"twice":           {func(k tensor.KernelInfo) []int { return []int{k.Op, k.Op} }, "operation 0 (conv1) 2 times"},
		"beyond":          {func(tensor.KernelInfo) []int { return []int{1000} }, "operation 1000, which heads no kernel"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sessionOn(t, &tensortest.Fake{Spans: c.spans})
			var wrong *SpanError
			if _, err := Measure(t.Context(), s, MeasureOptions{Runs: 2}); !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
