// Package selfcheck compares a GPU's kernels with the plain reference of package tensor:
// drivers compile them, and drivers have bugs.
//
//	cases ─build→ one plan of small operations ─┬─ the device ──┐
//	                                            └─ Reference ───┴─compare→ wrong kernels
//
// Shapes are small and awkward: no extent is a multiple of a tile's, windows overlap the
// edge, sums are cut into slices. All of it runs as one program, in a fraction of a second.
package selfcheck
