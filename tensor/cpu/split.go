package cpu

// How work is cut into pieces. Each kind of work that needs a decision has a
// struct of what the decision depends on, and a pure function split: of geometry
// alone, never of the number of threads, so that sums are cut alike, and have the
// same bits, for any number of them.
//
// A direct convolution is a table of units (rows of the output, or its pixels) ×
// panels (of output channels). A piece is a rectangle of it. With 7 units in 3
// parts and 4 panels in 2:
//
//	           panel 0   panel 1 │ panel 2   panel 3
//	          ┌───────────────────┬───────────────────┐
//	unit 0    │                   │                   │
//	unit 1    │      piece 0      │      piece 1      │
//	unit 2    │                   │                   │
//	          ├───────────────────┼───────────────────┤
//	unit 3    │                   │                   │
//	unit 4    │      piece 2      │      piece 3      │
//	unit 5    │                   │                   │
//	          ├───────────────────┼───────────────────┤
//	unit 6    │      piece 4      │      piece 5      │
//	          └───────────────────┴───────────────────┘
//
// Going right reads other weights for the same input, going down the same
// weights for other input. A worker takes pieces in order: so the input stays in
// its cache while weights stream through it, each panel prefetched during the
// last. Within a piece the reduction, over the input's channels and the taps, may
// be cut into chunks whose weights fit into the cache as well:
//
//	for each chunk of input blocks, for each panel of the piece, for each unit.

// partition is count items cut into parts of size items each; the last may have
// fewer, and none is empty.
type partition struct{ count, size, parts int }

// bySize cuts into parts of that size.
func bySize(count, size int) partition {
	return partition{count: count, size: size, parts: ceilDiv(count, size)}
}

// evenly cuts into near-equal parts: that many, or fewer if rounding up their
// size leaves the last ones empty.
func evenly(count, parts int) partition { return bySize(count, ceilDiv(count, parts)) }

// part is the range of items of a part.
func (p partition) part(i int) span {
	from := i * p.size
	return span{from, min(from+p.size, p.count)}
}

// span is the range [from, to).
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// plus is the range n items on.
func (s span) plus(n int) span { return span{s.from + n, s.to + n} }

// convWork is what the split of a direct convolution depends on.
type convWork struct {
	units       int  // rows of all images, or pixels
	panels      int  // of output channels
	blocks      int  // input blocks of the panel that reads most
	unitMACs    int  // multiply-adds of a unit and a panel
	unitBytes   int  // input of a unit, in all blocks that a piece reads
	blockBytes  int  // weights of a panel and an input block
	weightBytes int  // of all panels
	chunkBytes  int  // bounds the weights of a panel for one chunk of the reduction
	whole       bool // the reduction must not be cut: what it leaves would be rounded
}

// convSplit is the pieces of a direct convolution, and the chunks of input
// blocks in which each of them sums.
type convSplit struct{ units, panels, chunks partition }

func (s *convSplit) pieces() int { return s.units.parts * s.panels.parts }

// split cuts the units into parts whose input stays in the cache while panels go
// over it, then the panels, until there are enough pieces. Only where there are
// too few panels for that are the units cut further, which reads the weights more
// often: so never for heavy weights that all panels together are enough to split.
func (w *convWork) split() convSplit {
	worth := max(1, w.units*w.unitMACs*w.panels/minPieceMACs, w.weightBytes/minPieceBytes) // large enough pieces
	cached := w.cachedParts()
	panelParts := min(w.panels, ceilDiv(targetPieces, cached), max(1, worth/cached))
	unitParts := cached
	if panelParts < w.panels || !w.heavy() {
		unitParts = max(cached, min(w.units, ceilDiv(targetPieces, panelParts), worth/panelParts))
	}
	unitParts = min(unitParts, max(1, maxPieces/panelParts))
	fitting := max(1, min(w.blocks, w.chunkBytes/w.blockBytes))
	if w.whole {
		fitting = w.blocks
	}
	return convSplit{
		units:  evenly(w.units, unitParts),
		panels: evenly(w.panels, panelParts),
		chunks: evenly(w.blocks, ceilDiv(w.blocks, fitting)),
	}
}

// heavy reports whether the weights come from memory in every run: no cache
// keeps them until the next.
func (w *convWork) heavy() bool { return w.weightBytes > heavyBytes }

// cachedParts is how many parts the units make whose input stays in the cache
// while panels go over it. Heavy weights are better read once than the input.
func (w *convWork) cachedParts() int {
	limit := sourceBytes
	if w.heavy() {
		limit = heavySourceBytes
	}
	return min(w.units, ceilDiv(w.units*w.unitBytes, limit))
}

