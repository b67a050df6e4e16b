// Package cpu runs plans on the processor's cores, with kernels of its own.
//
// Activations lie in the layout NCHW16c: channels in blocks of 16, a pixel of
// a block is 64 contiguous bytes, with a halo of zeros around planes that a
// padded convolution reads, so that no kernel knows edges. Compile draws a
// blueprint first (fusions, layouts, algorithms, places in one arena), which
// takes no memory; then it packs weights, takes the arena and binds pointers.
// Running is a loop over phases of independent pieces, handed to the workers.
//
// A training step runs like an inference pass. The gradient of a convolution's
// input is the forward kernels on turned weights, that of its weight sums over
// parts of the pixels that are added in a fixed order. An optimiser's step
// updates the state's masters in place, then packs anew those copies that the
// program itself uses; other programs on the state do so when they run next.
//
// Pieces are cut by geometry alone, and reductions have a fixed tree, so that
// results have the same bits for any number of threads.
package cpu
