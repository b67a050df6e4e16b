package profile

import (
	"testing"

	"resnet-tui/tensor"
)

// TestMemoryTimeline: conv1's result is overwritten in place by conv2's, while
// the input lives on.
func TestMemoryTimeline(t *testing.T) {
	f := newFakeRunner(1)
	for i, name := range []string{"input", "conv1", "conv2", "probe"} {
		f.lowered.Plan.Buffers[i].Name = name
	}
	m := NewMemory(f.lowered, tensor.MemoryPlan{ArenaBytes: 1000, Blocks: []tensor.Block{
		{Buffer: 0, Offset: 0, Bytes: 100, First: 0, Last: 2},
		{Buffer: 1, Offset: 100, Bytes: 400, First: 1, Last: 2},
		{Buffer: 2, Offset: 100, Bytes: 400, First: 2, Last: 3},
		{Buffer: 3, Offset: 500, Bytes: 8, First: 3, Last: 3},
	}})
	var live []int64
	for _, p := range m.Timeline {
		live = append(live, p.LiveBytes)
	}
	if len(live) != 3 || live[0] != 500 || live[1] != 500 || live[2] != 408 {
		t.Errorf("live %v", live)
	}
	f.lowered.Plan.Buffers = f.lowered.Plan.Buffers[:3]
	if back := m.plan(f.lowered); len(back.Blocks) != 3 || back.Blocks[2] != (tensor.Block{Buffer: 2, Offset: 100, Bytes: 400, First: 2, Last: 3}) {
		t.Errorf("blocks of buffers that are there: %+v", back.Blocks)
	}
	if m.Peak == nil || m.Peak.Path != "a.conv1" || m.Peak.LiveBytes != 500 || m.Peak.Holders[0].Name != "conv1" {
		t.Errorf("peak %+v", m.Peak)
	}
	if plain := NewMemory(f.lowered, tensor.MemoryPlan{ArenaBytes: 10}); plain.Peak != nil || plain.ArenaBytes != 10 {
		t.Errorf("a plan without blocks: %+v", plain)
	}
}
