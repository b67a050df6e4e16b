package cpu

import "resnet-tui/tensor/cpu/internal/asm"

// matrixWork is what the split of a convolution on a matrix unit depends on.
type matrixWork struct {
	units       int // rows of all images, or pixels
	pixels      int // of a unit
	panels      int
	pixelMACs   int // multiply-adds of a pixel and a panel
	unitBytes   int // of a unit's gathered input
	weightBytes int // of all panels
}

// split cuts the units, until a worker's cache keeps what it has gathered and there
// are enough pieces, and then the panels: a panel that another worker computes needs
// the input gathered again. Where weights are heavy it is the other way round, as each
// part of the units reads all weights.
func (w *matrixWork) split() (units, panels partition) {
	worth := max(1, w.units*w.pixels*w.pixelMACs*w.panels/matrixPieceMACs)
	limit, most := sourceBytes, min(targetPieces, worth, w.units*w.pixels/asm.MatrixGroup)
	if w.weightBytes > heavyBytes {
		limit, most = heavySourceBytes, 1
	}
	parts := min(w.units, max(1, most, ceilDiv(w.units*w.unitBytes, limit)))
	size := ceilDiv(w.units, parts)
	if w.pixels == 1 { // whole groups
		size = roundUp(size, asm.MatrixGroup)
	}
	units = bySize(w.units, size)
	panels = evenly(w.panels, min(w.panels, ceilDiv(targetPieces, units.parts), max(1, worth/units.parts)))
	return units, panels
}
