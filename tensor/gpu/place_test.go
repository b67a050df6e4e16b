package gpu_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

// region is where a buffer lies.
type region struct{ from, to int64 }

func regionOf(bp *gpu.Blueprint, id int) region {
	at, bytes := bp.Place(id)
	return region{at, at + bytes}
}

func (r region) meets(o region) bool { return r.from < o.to && o.from < r.to }

// memory knows which buffers of the arena hold what was written to them.
type memory struct {
	bp   *gpu.Blueprint
	live map[int]region
}

// write gives a buffer its value: what lay there before is gone.
func (m *memory) write(id int) {
	own := regionOf(m.bp, id)
	for other, r := range m.live {
		if r.meets(own) {
			delete(m.live, other)
		}
	}
	m.live[id] = own
}

// run does what a kernel does to the memory.
func (m *memory) run(t *testing.T, k *gpu.Kernel) {
	t.Helper()
	for i, r := range k.Buffers {
		if r.Kind != gpu.Arena || k.Writes>>i&1 != 0 {
			continue
		}
		if _, ok := m.live[r.ID]; !ok {
			t.Errorf("%s reads buffer %d at binding %d, which was overwritten or never written", k.Name, r.ID, i)
		}
		for j, w := range k.Buffers {
			if w.Kind == gpu.Arena && k.Writes>>j&1 != 0 && w.ID != r.ID && regionOf(m.bp, w.ID).meets(regionOf(m.bp, r.ID)) {
				t.Errorf("%s reads buffer %d where it writes %d", k.Name, r.ID, w.ID)
			}
		}
	}
	for i, r := range k.Buffers {
		if r.Kind == gpu.Arena && k.Writes>>i&1 != 0 {
			m.write(r.ID)
		}
	}
}

// TestPlaces runs the kernels on an arena that only knows whose bytes are whose: nobody
// may read what was overwritten, in a second run neither, and what can be read after a
// run must be there.
func TestPlaces(t *testing.T) {
	eachBlueprint(t, func(t *testing.T, bp *gpu.Blueprint) {
		m := memory{bp, map[int]region{}}
		for _, id := range bp.Plan.Find(tensor.Input) {
			if bp.Used(id) {
				m.write(int(id))
			}
		}
		for i := range bp.Derived {
			m.run(t, &bp.Derived[i].Kernel)
		}
		for range 2 {
			for _, k := range kernels(bp) {
				m.run(t, k)
			}
			for _, id := range append(bp.Plan.Find(tensor.Output), bp.Plan.Find(tensor.Kept)...) {
				if _, ok := m.live[int(id)]; !ok {
					t.Errorf("buffer %d is gone after the run", id)
				}
			}
		}
	})
}

// TestPieces: a buffer lies in one piece, where the device wants it, and all lie in the
// arena.
func TestPieces(t *testing.T) {
	cut := 0
	eachBlueprint(t, func(t *testing.T, bp *gpu.Blueprint) {
		seen := map[int]bool{}
		for _, k := range kernels(bp) {
			for _, r := range k.Buffers {
				if r.Kind != gpu.Arena || seen[r.ID] {
					continue
				}
				seen[r.ID] = true
				p := regionOf(bp, r.ID)
				if p.from < 0 || p.from%64 != 0 || p.to > bp.Memory.ArenaBytes || p.from/bp.Chunk != (p.to-1)/bp.Chunk {
					t.Errorf("buffer %d lies at %+v, in an arena of %d bytes in pieces of %d", r.ID, p, bp.Memory.ArenaBytes, bp.Chunk)
				}
			}
		}
		if bp.Memory.ArenaBytes > bp.Chunk {
			cut++
		}
	})
	if cut < 3 {
		t.Errorf("only %d arenas have more than one piece", cut)
	}
}

