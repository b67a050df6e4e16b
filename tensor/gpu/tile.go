package gpu

import "math"

// A tile is the part of a matrix product that one workgroup computes: each of its threads
// computes tm×tn sums, and the threads stand in rows. Which tile a product takes does not
// change its bits: every sum goes through its terms in the same order.
type tile struct {
	tm, tn, threadRows int
	slab, around       [3]int // instructions of a thread for a slab of the sum, and around the loop, by way
}

// The ways through a convolution, in the order of tile.slab.
const (
	forward = iota
	toInput
	toWeight
)

// tiles are those that the kernels are compiled for. Their instructions are counted
// from the compiled kernels, for a 3×3 window; a test holds them to it.
var tiles = []tile{
	{8, 8, 16, [3]int{594, 594, 630}, [3]int{2019, 2030, 2018}}, // 128×128
	{8, 8, 8, [3]int{618, 618, 0}, [3]int{2021, 2032, 0}},       // 64×256
	{4, 8, 16, [3]int{333, 333, 361}, [3]int{1200, 1211, 1198}}, // 64×128
	{4, 8, 8, [3]int{354, 354, 0}, [3]int{1199, 1210, 0}},       // 32×256
	{4, 8, 32, [3]int{333, 333, 349}, [3]int{1195, 1206, 1194}}, // 128×64
	{4, 4, 16, [3]int{194, 194, 202}, [3]int{785, 796, 784}},    // 64×64
	{4, 4, 8, [3]int{197, 197, 221}, [3]int{784, 795, 784}},     // 32×128
	{4, 4, 4, [3]int{218, 218, 0}, [3]int{787, 798, 0}},         // 16×256
	{4, 4, 32, [3]int{197, 197, 203}, [3]int{779, 790, 776}},    // 128×32
}

func (t *tile) rows() int { return t.tm * t.threadRows }
func (t *tile) cols() int { return t.tn * Threads / t.threadRows }

// takes says whether the tile has a kernel for a way: weight gradients fetch at most 128
// rows and columns, 32 at a time.
func (t *tile) takes(way int) bool { return t.slab[way] > 0 }

// slabTerms is how many terms of the sum a workgroup holds in shared memory at a time.
const slabTerms = 8

// sharedBytes is the shared memory that the tile's kernel takes: two slabs, which WEIGHT
// pads, and the table of 256 rows.
func (t *tile) sharedBytes(way int) int {
	rows := t.rows() + t.cols()
	if way == toWeight {
		rows += 2 * 4
	}
	return 4*rows*slabTerms*2 + 256*16
}

// sharedGuaranteed is the shared memory that every device has.
const sharedGuaranteed = 16 << 10

// A GPU as the choice of tiles imagines it, for none says how many units it has. These
// are an H100's; what matters is that they are the same everywhere: slices decide the
// order of additions.
const (
	units      = 132             // that each run some workgroups at once
	schedulers = 4               // of a unit: instructions of a warp of 32 threads that begin in a cycle
	registers  = 65536 / Threads // of a unit, for each thread of a workgroup
	latency    = 700             // cycles from asking memory to an answer
	unitBytes  = 18              // that a unit gets from memory in a cycle
	launch     = 4000            // cycles until a kernel that waited for another has begun
)

// A product is cut into slices where its tiles alone would leave a GPU idle, and where a
// sum is so long that float32 would lose digits.
const (
	shortest  = 64      // terms of a slice, at least
	longest   = 1 << 13 // terms of a slice, at most
	maxSlices = 256
)

// choose finds the tile and the number of slices that cost least on a device with those
// traits.
func (d *direction) choose(tr *Traits) (best *tile, slices int) {
	fewest := max(ceil(d.depth, longest), 1)
	most := max(fewest, min(d.depth/shortest, maxSlices))
	least := math.Inf(1)
	for i := range tiles {
		t := &tiles[i]
		if !t.takes(d.way) || int64(t.sharedBytes(d.way)) > max(tr.Shared, sharedGuaranteed) {
			continue
		}
		dislike := 1.0
		if tr.avoids(d.kernel(t)) {
			dislike = math.MaxFloat32
		}
		for n := fewest; n <= most; n++ {
			if c := dislike * d.cost(t, n); c < least {
				best, slices, least = t, n, c
			}
		}
	}
	return best, slices
}

// count is how many workgroups a product takes.
func (d *direction) count(t *tile, slices int) int64 {
	return int64(ceil(d.rows, t.rows())) * int64(ceil(d.cols, t.cols())) * int64(d.groups*d.classes*slices)
}

// resident is how many workgroups a unit is taken to run at once: a thread keeps its sums,
// four terms of each of its columns, and about 30 other values in registers, as AMD's
// compiler has it.
func (t *tile) resident() int { return max(registers/(t.tm*t.tn+4*t.tn+30), 1) }

// slabs is how many slabs a slice of the sum has, on average over the classes of pixels.
func (d *direction) slabs(slices int) float64 {
	terms := float64(d.depth)
	if d.way == toInput {
		terms = float64(d.y.c/d.groups*d.win.KH*d.win.KW) / float64(d.classes)
	}
	return math.Ceil(terms/slabTerms) / float64(slices)
}

// cost is the cycles that a product takes on the imagined GPU. Its units take workgroups in
// rounds; a round lasts as long as its instructions, but for each slab at least until
// memory answers. Slices are written, read again and added by another kernel.
func (d *direction) cost(t *tile, slices int) float64 {
	each := ceil(int(d.count(t, slices)), units) // workgroups of a unit
	slabs := d.slabs(slices)
	round := func(n int) float64 {
		const perSlot = Threads / 32 / schedulers
		busy := float64(n * perSlot * t.slab[d.way])
		return slabs*max(busy, latency) + float64(n*perSlot*t.around[d.way])
	}
	most := t.resident()
	cycles := float64(each/most) * round(most)
	if rest := each % most; rest > 0 {
		cycles += round(rest)
	}
	if slices > 1 {
		cycles += launch + 4*float64(d.total)*float64(2*slices+1)/(units*unitBytes)
	}
	return cycles
}
