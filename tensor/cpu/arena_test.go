package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// fillings are two patterns that no kernel writes by chance.
var fillings = [2]uint32{0x7fc1a55a, 0x7fc25aa5}

// touched counts the arena's bytes, by line, that a pass loads or computes:
// those of which something else is left than what was filled in.
func touched(t *testing.T, p *program, plan *tensor.Plan, filling uint32) (bytes int64) {
	t.Helper()
	for i := range p.arena.data {
		p.arena.data[i] = math.Float32frombits(filling)
	}
	runOnce(t, p, plan, 1)
	for line := range slices.Chunk(p.arena.data, lineBytes/floatBytes) {
		if slices.ContainsFunc(line, func(v float32) bool { return math.Float32bits(v) != filling }) {
			bytes += int64(len(line)) * floatBytes
		}
	}
	return bytes
}

// planned counts the bytes of the arena, by line, in which some buffer holds
// values at some time. Between planes is a line that nobody uses: it keeps them
// from falling into the same sets of a cache.
func planned(p *program) int64 {
	held := make([]bool, p.memory.ArenaBytes/lineBytes)
	for _, b := range p.memory.Blocks {
		v := p.views[b.Buffer]
		for at := int64(0); at < b.Bytes; at += lineBytes {
			if v.plane == 0 || int(at)%v.plane < v.n*v.image {
				held[(b.Offset+at)/lineBytes] = true
			}
		}
	}
	lines := slices.DeleteFunc(held, func(h bool) bool { return !h })
	return int64(len(lines)) * lineBytes
}

// TestArenaIsTouchedAsPlanned compares the planned bytes with those that a pass
// really writes, evaluating and training: it writes all that it holds, and nothing
// else.
func TestArenaIsTouchedAsPlanned(t *testing.T) {
	d := open(t, "")
	r := rand.New(rand.NewPCG(31, 32))
	plans := []*tensor.Plan{trainingPlan(t, "cifar_resnet20", 2, false, false), trainingPlan(t, "cifar_resnet20", 2, true, false)}
	for range 12 {
		plans = append(plans, tensortest.RandomNet(r))
	}
	for i, plan := range plans {
		for _, fuse := range []bool{false, true} {
			p, _ := compile(t, d, plan, 1, tensor.Options{Threads: 2, Fuse: fuse})
			want := planned(p)
			if want > p.memory.ArenaBytes || float64(want) < 0.999*float64(p.memory.ArenaBytes) {
				t.Errorf("plan %d, fuse %v: the buffers hold %d bytes of an arena of %d", i, fuse, want, p.memory.ArenaBytes)
			}
			for _, filling := range fillings {
				if got := touched(t, p, plan, filling); got != want {
					t.Errorf("plan %d, fuse %v: a pass touches %d bytes, planned are %d", i, fuse, got, want)
				}
			}
		}
	}
}
