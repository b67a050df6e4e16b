package profile

import (
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// Memory is what the program was planned to hold, and what the process did.
type Memory struct {
	PredictedBytes int64         `json:"predicted_bytes"` // arena, packed weights and scratch
	ArenaBytes     int64         `json:"arena_bytes"`
	WeightBytes    int64         `json:"weight_bytes"`
	ScratchBytes   int64         `json:"scratch_bytes,omitempty"`
	PeakRSSBytes   int64         `json:"peak_rss_bytes,omitempty"`
	Peak           *MemoryPeak   `json:"peak,omitempty"`     // of the arena
	Timeline       []MemoryPoint `json:"timeline,omitempty"` // one per row of the layers
	Blocks         []MemoryBlock `json:"blocks,omitempty"`
}

// MemoryBlock is a tensor.Block in compact form: buffer, offset, bytes, and the
// first and the last operation of its life.
type MemoryBlock [5]int64

func (b MemoryBlock) block() tensor.Block {
	return tensor.Block{Buffer: tensor.BufferID(b[0]), Offset: b[1], Bytes: b[2], First: int(b[3]), Last: int(b[4])}
}

// MemoryPoint is what lives in the arena while a row runs: operands, results,
// and what later rows will need.
type MemoryPoint struct {
	Path      string `json:"path"`
	Pass      string `json:"pass"`
	LiveBytes int64  `json:"live_bytes"`
	SkipBytes int64  `json:"skip_bytes,omitempty"` // of these, waiting to be added by a skip
}

// MemoryPeak is the row during which most bytes live, and what they are, the
// largest first.
type MemoryPeak struct {
	Path      string   `json:"path"`
	Pass      string   `json:"pass"`
	LiveBytes int64    `json:"live_bytes"`
	Holders   []Holder `json:"holders"`
}

// Holder is a value that lives: the result of the layer of that name.
type Holder struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// NewMemory is a program's memory plan along its kernels.
func NewMemory(l *nn.Lowered, kernels []tensor.KernelInfo, plan tensor.MemoryPlan) Memory {
	m := Memory{PredictedBytes: plan.Total(), ArenaBytes: plan.ArenaBytes, WeightBytes: plan.WeightBytes, ScratchBytes: plan.ScratchBytes}
	if len(plan.Blocks) == 0 {
		return m
	}
	for _, b := range plan.Blocks {
		m.Blocks = append(m.Blocks, MemoryBlock{int64(b.Buffer), b.Offset, b.Bytes, int64(b.First), int64(b.Last)})
	}
	live := NewLiveness(l.Plan, plan)
	for _, k := range kernels {
		op, at := l.Plan.Ops[k.Op], k.Last()
		point := MemoryPoint{Path: op.Path, Pass: op.Pass.String(), LiveBytes: live.Live[at], SkipBytes: live.Skip[at]}
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
