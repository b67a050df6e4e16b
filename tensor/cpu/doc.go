// Package cpu runs plans on the processor's cores, with kernels of its own.
//
// # From a plan to a run
//
// Compile makes a schedule first, which takes no memory: it fuses operations,
// chooses algorithms and layouts, and gives every buffer an offset in one arena.
// Then it packs weights, takes the arena and binds pointers. The schedule's
// launches, one per fusion, are phases of independent pieces. Running a program is
// a loop over phases, whose pieces are handed to the workers:
//
//	Plan ─ newSchedule ─► schedule ─ bind ─► program ─ Run ─► pool.run(phase) …
//	        fusions        launches            arena             worker, worker, …
//	        layouts        └ phases            packed weights    └ piece, piece, …
//	        offsets          └ pieces
//
// # Layout
//
// Activations lie in the layout NCHW16c: in the order channel block, image, row,
// pixel, channel. A pixel of a block is the 16 floats of its channels, 64 contiguous
// bytes: one vector of AVX-512. Missing channels of the last block are zero. Planes
// that a padded convolution reads are surrounded by a halo of zeros, as wide as the
// windows reach, so that no kernel has code for edges:
//
//	block 0: channels 0…15            block 1: channels 16…31
//	┌─────────────────────────┐       ┌─────────────────────────┐
//	│ 0  0  0  0  0  0  halo  │       │ 0  0  0  0  0  0        │
//	│ 0  ▪  ▪  ▪  ▪  0  row 0 │       │ 0  ▪  ▪  ▪  ▪  0        │
//	│ 0  ▪  ▪  ▪  ▪  0  row 1 │ image │ 0  ▪  ▪  ▪  ▪  0  …     │
//	│ 0  ▪  ▪  ▪  ▪  0  row 2 │   0   │ 0  ▪  ▪  ▪  ▪  0        │
//	│ 0  0  0  0  0  0        │       │ 0  0  0  0  0  0        │
//	├─────────────────────────┤       ├─────────────────────────┤
//	│ …                image 1│       │ …                       │
//	└─────────────────────────┘       └─────────────────────────┘
//	 ▪ = 16 floats, one for each channel of the block
//
// The images of a stem have few channels and are interleaved instead: in the order
// image, row, pixel, channel. Vectors and the gradients of parameters lie in the order
// of the host.
//
// # Convolution
//
// The sums of a tile, some neighbouring pixels × the channels of a panel, stay in
// registers while a kernel goes over input channels and taps. It broadcasts a float
// of the input and multiplies it by the weights of all the panel's channels:
//
//	a row of 23 pixels of the output:            the sums of the first tile:
//	near-equal tiles, not 14 and 9               24 registers of AVX-512
//
//	┌─────────────┬────────────┐                 p0 p1 p2 … p11
//	│▪▪▪▪▪▪▪▪▪▪▪▪ │▪▪▪▪▪▪▪▪▪▪▪ │       block 0    ▪  ▪  ▪ …  ▪   ┐ panel:
//	│ tile of 12  │ tile of 11 │       block 1    ▪  ▪  ▪ …  ▪   ┘ 32 channels
//	└─────────────┴────────────┘
//
// A panel's weights lie in the order in which its kernel reads them: input block,
// row of taps, float of that row, channel of the panel. So they stream through the
// caches once per piece. A piece is some rows (units) × some panels: split.go draws
// that. The widest tile, and the blocks of a panel, depend on
// the registers: 14 pixels and 2 blocks for AVX-512, 6 and 1 for AVX2 and NEON.
//
// Winograd's F(4×4, 3×3) turns a convolution into 36 products of matrices, which run
// on the same kernels, with tiles of the picture in the place of pixels.
//
// # bf16
//
// In bf16, planes of pixels and packed weights are stored in 2 bytes an element; a
// pixel of a block is 32 bytes. Sums, statistics, rows of features and logits, masters
// and their gradients stay float32. Most kernels know float32 alone: what they read is
// copied to float32 in the worker's own memory, as little as stays in a cache, and what
// they write is rounded once on its way back. See wide.go for convolutions, stage.go
// for what memory limits.
//
// Where the processor multiplies pairs of bf16, convolutions run on those as they lie.
// An instruction adds two products to a sum: those of two neighbouring channels of a
// tap, whose weights are packed side by side, or, in a weight gradient, those of two
// neighbouring pixels, which are laid out in pairs first:
//
//	forward    sum[o] += x[2i]·w[2i][o] + x[2i+1]·w[2i+1][o]    channels 2i, 2i+1
//	gradient   dw[c][o] += x[p][c]·dy[p][o] + x[p+1][c]·dy[p+1][o]
//
// See dot.go and dot_grad.go.
//
// # Training
//
// A training step runs like an inference pass. The gradient of a convolution's
// input is a convolution with the weights flipped and transposed; that of its
// weight sums over parts of the pixels, which are then added in a fixed order. The
// optimiser updates the state's masters in place, then packs the copies again that
// the program itself uses; other programs on the state do so when they run next.
//
// # Bits
//
// Pieces are cut by geometry alone, and reductions have a fixed tree, so that
// results have the same bits for any number of threads.
//
// # Histograms
//
// A histogram is counted piece by piece within a phase of another launch where there is
// one over the same buffer: rides.go. Then only sums are left for its own launch.
//
// # Where to start reading
//
//  1. schedule.go, fusion.go: what Compile decides. planners lists the kinds of
//     operations, with the function that plans each.
//  2. layout.go, arena.go: where buffers lie.
//  3. conv.go, split.go, tiles.go, with internal/asm/asm.go: a convolution, from the
//     whole to pieces, panels, tiles and the kernel's arguments. tuning.go has the
//     constants.
//  4. weight.go, panel.go, pack.go, state.go: packed weights, and who owns them.
//  5. winograd.go, winograd_tiles.go, winograd_weight.go.
//  6. launch.go, elementwise.go, then pooling.go, statistics.go, partials.go,
//     shuffle.go, loss.go, probe.go: the kinds that are not convolutions; histogram.go,
//     sources.go, moments.go, rides.go.
//  7. grad_input.go, grad_weight.go, grad_norm.go, grad_pool.go, update.go.
//  8. stage.go, shadow.go, wide.go, wide_grad.go, winograd_halves.go, dot.go, dot_grad.go: bf16.
//  9. program.go, transfer.go, pool.go, worker.go, spans.go: running and observing.
//  10. device.go, ceilings.go, and what the system says about itself: machine_*.go,
//     mem_*.go, affinity_*.go, threadtime_*.go, features.go.
package cpu
