package profile

import (
	"slices"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// TestMemoryTimeline: conv1's result is overwritten in place by conv2's, while
// the input lives on.
func TestMemoryTimeline(t *testing.T) {
	f := newFakeRunner(1)
	for i, name := range []string{"input", "conv1", "conv2", "probe"} {
		f.lowered.Plan.Buffers[i].Name = name
	}
	m := NewMemory(f.lowered, f.kernels, tensor.MemoryPlan{ArenaBytes: 1000, Blocks: []tensor.Block{
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
		t.Errorf("blocks of existing buffers: %+v", back.Blocks)
	}
	for _, life := range [][2]int64{{-1, 2}, {2, 1}, {1, int64(len(f.lowered.Plan.Ops))}, {0, 1 << 40}} {
		m.Blocks[1][3], m.Blocks[1][4] = life[0], life[1]
		if back := m.plan(f.lowered); len(back.Blocks) != 2 {
			t.Errorf("blocks with one that lives from %d to %d: %+v", life[0], life[1], back.Blocks)
		}
	}
	if m.Peak == nil || m.Peak.Path != "a.conv1" || m.Peak.LiveBytes != 500 || m.Peak.Holders[0].Name != "conv1" {
		t.Errorf("peak %+v", m.Peak)
	}
	if plain := NewMemory(f.lowered, f.kernels, tensor.MemoryPlan{ArenaBytes: 10}); plain.Peak != nil || plain.ArenaBytes != 10 {
		t.Errorf("a plan without blocks: %+v", plain)
	}
}

// TestLiveness: at every operation the holders' bytes add up to what is live.
func TestLiveness(t *testing.T) {
	m := built(t, "cifar_resnet8")
	n := lowered(t, m, nn.Pass{}, true)
	plan := n.Lowered.Plan
	var memory tensor.MemoryPlan
	for i, b := range plan.Buffers { // each in a place of its own, until its last reader
		block := tensor.Block{Buffer: tensor.BufferID(i), Offset: int64(i) << 20, Bytes: b.Bytes()}
		for at, op := range plan.Ops {
			if slices.Contains(op.Out, block.Buffer) {
				block.First = at
			}
			if slices.Contains(op.In, block.Buffer) || slices.Contains(op.Out, block.Buffer) {
				block.Last = at
			}
		}
		memory.Blocks = append(memory.Blocks, block)
	}
	l := NewLiveness(plan, memory)
	if !l.Known() || len(l.Live) != len(plan.Ops) {
		t.Fatalf("%d of %d operations", len(l.Live), len(plan.Ops))
	}
	waits := false
	for at, live := range l.Live {
		sum := int64(0)
		for _, b := range l.Holders(at) {
			sum += b.Bytes
		}
		if sum != live || live > l.Live[l.Peak] || l.Skip[at] > live {
			t.Errorf("during %s live %d, %d of them for a skip; holders have %d", plan.Ops[at].Path, live, l.Skip[at], sum)
		}
		waits = waits || plan.Ops[at].Path == "layer1.0.conv2" && l.Skip[at] == int64(4*m.Layers[2].Out.Elems())
	}
	if !waits {
		t.Errorf("the stem's result does not wait for the first block's addition: %v", l.Skip)
	}
	if none := NewLiveness(plan, tensor.MemoryPlan{}); none.Known() || none.Holders(0) != nil {
		t.Errorf("a plan without blocks: %+v", none)
	}
}
