//go:build !nogpu

package vulkan

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

// guardAlign puts bands of up to so many bytes between tensors. It is no power of two, as
// many tensors' sizes are.
const guardAlign = 7 << 9

// guardBits fill the bands: NaNs, each another, so that a copy of one shows.
func guardBits(b band, i int) uint32 { return 0x7fc00000 | uint32(b.from/4+int64(i))&0x3fffff }

// band is bytes of one allocation that belong to no tensor.
type band struct {
	*memory
	from, to int64
}

// bands are what is left of memory by what tensors take of it.
func bands(list []*memory, taken []place) (free []band) {
	slices.SortFunc(taken, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	for _, m := range list {
		at := int64(0)
		for _, p := range taken {
			if p.memory != m {
				continue
			}
			if p.offset > at {
				free = append(free, band{m, at, p.offset})
			}
			at = max(at, p.offset+p.bytes)
		}
		if at < m.bytes {
			free = append(free, band{m, at, m.bytes})
		}
	}
	return free
}

// takenBy are the places of all tensors of a program: without what rounds them up, but for
// those that only kernels know.
func takenBy(p *program) (list []place) {
	kernels := []*gpu.Kernel{}
	for _, st := range p.Steps {
		for i := range st.Kernels {
			kernels = append(kernels, &st.Kernels[i])
		}
	}
	for i := range p.Derived {
		kernels = append(kernels, &p.Derived[i].Kernel)
	}
	for _, k := range kernels {
		for _, r := range k.Buffers {
			if r.Kind != gpu.Arena {
				continue
			}
			at := p.find(r)
			if r.ID < len(p.Plan.Buffers) {
				at.bytes = p.Plan.Buffers[r.ID].Bytes()
			}
			list = append(list, at)
		}
	}
	for _, q := range p.state.params {
		list = append(list, place{q.memory, q.offset, q.Bytes()})
	}
	return list
}

// guard runs a plan between bands that must stay as they are, and compares what can be read
// with the reference: a kernel that reads a band computes a NaN.
func guard(t *testing.T, d *device, plan *tensor.Plan, o tensor.Options, bar float64) {
	t.Helper()
	s, err := d.NewState(plan.Params, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	prog, err := d.Compile(plan, s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	p := prog.(*program)
	poison(p)
	free := putBands(t, p)
	compare(t, p, plan, bar)
	for _, damage := range readBands(t, p, free) {
		t.Error(damage)
	}
	if len(free) == 0 {
		t.Error("there are no bands")
	}
}

// putBands fills all that belongs to no tensor.
func putBands(t *testing.T, p *program) []band {
	t.Helper()
	free := bands(append(slices.Clone(p.arena), p.state.memory...), takenBy(p))
	for _, b := range free {
		fill := make([]float32, (b.to-b.from)/4)
		for i := range fill {
			fill[i] = math.Float32frombits(guardBits(b, i))
		}
		if err := p.dev.upload(place{b.memory, b.from, b.to - b.from}, fill); err != nil {
			t.Fatal(err)
		}
	}
	return free
}

// readBands says which bands are not what putBands has put there.
func readBands(t *testing.T, p *program, free []band) (damage []string) {
	t.Helper()
	for _, b := range free {
		got := make([]float32, (b.to-b.from)/4)
		if err := p.dev.download(got, place{b.memory, b.from, b.to - b.from}); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if math.Float32bits(v) != guardBits(b, i) {
				at := b.from + 4*int64(i)
				damage = append(damage, fmt.Sprintf("the band from byte %d to %d is written at byte %d", b.from, b.to, at))
				break
			}
		}
	}
	return damage
}

// compare runs a program and compares it with the reference.
func compare(t *testing.T, p *program, plan *tensor.Plan, bar float64) {
	t.Helper()
	r, err := tensor.NewReference[float64](plan, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range plan.Find(tensor.Input) {
		x := tensortest.InputValues(plan, id, 1)
		if err := r.Set(id, x.Data); err != nil {
			t.Fatal(err)
		}
		if err := p.Write(id, x); err != nil {
			t.Fatal(err)
		}
	}
	scalars := tensortest.ScalarValues(plan)
	if err := r.Run(scalars); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), tensor.RunOptions{Scalars: scalars}); err != nil {
		t.Fatal(err)
	}
	for _, id := range append(plan.Find(tensor.Output), plan.Find(tensor.Kept)...) {
		got := tensor.New(plan.Buffers[id].Shape...)
		if err := p.Read(id, got); err != nil {
			t.Fatal(err)
		}
		if e := tensortest.Distance(got.Data, r.Buffer(id)); !(e <= bar) {
			t.Errorf("buffer %d %v: relative error %g, at most %g allowed", id, got.Shape, e, bar)
		}
	}
}

// TestGuards runs convolutions of random geometries in all directions, random nets and a
// training step between bands.
func TestGuards(t *testing.T) {
	d := open(t)
	d.traits.Align = guardAlign
	r := rand.New(rand.NewPCG(31, 32))
	n := 40
	if testing.Short() {
		n = 3
	}
	for i := range n {
		g := tensortest.RandomConvolution(r)
		t.Run(fmt.Sprintf("%d %+v", i, g), func(t *testing.T) {
			guard(t, d, g.Plan(tensortest.Tail(i%tensortest.Tails)), tensor.Options{Fuse: i%2 == 0}, 2e-6)
			guard(t, d, g.Gradients(), tensor.Options{}, 3e-6)
		})
	}
	for i := range n / 3 {
		plan := tensortest.RandomNet(r)
		t.Run(fmt.Sprint("net ", i), func(t *testing.T) { guard(t, d, plan, tensor.Options{Fuse: i%2 == 0}, 1e-5) })
	}
	for _, fuse := range []bool{false, true} {
		b, logits := tensortest.SmallNet(true, 4)
		b.Train(logits, tensor.Kept)
		t.Run(fmt.Sprint("a step, fused: ", fuse), func(t *testing.T) {
			guard(t, d, &b.Plan, tensor.Options{Fuse: fuse}, 1e-4)
		})
	}
}

// TestGuardsSeeWrites: a kernel that goes too far writes to a band.
func TestGuardsSeeWrites(t *testing.T) {
	d := open(t)
	d.traits.Align = guardAlign
	for beyond, want := range []bool{false, true} {
		p := threeReLUs(t, d)
		p.Steps[1].Kernels[0].Push[0] += uint32(beyond) // the number of elements
		free := putBands(t, p)
		if err := p.Run(t.Context(), tensor.RunOptions{}); err != nil {
			t.Fatal(err)
		}
		if damage := readBands(t, p, free); (len(damage) > 0) != want {
			t.Errorf("%d elements beyond: damage %q", beyond, damage)
		}
	}
}
