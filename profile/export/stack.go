package export

import (
	"math"
	"strings"

	"resnet-tui/profile"
)

// stack is one row as other profilers see it: frames root first, architecture,
// pass, stage, block, layer by its path, kernel; and what it took.
type stack struct {
	frames []string
	ns     int64 // mean of a pass
	row    *profile.LayerRow
}

// overheadFrame stands for what a pass takes beyond its layers.
const overheadFrame = "overhead"

// stacks are the rows in execution order, then the overhead. Their times add
// up to the mean of a pass to within the rounding to whole nanoseconds.
func stacks(p *profile.Profile) []stack {
	list := make([]stack, 0, len(p.Layers)+1)
	for i := range p.Layers {
		r := &p.Layers[i]
		list = append(list, stack{rowFrames(p.Model.Arch, r), nanoseconds(r.MeanMS), r})
	}
	if ns := nanoseconds(p.Total.OverheadMS); ns > 0 {
		list = append(list, stack{frames: []string{p.Model.Arch, overheadFrame}, ns: ns})
	}
	return list
}

func rowFrames(arch string, r *profile.LayerRow) []string {
	frames := append([]string{arch, r.Pass}, modules(r.Path)...)
	frames = append(frames, r.Path)
	if r.Kernel != "" {
		frames = append(frames, r.Kernel)
	}
	return frames
}

// modules are the stage and the block of a layer, as far as it lies in one.
func modules(path string) []string {
	stage, rest, ok := strings.Cut(path, ".")
	if !ok {
		return nil
	}
	block, _, ok := strings.Cut(rest, ".")
	if !ok {
		return []string{stage}
	}
	return []string{stage, stage + "." + block}
}

// block is the path of the block that a layer lies in, or empty.
func block(path string) string {
	if m := modules(path); len(m) == 2 {
		return m[1]
	}
	return ""
}

func nanoseconds(ms float64) int64 { return int64(math.Round(ms * 1e6)) }
