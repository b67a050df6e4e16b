package cpu

import (
	"math/rand/v2"
	"slices"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu/internal/asm"
	"resnet-tui/tensor/tensortest"
)

// twoBlocks is a set of kernels as far as splitting looks at it: AVX-512's panels of
// two blocks, and kernels for groups.
func twoBlocks() *asm.Kernels {
	k := &asm.Kernels{Nob: 2}
	k.Group4[1] = func(*asm.ConvArgs) {}
	k.Group8[1] = func(*asm.ConvArgs) {}
	return k
}

// geometry is tensortest.Convolution, without its methods.
type geometry struct {
	N, C, H, W, K, Groups int
	Window                tensor.Window
}

// convOf is a direct convolution that is not bound to memory.
func convOf(g geometry) *conv {
	op := &tensor.Op{Kind: tensor.Conv2d, Window: g.Window}
	in := tensor.Shape{g.N, g.C, g.H, g.W}
	h, w := g.Window.Out(g.H, g.W)
	out := tensor.Shape{g.N, g.K, h, w}
	stem := g.C < asm.Block && g.Groups == 1
	shape := filterShape{c: g.C, k: g.K, groups: g.Groups, kh: g.Window.KH, kw: g.Window.KW, interleaved: stem}
	k := twoBlocks()
	c := &conv{
		k: k, packing: newPacking(shape, k, floatBytes), window: g.Window,
		in:  &view{layout: newLayout(in, windowHalo(op, in, out), floatBytes)},
		out: &view{layout: newLayout(out, halo{}, floatBytes)},
	}
	if stem {
		c.in.layout = interleavedLayout(in, windowHalo(op, in, out), floatBytes)
	}
	c.prepare()
	return c
}

// gradOf is the weight gradient of a convolution.
func gradOf(g geometry) *gradWeight {
	c := convOf(g)
	w := &gradWeight{x: c.in, dy: c.out, window: g.Window, packing: gradPacking(c.filterShape)}
	w.prepare()
	return w
}

var (
	one   = tensor.Square(1, 1, 0)
	three = tensor.Square(3, 1, 1)
)