// gradWork is what the split of a weight gradient depends on. Its pixels are the
// rows of a table, its output blocks the columns:
//
//	            blocks 0…3     blocks 4…7
//	          ┌──────────────┬──────────────┐
//	chunk 0   │              │              │ part 0 of the pixels: each piece of it
//	chunk 1   │   piece 0    │   piece 1    │ sums its chunks, in order, into the
//	          ├──────────────┼──────────────┤ part's partial sum
//	chunk 2   │              │              │
//	chunk 3   │   piece 2    │   piece 3    │ part 1
//	          └──────────────┴──────────────┘
//
// More parts make more pieces, but each costs a partial sum as large as the weight.
type gradWork struct {
	images, h, w int  // of the output's gradient
	anyRun       bool // a chunk may be any run of pixels, over rows and images
	inBlocks     int
	outBlocks    int
	sumBytes     int // one partial sum of the whole weight
}

// gradSplit is the pieces of a weight gradient: parts of the pixels × ranges of
// output blocks. A part sums chunk by chunk, in one call each.
type gradSplit struct {
	pixels       int       // of a chunk
	images, rows int       // of a chunk: several whole images, or rows of one; 0 if it is any run
	chunks       partition // of the batch, cut into parts with a partial sum each
	blocks       partition
}

func (s *gradSplit) pieces() int { return s.chunks.parts * s.blocks.parts }

// split keeps a chunk's operands in L2 while the output blocks of a piece go over
// it, then makes parts while there is memory for their partial sums, and last
// cuts the output blocks further.
func (w *gradWork) split() gradSplit {
	s, chunks := w.chunks()
	fitting := gradSource/(s.pixels*pixelBytes) - w.inBlocks
	s.blocks = bySize(w.outBlocks, min(w.outBlocks, max(gradBlocks, fitting)))
	sums := max(1, gradPartial/w.sumBytes)
	parts := max(1, min(ceilDiv(gradPieces, s.blocks.parts), chunks, sums))
	if ranges := ceilDiv(gradPieces, parts); s.blocks.parts < ranges {
		s.blocks = bySize(w.outBlocks, max(1, w.outBlocks/ranges))
	}
	s.chunks = evenly(chunks, parts)
	return s
}

// chunks decides what a chunk is, and how many there are: several small images,
// near-equal parts of a large one, or, where it makes no difference, any run of
// pixels.
func (w *gradWork) chunks() (s gradSplit, count int) {
	pixels := gradPixels
	if w.sumBytes > gradHeavy {
		pixels = heavyPixels
	}
	image := w.h * w.w
	if w.anyRun {
		return gradSplit{pixels: pixels}, ceilDiv(w.images*image, pixels)
	}
	rows := evenly(w.h, ceilDiv(w.h, min(w.h, max(1, pixels/w.w))))
	images := bySize(w.images, max(1, pixels/image))
	s = gradSplit{pixels: images.size * rows.size * w.w, images: images.size, rows: rows.size}
	return s, images.parts * rows.parts
}

// winogradWork is what the split of a Winograd depends on.
type winogradWork struct {
	tiles     int // of all images
	inBlocks  int
	outBlocks int
	panels    int
	panelMACs int // multiply-adds of a panel, a position and a tile
}

// winogradSplit is the tiles that are transformed at a time. Grouped, a part goes
// from input to output as one piece; else it takes three phases, with pieces of
// their own: the transform of the input, the products, that of the output.
type winogradSplit struct {
	grouped bool
	tiles   partition
}

// split takes groups where a group's tiles stay in a core's L2 cache. Phases read
// each weight only once.
func (w *winogradWork) split() winogradSplit {
	if positions*w.inBlocks*groupTiles*pixelBytes <= groupBytes {
		groups := min(maxPieces, ceilDiv(w.tiles, groupTiles))
		if groups > 1 {
			groups = roundUp(groups, groupsEach)
		}
		return winogradSplit{grouped: true, tiles: evenly(w.tiles, groups)}
	}
	fitting := max(1, phaseBytes/(positions*(w.inBlocks+w.outBlocks)*pixelBytes))
	return winogradSplit{tiles: evenly(w.tiles, ceilDiv(w.tiles, fitting))}
}

// transforms cuts a part's tiles into those that one piece transforms, for one
// channel block.
func transforms(tiles int) partition { return bySize(tiles, transformTiles) }

// products cuts the panels into those that one piece multiplies, for one position
// and that many tiles: in parts that do not last, and are enough for many workers if
// they have the work.
func (w *winogradWork) products(tiles int) partition {
	macs := w.panelMACs * tiles
	fitting := max(1, min(w.panels, callMACs/macs))
	enough := max(ceilDiv(w.panels, ceilDiv(targetPieces, positions)), ceilDiv(minPieceMACs, macs))
	return bySize(w.panels, min(fitting, enough))
}
