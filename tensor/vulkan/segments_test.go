//go:build !nogpu

package vulkan

import (
	"testing"

	"resnet-tui/internal/nettest"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// TestSegments cuts a training step of ResNet-50, and parts of it: all steps are in one
// segment, in order, and each segment ends with the step that fills it. A software renderer
// gets less at once.
func TestSegments(t *testing.T) {
	n := nettest.Net{Arch: "resnet50", Batch: 16, Height: 224, Width: 224, Classes: 1000}
	plan := n.Lower(t, nn.TrainingStep(0, nn.SGD{Momentum: 0.9})).Plan
	traits := gpu.Traits{
		Name: "a GPU", Precisions: []tensor.Precision{tensor.FP32}, Align: 64, MaxBuffer: 4 << 30, MaxAllocation: 4 << 30,
	}
	bp, err := gpu.New(plan, tensor.Options{Fuse: true}, traits)
	if err != nil {
		t.Fatal(err)
	}
	count := map[vk.PhysicalDeviceType]int{}
	for kind, slow := range map[vk.PhysicalDeviceType]float64{vk.DiscreteGPU: 1, vk.Processor: softwareSlow} {
		phys := &physical{}
		phys.props.Kind = kind
		p := &program{Blueprint: bp, dev: &device{p: phys}}
		for _, part := range [][2]int{{0, len(bp.Steps)}, {7, 90}, {3, 4}, {5, 5}} {
			list := p.segments(part[0], part[1], true)
			checkSegments(t, bp, list, part[0], part[1], slow)
			if part[0] == 0 {
				count[kind] = len(list)
			}
		}
	}
	t.Logf("%d steps in %v segments", len(bp.Steps), count)
	if g, s := count[vk.DiscreteGPU], count[vk.Processor]; g < 5 || s <= g {
		t.Errorf("%d segments on a GPU, %d on a software renderer", g, s)
	}
}

func checkSegments(t *testing.T, bp *gpu.Blueprint, list []segment, from, to int, slow float64) {
	t.Helper()
	at := from
	for i, seg := range list {
		if seg.from != at || seg.to <= seg.from || seg.to > to || !seg.timed {
			t.Fatalf("segment %+v comes at step %d of %d to %d", seg, at, from, to)
		}
		at = seg.to
		var work, last float64
		for _, st := range bp.Steps[seg.from:seg.to] {
			last = slow * (float64(st.FLOPs)/segmentFLOPs + float64(st.Bytes)/segmentBytes)
			work += last
		}
		if work-last >= 1 || work < 1 && i < len(list)-1 {
			t.Errorf("segment %+v has %.2f of what one should hold, its last step %.2f", seg, work, last)
		}
	}
	if at != to {
		t.Errorf("steps %d to %d are in no segment", at, to)
	}
}
