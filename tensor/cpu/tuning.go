package cpu

import "time"

// Every constant that was chosen by measuring, or by hand, is in this file;
// what the hardware or a layout dictates stands beside the code that needs it.
// A comment says the unit, on which processor the value was found, and what it
// gained, as far as that is known. "Not measured apart" means that the value
// came with a larger change, whose effect is known only as a whole.
//
// Results do not depend on how many threads run, but their bits may depend on
// most of these constants: they decide where sums are cut.

// Direct convolutions: what must stay in a core's L2 cache (see convWork).
const (
	// panelBytes bounds the weights of a panel for one chunk of the reduction.
	// Bytes. Sketched on Zen 4 and 5, whose cores have 1 MiB of L2; not
	// measured apart.
	panelBytes = 320 << 10
	// narrowPanelBytes is panelBytes where a panel is one block: its tiles have few
	// pixels, so that each weight is read for only four to six of them, which L1 can
	// keep up with and L2 can't. Bytes. Measured on Zen 3, one thread: 10, 20 and 40 KiB
	// took 15 % off a ResNet-50's 3×3 convolutions at 7×7 and at 14×14 with stride 2,
	// 3 % off the net.
	narrowPanelBytes = 20 << 10
	// sourceBytes bounds the input of a piece. Bytes. Sketched on Zen 4 and 5;
	// not measured apart.
	sourceBytes = 256 << 10
	// heavyBytes is the size from which on weights are heavy: no cache keeps
	// them from one run to the next. Bytes. Not measured apart.
	heavyBytes = 2 << 20
	// heavySourceBytes bounds the input of a piece whose weights are heavy:
	// reading those once is worth more than keeping the input in L2. Bytes.
	// Not measured apart.
	heavySourceBytes = 1 << 20
	// callMACs bounds one call of a convolution's kernel, in multiply-adds:
	// assembly can't be preempted, and this takes 200 µs at 20 GFLOP/s.
	callMACs = 2 << 20
)

// Pieces: enough to be worth handing out, and enough of them for many workers.
const (
	// targetPieces is how many pieces a convolution makes if it has the work.
	// Handing pieces out cost 1 to 5 % of a ResNet-50 against fixed halves, on an
	// idle machine; on a loaded one those fell to a fifth of their speed. 64
	// rather than 32: not measured apart.
	targetPieces = 64
	// minPieceMACs is the least work of a convolution's piece, in
	// multiply-adds. Not measured apart.
	minPieceMACs = 1 << 19
	// minPieceBytes is the weights from which on a piece is worth handing out however
	// few multiply-adds it does: a classifier's, for one image, wait for memory. Bytes,
	// some 10 µs. In a simulation (BenchmarkScaling), a ResNet-18's classifier in one piece
	// held up 16 workers. Not measured apart.
	minPieceBytes = 128 << 10
	// pieceElems is the size of an element-wise piece, in elements of 4 bytes.
	// Not measured apart.
	pieceElems = 1 << 14
	// callPixels bounds one call of an element-wise kernel, in pixels of 16
	// channels: it takes at most some 50 µs.
	callPixels = 1 << 12
)

// Matrix units (see matrixWork).
const (
	// matrixPieceMACs is minPieceMACs where a unit multiplies matrices: some 10 µs
	// at half of the peak of AMX at 2 GHz. By calculation, not measured.
	matrixPieceMACs = 1 << 22
)

// Winograd (see winogradWork).
const (
	// groupTiles is how many tiles one worker takes from input to output, while
	// they stay in its L2 cache. Tiles. 28 are two rows of the 56×56 stage of a
	// ResNet. Sketched on Zen 4 and 5; not measured apart.
	groupTiles = 28
	// groupsEach is what the number of groups is a multiple of, if there are several:
	// the seven of one image's 56×56 stage left one of two workers idle for a seventh
	// of the time.
	groupsEach = 2
	// groupBytes bounds a group's transformed input; a convolution of more
	// channels runs in phases split by position. Bytes. In a ResNet-50, groups
	// were faster at 56 rows (64 channels), phases at 28 (128 channels).
	groupBytes = 320 << 10
	// phaseBytes bounds the transformed tiles of all cores between two phases.
	// Bytes. Not measured apart.
	phaseBytes = 4 << 20
	// transformTiles is how many tiles a piece of a phase transforms. Tiles:
	// some 10 µs.
	transformTiles = 56
)

// Winograd's costs beside its multiply-adds, in multiply-adds of one thread: what
// decides between Winograd and direct convolution (see winogradGains). Measured
// on Zen 3, 4 and 5; on most layers the choice is far from close. In a prototype
// of these kernels, Winograd in stages 1 to 3 took 16 % off a ResNet-50's pass on
// Zen 5 and 19 % on Zen 4 (one image, two threads).
const (
	tileCost  = 8000 // per tile and channel block, of a transform there or back
	callCost  = 1500 // per call of a kernel
	byteCost  = 1    // per byte of weights
	heavyCost = 4    // times byteCost, for weights over heavyBytes: they stream from memory
	gainAtMin = 1.1  // direct work ÷ Winograd's from which on Winograd is chosen
	packCost  = 4000 // per 3×3 kernel that is packed again in every training step
	// dotSpeed is the speed of products of pairs of bf16 in the place of float32's:
	// an instruction does two for each lane. By count, not measured.
	dotSpeed = 2
)

// Weight gradients (see gradWork).
const (
	// gradPixels is the pixels of one call, over which the kernel passes several
	// times: their input and gradient stay in the L1 cache. Taking several small
	// images into one call gained a tenth of a ResNet's 7×7 stage.
	gradPixels = 200
	// gradHeavy is the size of the sums from which on they spill from L2 between
	// calls. Bytes. Not measured apart.
	gradHeavy = 1 << 20
	// heavyPixels is the pixels of a call then: more, so that sums spill less
	// often. Not measured apart.
	heavyPixels = 512
	// gradSource bounds the input and the gradient of one chunk of pixels: they
	// stay in L2 while the output blocks go over them. Bytes. Not measured apart.
	gradSource = 320 << 10
	// gradBlocks is the least number of output blocks of a piece: each reads the
	// whole input of its pixels. Blocks. Not measured apart.
	gradBlocks = 4
	// gradPieces is how many pieces a weight gradient makes if it has the work.
	// Not measured apart.
	gradPieces = 24
	// gradPartial bounds the partial sums of all pieces. Bytes. Not measured
	// apart.
	gradPartial = 8 << 20
)

// Workers.
const (
	// spinTime is how long a worker spins before it parks: it outlasts the wait
	// for the slowest piece of a phase. Not measured apart.
	spinTime = 150 * time.Microsecond
	// probeEvery is how many phases pass between looks at who runs where:
	// schedulers leave two workers on one core for long. Not measured apart.
	probeEvery = 64
	// reportEvery is how long an ended launch may stay unreported while others
	// run. Reporting some at a time, by the processor's counter, costs a third
	// of two readings of the clock for each.
	reportEvery = time.Millisecond
)

// Measuring the machine's ceilings.
const (
	peakTime    = 400 * time.Millisecond // of all runs of multiply-adds
	readTime    = 400 * time.Millisecond // of all runs of reading
	ceilingRuns = 4                      // parts of the time; the best counts, for others may use the machine
	peakRounds  = 20_000                 // of one call: some 100 µs
	readCall    = 1 << 20                // bytes of one call
	readBytes   = 64 << 20               // of each thread: beyond its share of any cache
)
