//go:build !nogpu

package vulkan

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

// shape is a tile by what its kernel is compiled and specialised for.
type shape struct{ tm, tn, threadRows int }

// shapes are all tiles of the kernels; those that fetch more than 128 rows or columns can't
// compute gradients of weights.
var shapes = []shape{{8, 8, 16}, {8, 8, 8}, {4, 8, 16}, {4, 8, 8}, {4, 8, 32}, {4, 4, 16}, {4, 4, 8}, {4, 4, 4}, {4, 4, 32}}

func (s shape) rows() int       { return s.tm * s.threadRows }
func (s shape) cols() int       { return s.tn * gpu.Threads / s.threadRows }
func (s shape) forWeight() bool { return s.rows() >= 32 && s.cols() <= 128 }

// retile gives a convolution's kernel another tile.
func retile(k *gpu.Kernel, s shape) {
	way := strings.Split(k.Name, "_")[1]
	var a [11]int // of its arguments
	for i := range a {
		a[i] = int(k.Push[i])
	}
	kh, kw, sh, sw := int(k.Constants[0]), int(k.Constants[1]), int(k.Constants[2]), int(k.Constants[3])
	n, c, h, w, outs, plane, groups, slices := a[0], a[1], a[2], a[3], a[4], a[5]*a[6], a[9], a[10]
	up := func(x, y int) int { return (x + y - 1) / y }
	rows, cols, classes := outs/groups, n*plane, 1
	switch way {
	case "input":
		rows, cols, classes = c/groups, n*up(h, sh)*up(w, sw), sh*sw
	case "weight":
		cols = c / groups * kh * kw
	}
	k.Name = fmt.Sprintf("conv_%s_%dx%d", way, s.tm, s.tn)
	k.Constants[4] = uint32(s.threadRows)
	k.Groups = int64(up(rows, s.rows()) * up(cols, s.cols()) * groups * classes * slices)
}

// tilable is a random convolution that some tiles don't hold.
func tilable(r *rand.Rand) tensortest.Convolution {
	g := tensortest.RandomConvolution(r)
	if g.Groups == 1 && r.IntN(2) == 0 {
		g.K = 1 + r.IntN(150)
		g.C = 1 + r.IntN(90)
	}
	return g
}

// TestTiles computes random convolutions, forward and back, with each tile, and looks that
// nothing is written beside the results.
func TestTiles(t *testing.T) {
	d := open(t)
	r := rand.New(rand.NewPCG(21, 22))
	for i := range 27 {
		g, s, back := tilable(r), shapes[i%len(shapes)], shapes[i%len(shapes)]
		for !back.forWeight() {
			back = shapes[r.IntN(len(shapes))]
		}
		if testing.Short() && i%5 != 0 {
			continue
		}
		t.Run(fmt.Sprintf("%d %+v", i, g), func(t *testing.T) {
			runTiled(t, d, g.Plan(tensortest.Tail(i%tensortest.Tails)), s, back, 2e-6)
			runTiled(t, d, g.Gradients(), s, back, 3e-6)
		})
	}
}

// untouched is the bits of memory that nobody wrote: a NaN.
const untouched = 0x7fc12345

// runTiled compares a plan, computed with a tile, with the reference.
func runTiled(t *testing.T, d *device, plan *tensor.Plan, s, forWeight shape, bar float64) {
	t.Helper()
	traits := d.traits
	traits.Align = 4096 // bytes between buffers, to see what is written there
	bp, err := gpu.New(plan, tensor.Options{Fuse: true}, traits)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range bp.Steps {
		for i := range st.Kernels {
			switch k := &st.Kernels[i]; {
			case strings.HasPrefix(k.Name, "conv_weight"):
				retile(k, forWeight)
			case strings.HasPrefix(k.Name, "conv_"):
				retile(k, s)
			}
		}
	}
	state, err := newState(d, plan.Params, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	if _, err := state.acquire(plan, nil); err != nil {
		t.Fatal(err)
	}
	p := newProgram(d, state, bp)
	d.adopt(p)
	defer p.Close()
	if err := p.bind(); err != nil {
		t.Fatal(err)
	}
	fillArena(t, p)
	ref, err := tensor.NewReference[float64](plan, tensortest.Values{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range plan.Find(tensor.Input) {
		x := tensortest.InputValues(plan, id, 1)
		if err := ref.Set(id, x.Data); err != nil {
			t.Fatal(err)
		}
		if err := p.Write(id, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := ref.Run(nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(context.Background(), tensor.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	for id := range plan.Buffers {
		id := tensor.BufferID(id)
		if !p.Used(id) {
			continue
		}
		at := p.find(gpu.Ref{Kind: gpu.Arena, ID: int(id)})
		got := make([]float32, at.bytes/4)
		if err := d.download(got, at); err != nil {
			t.Fatal(err)
		}
		n := plan.Buffers[id].Shape.Elems()
		if e := tensortest.Distance(got[:n], ref.Buffer(id)); !(e <= bar) {
			t.Errorf("%v: buffer %d %v: relative error %.2g, at most %.2g allowed", s, id, plan.Buffers[id].Shape, e, bar)
		}
		if shared(bp, int(id)) {
			continue
		}
		for i, v := range got[n:] {
			if math.Float32bits(v) != untouched {
				t.Fatalf("%v: buffer %d %v: something was written %d values behind its end", s, id, plan.Buffers[id].Shape, i)
			}
		}
	}
}

// shared reports whether others use a buffer's place at other times.
func shared(bp *gpu.Blueprint, id int) bool {
	from, size := bp.Place(id)
	for _, st := range bp.Steps {
		for _, k := range st.Kernels {
			for _, r := range k.Buffers {
				if r.Kind != gpu.Arena || r.ID == id {
					continue
				}
				if at, n := bp.Place(r.ID); at < from+size && from < at+n {
					return true
				}
			}
		}
	}
	return false
}

// fillArena fills a program's memory with what shows where nobody wrote.
func fillArena(t *testing.T, p *program) {
	t.Helper()
	for _, m := range p.arena {
		x := make([]float32, m.bytes/4)
		for i := range x {
			x[i] = math.Float32frombits(untouched)
		}
		if err := p.dev.upload(place{m, 0, m.bytes}, x); err != nil {
			t.Fatal(err)
		}
	}
}