// TestStack: tensors lie one behind the other, aligned, none in two pieces.
func TestStack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		sizes := make([]int64, 1+r.IntN(20))
		for i := range sizes {
			sizes[i] = 1 + r.Int64N(1<<(1+r.IntN(20)))
		}
		align, limit := int64(16)<<r.IntN(5), int64(1)<<(12+r.IntN(10))
		offsets, piece, end := gpu.Stack(sizes, align, limit)
		var before int64
		for i, at := range offsets {
			last := at + sizes[i] - 1
			if at < before || at%align != 0 || at/piece != last/piece || last >= end {
				t.Fatalf("%d bytes at %d behind %d, in pieces of %d, to the end at %d; align %d",
					sizes[i], at, before, piece, end, align)
			}
			if before = at + sizes[i]; sizes[i] <= limit && piece > max(limit, (largestOf(sizes)+align-1)/align*align) {
				t.Fatalf("pieces of %d, on a device that takes %d at once", piece, limit)
			}
		}
	}
}

func largestOf(sizes []int64) (n int64) {
	for _, s := range sizes {
		n = max(n, s)
	}
	return n
}

// TestTooLarge: a tensor beyond what the device takes at once is named, with both sizes.
func TestTooLarge(t *testing.T) {
	var b tensortest.Builder
	x := b.Input(4, 64, 128, 128) // 16.8 MB
	b.Buffers[x].Name = "image"
	b.Output(b.ReLU(x))
	for _, limits := range [][2]int64{{16 << 20, 16<<20 - 1}, {16<<20 - 1, 1 << 30}} {
		tr := traits
		tr.MaxAllocation, tr.MaxBuffer = limits[0], limits[1]
		_, err := gpu.New(&b.Plan, tensor.Options{}, tr)
		var e *tensor.TooLargeError
		if !errors.As(err, &e) || e.Tensor != "image" || e.Bytes != 16<<20 || e.Limit != 16<<20-1 {
			t.Errorf("limits %v: %v", limits, err)
		}
	}
	tr := traits
	tr.MaxAllocation, tr.MaxBuffer = 16<<20, 16<<20
	if _, err := gpu.New(&b.Plan, tensor.Options{}, tr); err != nil {
		t.Errorf("a tensor as large as the device takes: %v", err)
	}
}

// TestTooManyElements: of a tensor with more elements than kernels count, the smaller of
// both limits is told, which is the device's here.
func TestTooManyElements(t *testing.T) {
	var b tensortest.Builder
	b.Output(b.ReLU(b.Input(1<<15, 64, 64, 64))) // 2³³
	_, err := gpu.New(&b.Plan, tensor.Options{}, traits)
	var e *tensor.TooLargeError
	if !errors.As(err, &e) || e.Bytes != 4<<33 || e.Limit != traits.MaxTensor() {
		t.Errorf("%v", err)
	}
}

// TestPartialSumsTooLarge: what a kernel needs beside the plan's buffers is named too.
func TestPartialSumsTooLarge(t *testing.T) {
	win := tensor.Square(3, 1, 1)
	plan := tensortest.Convolution{N: 4, C: 64, H: 28, W: 28, K: 64, Groups: 1, Window: win}.Gradients()
	var plain, sums int64 // the largest of the plan's buffers, and of the others
	bp := blueprint(t, plan, false, traits)
	for _, k := range kernels(bp) {
		for _, r := range k.Buffers {
			if r.Kind != gpu.Arena {
				continue
			}
			if _, bytes := bp.Place(r.ID); r.ID < len(plan.Buffers) {
				plain = max(plain, bytes)
			} else {
				sums = max(sums, bytes)
			}
		}
	}
	if sums <= plain {
		t.Fatalf("partial sums take %d bytes, and buffers %d: take another convolution for this test", sums, plain)
	}
	tr := traits
	tr.MaxAllocation = plain
	_, err := gpu.New(plan, tensor.Options{}, tr)
	var e *tensor.TooLargeError
	if !errors.As(err, &e) || !strings.Contains(e.Error(), "partial sums") {
		t.Errorf("%v", err)
	}
}
