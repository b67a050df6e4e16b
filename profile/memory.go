package profile

import (
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Memory holds the program's memory plan, made before the first pass, and what
// the process used in fact. PredictedBytes is the sum of the arena (activations
// and gradients), weights (packed copies included) and scratch.
type Memory struct {
	PredictedBytes int64         `json:"predicted_bytes"`
	ArenaBytes     int64         `json:"arena_bytes"`
	WeightBytes    int64         `json:"weight_bytes"`
	ScratchBytes   int64         `json:"scratch_bytes,omitempty"`
	PeakRSSBytes   int64         `json:"peak_rss_bytes,omitempty"` // largest resident set of the process
	Peak           *MemoryPeak   `json:"peak,omitempty"`           // largest point of Timeline
	Timeline       []MemoryPoint `json:"timeline,omitempty"`       // one per row of Profile.Layers
	Blocks         []MemoryBlock `json:"blocks,omitempty"`
}

// MemoryBlock is a tensor.Block as an array, which is compact in JSON: buffer,
// offset, bytes, and the first and last operation for which it is live.
type MemoryBlock [5]int64

func (b MemoryBlock) block() tensor.Block {
	return tensor.Block{Buffer: tensor.BufferID(b[0]), Offset: b[1], Bytes: b[2], First: int(b[3]), Last: int(b[4])}
}

// MemoryPoint holds what is live in the arena during a row's last operation:
// operands, results, and values that later rows need.
type MemoryPoint struct {
	Path      string `json:"path"`
	Pass      string `json:"pass"`
	LiveBytes int64  `json:"live_bytes"`
	SkipBytes int64  `json:"skip_bytes,omitempty"` // bytes among them that wait to be added by a skip
}

// MemoryPeak is the first row with the most live bytes, and the values that
// they hold, largest first. The bytes of Holders add up to LiveBytes.
type MemoryPeak struct {
	Path      string   `json:"path"`
	Pass      string   `json:"pass"`
	LiveBytes int64    `json:"live_bytes"`
	Holders   []Holder `json:"holders"`
}

// Holder is a live value, named after the layer that computed it.
type Holder struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// NewMemory describes the memory plan of a program of l along its kernels. A
// plan without blocks, of a device that doesn't report them, has sums only.
func NewMemory(l *nn.Lowered, kernels []tensor.KernelInfo, plan tensor.MemoryPlan) Memory {
	m := Memory{
		PredictedBytes: plan.Total(),
		ArenaBytes:     plan.ArenaBytes,
		WeightBytes:    plan.WeightBytes,
		ScratchBytes:   plan.ScratchBytes,
	}
	if len(plan.Blocks) == 0 {
		return m
	}
	for _, b := range plan.Blocks {
		m.Blocks = append(m.Blocks, MemoryBlock{int64(b.Buffer), b.Offset, b.Bytes, int64(b.First), int64(b.Last)})
	}
	live := NewLiveness(l.Plan, plan)
	for _, k := range kernels {
		op, at := l.Plan.Ops[k.Op], k.Last()
		point := MemoryPoint{
			Path:      op.Path,
			Pass:      op.Pass.String(),
			LiveBytes: live.Live[at],
			SkipBytes: live.Skip[at],
		}
		m.Timeline = append(m.Timeline, point)
		if m.Peak == nil || point.LiveBytes > m.Peak.LiveBytes {
			m.Peak = &MemoryPeak{Path: point.Path, Pass: point.Pass, LiveBytes: point.LiveBytes}
			for _, b := range live.Holders(at) {
				m.Peak.Holders = append(m.Peak.Holders, Holder{l.Plan.Buffers[b.Buffer].Name, b.Bytes})
			}
		}
	}
	return m
}