// TestConvSplit pins the pieces of known layers: bits depend on the chunks.
func TestConvSplit(t *testing.T) {
	for _, c := range []struct {
		name string
		geometry
		units, perPart, panels, panelsPerPart, blocks, chunk int
	}{
		{"ResNet-50 conv1", geometry{1, 3, 224, 224, 64, 1, tensor.Square(7, 2, 3)}, 112, 4, 2, 1, 1, 1},
		{"ResNet-50 layer1 1×1", geometry{1, 64, 56, 56, 256, 1, one}, 3136, 392, 8, 1, 4, 4},
		{"ResNet-50 layer2 3×3 s2", geometry{1, 128, 56, 56, 128, 1, tensor.Square(3, 2, 1)}, 28, 2, 4, 1, 8, 8},
		{"ResNet-50 layer4 3×3", geometry{1, 512, 7, 7, 512, 1, three}, 7, 7, 16, 1, 32, 16},
		{"ResNet-50 layer4 1×1", geometry{1, 2048, 7, 7, 512, 1, one}, 49, 49, 16, 1, 128, 128},
		{"ResNet-50 layer4 1×1, batch 32", geometry{32, 2048, 7, 7, 512, 1, one}, 1568, 121, 16, 4, 128, 128},
		{"ResNet-50 fc", geometry{1, 2048, 1, 1, 1000, 1, one}, 1, 1, 32, 1, 128, 128},
		{"ResNeXt-50 layer1 3×3", geometry{1, 128, 56, 56, 128, 32, three}, 56, 19, 8, 1, 1, 1},
		{"CIFAR-20 stage 1", geometry{1, 16, 32, 32, 16, 1, three}, 32, 8, 1, 1, 1, 1},
		{"CIFAR-20 stage 3, batch 128", geometry{128, 64, 8, 8, 64, 1, three}, 1024, 32, 2, 1, 4, 4},
		{"one pixel", geometry{1, 1, 1, 1, 1, 1, one}, 1, 1, 1, 1, 1, 1},
		{"a column", geometry{1, 17, 1000, 1, 33, 1, tensor.Square(1, 3, 0)}, 334, 334, 2, 2, 2, 2},
		{"many channels", geometry{1, 5000, 2, 2, 16, 1, three}, 2, 2, 1, 1, 313, 35},
	} {
		s := convOf(c.geometry).split
		got := [6]int{s.units.count, s.units.size, s.panels.count, s.panels.size, s.chunks.count, s.chunks.size}
		if want := [6]int{c.units, c.perPart, c.panels, c.panelsPerPart, c.blocks, c.chunk}; got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

// TestNarrowChunks: panels of one block are cut until L1 keeps a chunk of their weights.
func TestNarrowChunks(t *testing.T) {
	c := convOf(geometry{1, 512, 7, 7, 512, 1, three})
	c.k = &asm.Kernels{Nob: 1}
	c.packing = newPacking(c.filterShape, c.k, floatBytes)
	c.prepare()
	if bytes := c.split.chunks.size * 9 * asm.Block * asm.Block * floatBytes; bytes > narrowPanelBytes {
		t.Errorf("a chunk of weights has %d bytes, want %d at most", bytes, narrowPanelBytes)
	}
}

// TestFewMACs: what waits for its weights is handed out in pieces all the same.
func TestFewMACs(t *testing.T) {
	if n := convOf(geometry{1, 512, 1, 1, 1000, 1, one}).split.pieces(); n != 11 {
		t.Errorf("a classifier of 2 MB makes %d pieces, want 11", n)
	}
}

// TestProducts: a position of many panels makes two pieces where each has the work.
func TestProducts(t *testing.T) {
	w := winogradWork{inBlocks: 16, outBlocks: 16, panels: 8, panelMACs: 256 * 32}
	for tiles, parts := range map[int]int{16: 2, 4: 1, 256: 8} {
		if got := w.products(tiles).parts; got != parts {
			t.Errorf("%d tiles: %d parts, want %d", tiles, got, parts)
		}
	}
}

// TestGradSplit pins the parts of known weight gradients: each is a partial sum.
func TestGradSplit(t *testing.T) {
	for _, c := range []struct {
		name string
		geometry
		images, rows, pixels, chunks, perPart, blocks, perRange int
	}{
		{"ResNet-50 conv1", geometry{8, 3, 224, 224, 64, 1, tensor.Square(7, 2, 3)}, 1, 1, 112, 896, 38, 4, 4},
		{"ResNet-50 layer1 1×1", geometry{8, 64, 56, 56, 256, 1, one}, 0, 0, 200, 126, 6, 16, 16},
		{"ResNet-50 layer1 3×3", geometry{8, 64, 56, 56, 64, 1, three}, 1, 3, 168, 152, 7, 4, 4},
		{"ResNet-50 layer4 3×3", geometry{8, 512, 7, 7, 512, 1, three}, 10, 7, 490, 1, 1, 32, 1},
		{"ResNet-50 fc", geometry{8, 2048, 1, 1, 1000, 1, one}, 0, 0, 512, 1, 1, 63, 2},
		{"CIFAR-20 stage 1", geometry{128, 16, 32, 32, 16, 1, three}, 1, 6, 192, 768, 32, 1, 1},
		{"CIFAR-20 stage 3", geometry{128, 64, 8, 8, 64, 1, three}, 3, 8, 192, 43, 2, 4, 4},
		{"one pixel", geometry{1, 1, 1, 1, 1, 1, one}, 200, 1, 200, 1, 1, 1, 1},
		{"a row", geometry{1, 16, 3, 2000, 16, 1, three}, 1, 1, 2000, 3, 1, 1, 1},
	} {
		s := gradOf(c.geometry).split
		got := [7]int{s.images, s.rows, s.pixels, s.chunks.count, s.chunks.size, s.blocks.count, s.blocks.size}
		if want := [7]int{c.images, c.rows, c.pixels, c.chunks, c.perPart, c.blocks, c.perRange}; got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

// TestWinogradSplit pins which layers go in groups, and how many tiles at a time.
func TestWinogradSplit(t *testing.T) {
	for _, c := range []struct {
		name    string
		work    winogradWork
		grouped bool
		tiles   int
	}{
		{"56×56×64", winogradWork{tiles: 14 * 14, inBlocks: 4, outBlocks: 4, panels: 2, panelMACs: 64 * 32}, true, 25},
		{"28×28×128", winogradWork{tiles: 7 * 7, inBlocks: 8, outBlocks: 8, panels: 4, panelMACs: 128 * 32}, false, 49},
		{"14×14×256, batch 16", winogradWork{tiles: 256, inBlocks: 16, outBlocks: 16, panels: 8, panelMACs: 256 * 32}, false, 52},
		{"32×32×16, batch 128", winogradWork{tiles: 8192, inBlocks: 1, outBlocks: 1, panels: 1, panelMACs: 256}, true, 28},
		{"one tile", winogradWork{tiles: 1, inBlocks: 1, outBlocks: 1, panels: 1, panelMACs: 16 * 16}, true, 1},
		{"32,000 channels", winogradWork{tiles: 9, inBlocks: 2000, outBlocks: 2000, panels: 1000, panelMACs: 1 << 20}, false, 1},
	} {
		s := c.work.split()
		if s.grouped != c.grouped || s.tiles.size != c.tiles {
			t.Errorf("%s: %+v, want grouped %v, %d tiles", c.name, s, c.grouped, c.tiles)
		}
	}
}

// covers reports parts that leave items out, take them twice, or are empty.
func covers(t *testing.T, what string, p partition) {
	t.Helper()
	next := 0
	for i := range p.parts {
		s := p.part(i)
		if s.from != next || s.len() < 1 || s.len() > p.size {
			t.Fatalf("%s: part %d of %+v is %+v", what, i, p, s)
		}
		next = s.to
	}
	if next != p.count {
		t.Fatalf("%s: %+v covers %d", what, p, next)
	}
}

// TestSplitInvariants: whatever the geometry, parts cover everything once, pieces
// can be numbered, and memory stays within its bounds unless one item is beyond
// them already.
func TestSplitInvariants(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	upTo := func(bits int) int { return 1 + r.IntN(1<<r.IntN(bits+1)) } // small ones are as likely as large ones
	for range 20_000 {
		c := convWork{
			units: upTo(18), panels: upTo(8), blocks: upTo(8), unitMACs: upTo(24),
			unitBytes: upTo(18), blockBytes: upTo(18), weightBytes: upTo(25), chunkBytes: upTo(19),
		}
		s := c.split()
		covers(t, "units", s.units)
		covers(t, "panels", s.panels)
		covers(t, "chunks", s.chunks)
		if s.pieces() > maxPieces || s.chunks.size > 1 && s.chunks.size*c.blockBytes > c.chunkBytes {
			t.Fatalf("%+v: %+v", c, s)
		}
		g := gradWork{
			images: upTo(9), h: upTo(8), w: upTo(8), anyRun: r.IntN(2) == 0,
			inBlocks: upTo(8), outBlocks: upTo(8), sumBytes: upTo(24),
		}
		gs := g.split()
		covers(t, "parts of chunks", gs.chunks)
		covers(t, "output blocks", gs.blocks)
		if gs.pieces() > maxPieces || gs.chunks.parts > 1 && gs.chunks.parts*g.sumBytes > gradPartial {
			t.Fatalf("%+v: %+v", g, gs)
		}
		w := winogradWork{
			tiles: upTo(18), inBlocks: upTo(8), outBlocks: upTo(8), panels: upTo(7), panelMACs: 256 * upTo(8),
		}
		ws := w.split()
		covers(t, "tiles", ws.tiles)
		covers(t, "transforms", transforms(ws.tiles.size))
		covers(t, "products", w.products(ws.tiles.size))
		transformed := positions * w.inBlocks * ws.tiles.size * pixelBytes
		if ws.tiles.parts > maxPieces || ws.tiles.size > 1 && transformed > max(groupBytes, phaseBytes) {
			t.Fatalf("%+v: %+v", w, ws)
		}
	}
}

// TestGradChunksCoverTheBatch: images × rows of all chunks are the batch's.
func TestGradChunksCoverTheBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		g := geometry(tensortest.RandomConvolution(r))
		g.N = 1 + r.IntN(40)
		w := gradOf(g)
		if w.flat {
			if n := w.dy.n * w.dy.h * w.dy.w; ceilDiv(n, w.split.pixels) != w.split.chunks.count {
				t.Fatalf("%+v: %d chunks of %d pixels for %d", g, w.split.chunks.count, w.split.pixels, n)
			}
			continue
		}
		seen := make([]int, w.dy.n*w.dy.h)
		for chunk := range w.split.chunks.count {
			var a asm.GradWeightArgs
			_, _ = w.place(&a, chunk)
			perImage := ceilDiv(w.dy.h, w.split.rows)
			for n := range a.Nz {
				for y := range a.Ny {
					seen[(chunk/perImage*w.split.images+n)*w.dy.h+chunk%perImage*w.split.rows+y]++
				}
			}
		}
		for row, times := range seen {
			if times != 1 {
				t.Fatalf("%+v: row %d is summed %d times", g, row, times)
			}
		}
	}
}

// TestSplitIgnoresThreads: pieces are those of the geometry, for any number of
// workers.
func TestSplitIgnoresThreads(t *testing.T) {
	for _, g := range []geometry{
		{2, 64, 56, 56, 64, 1, three},
		{2, 3, 65, 63, 64, 1, tensor.Square(7, 2, 3)},
		{1, 512, 7, 7, 512, 1, three},
	} {
		var pieces [][]int
		for _, threads := range []int{1, 2, 3, 64} {
			sc, err := newSchedule(tensortest.Convolution(g).Plan(15), tensor.Options{Fuse: true}, threads, asm.Get("generic"))
			if err != nil {
				t.Fatal(err)
			}
			var list []int
			for _, ln := range sc.launches {
				for _, ph := range ln.phases {
					list = append(list, ph.pieces)
				}
			}
			pieces = append(pieces, list)
		}
		for i, list := range pieces {
			if !slices.Equal(list, pieces[0]) {
				t.Errorf("%+v: pieces %v, with other threads %v", g, pieces[0], pieces[i])
			}
		}
	}
}

func TestTilingCoversTheRow(t *testing.T) {
	for maxPx := 1; maxPx <= asm.MaxPix; maxPx++ {
		for width := 1; width < 100; width++ {
			c := newTiling(width, maxPx)
			if c.px > maxPx || c.wide < 1 || c.wide*c.px+c.narrow*(c.px-1) != width {
				t.Errorf("%d pixels in tiles of %d: %+v", width, maxPx, c)
			}
		}
	}
}
