package tui

import (
	"testing"

	"resnet-tui/internal/app/live"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestMemoryView: what is computed in place is not counted beside what it
// overwrites, the skip's bytes are known, and operations bear their kernels' names.
func TestMemoryView(t *testing.T) {
	plan := &tensor.Plan{
		Ops: []tensor.Op{
			{Kind: tensor.Conv2d, Path: "a", In: []tensor.BufferID{0}, Out: []tensor.BufferID{1}},
			{Kind: tensor.ReLU, Path: "b", In: []tensor.BufferID{1}, Out: []tensor.BufferID{2}},
			{Kind: tensor.Add, Path: "c", In: []tensor.BufferID{2, 0}, Out: []tensor.BufferID{3}},
		},
		Buffers: make([]tensor.Buffer, 4),
	}
	p := &live.Program{
		Lowered: &nn.Lowered{Plan: plan},
		Kernels: []tensor.KernelInfo{{Op: 0, Absorbed: []int{1}}, {Op: 2}},
	}
	p.Memory.Blocks = []tensor.Block{
		{Buffer: 0, Offset: 0, Bytes: 10, First: 0, Last: 2},
		{Buffer: 1, Offset: 64, Bytes: 7, First: 0, Last: 1},
		{Buffer: 2, Offset: 64, Bytes: 7, First: 1, Last: 2},
		{Buffer: 3, Offset: 128, Bytes: 5, First: 2, Last: 2},
	}
	v := memoryView{treeView: treeView{shared: &shared{program: p}}}
	v.update(80, 24)
	for i, want := range []int64{17, 17, 22} {
		if v.life.Live[i] != want || v.life.Skip[i] != 10 {
			t.Errorf("operation %d: %d bytes live, %d for the skip; want %d and 10", i, v.life.Live[i], v.life.Skip[i], want)
		}
	}
	if v.life.Peak != 2 || v.names[v.life.Peak] != "c" || v.names[1] != "a" {
		t.Errorf("the peak is at %d, names %v", v.life.Peak, v.names)
	}
}
