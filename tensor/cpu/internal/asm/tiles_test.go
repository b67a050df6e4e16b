package asm

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// tiles are AMX's registers, and how they are configured: Intel's manual, volume 1,
// chapter 18. Until LDTILECFG and after TILERELEASE there are none.
type tiles struct {
	config [64]byte
	data   [8][16]vector
}

func (s *tiles) rows(tile int) int  { return int(s.config[48+tile]) }
func (s *tiles) bytes(tile int) int { return int(s.config[16+2*tile]) }

// shape is what an instruction must not find missing.
func (s *tiles) shape(tile int) (rows, lanes int) {
	if s.config[0] != 1 || s.rows(tile) == 0 {
		panic(fmt.Sprintf("tile %d is not configured", tile))
	}
	return s.rows(tile), s.bytes(tile) / 4
}

// configure is LDTILECFG, which refuses what is reserved or too large.
func (s *tiles) configure(c [64]byte) {
	*s = tiles{config: c}
	for i, b := range c {
		switch {
		case i == 0 && b != 1, i > 0 && i < 16 && b != 0, i >= 32 && i < 48 && b != 0, i >= 56 && b != 0:
			panic(fmt.Sprintf("byte %d of the configuration is %d", i, b))
		case i >= 16 && i < 32 && i%2 == 1 && b != 0:
			panic("a tile's row is too long")
		}
	}
	for tile := range 8 {
		if s.rows(tile) > 16 || s.bytes(tile) > 64 || (s.rows(tile) == 0) != (s.bytes(tile) == 0) {
			panic(fmt.Sprintf("tile %d has %d rows of %d bytes", tile, s.rows(tile), s.bytes(tile)))
		}
	}
}

// product is TDPBF16PS by the manual's pseudo-code: a row of sums for the lower and
// one for the upper of each pair, over all pairs, then both and the sum that was
// there. Subnormal numbers are zero.
func (s *tiles) product(b, a, c int) {
	rows, lanes := s.shape(c)
	aRows, pairs := s.shape(a)
	if bRows, bLanes := s.shape(b); aRows != rows || bRows != pairs || bLanes != lanes {
		panic("the shapes of tiles don't match")
	}
	for m := range rows {
		var sums [2]vector
		for k := range pairs {
			x := s.data[a][m][k]
			for n := range lanes {
				y := s.data[b][k][n]
				sums[0][n] = multiplyAdd(x<<16, y<<16, sums[0][n])
				sums[1][n] = multiplyAdd(x, y, sums[1][n])
			}
		}
		for n := range lanes {
			both := flushed(sums[0].float(n) + sums[1].float(n))
			sum := flushed(flushed(s.data[c][m].float(n)) + both)
			s.data[c][m][n] = math.Float32bits(sum)
		}
	}
}

// multiplyAdd adds the product of the upper halves of x and y to sum.
func multiplyAdd(x, y, sum uint32) uint32 {
	half := func(bits uint32) float32 { return flushed(BF16(bits >> 16).Float32()) }
	return math.Float32bits(flushed(fma(half(x), half(y), flushed(math.Float32frombits(sum)))))
}

// tileOf is the number of a tile, whose name parseOperand takes for a general
// register's.
func tileOf(o operand) int {
	n, err := strconv.Atoi(strings.TrimPrefix(o.gp, "TMM"))
	if err != nil {
		panic("no tile: " + o.gp)
	}
	return n
}

// row is where row i of a tile in memory lies: the index is the distance of rows.
func (m *machine) row(o operand, i, lanes int) []uint32 {
	stride := *m.reg(o.index) * uint64(o.scale)
	o.index = ""
	return unsafe.Slice((*uint32)(at(m.address(o)+uint64(i)*stride)), lanes)
}

func init() {
	maps.Copy(instructions, map[string]func(m *machine, a []operand, _ int){
		"LDTILECFG": func(m *machine, a []operand, _ int) {
			m.tiles.configure(*(*[64]byte)(at(m.address(a[0]))))
		},
		"TILERELEASE": func(m *machine, _ []operand, _ int) { m.tiles = tiles{} },
		"TILEZERO": func(m *machine, a []operand, _ int) {
			m.tiles.shape(tileOf(a[0]))
			m.tiles.data[tileOf(a[0])] = [16]vector{}
		},
		"TILELOADD": func(m *machine, a []operand, _ int) {
			t := &m.tiles.data[tileOf(a[1])]
			*t = [16]vector{}
			rows, lanes := m.tiles.shape(tileOf(a[1]))
			for i := range rows {
				copy(t[i][:], m.row(a[0], i, lanes))
			}
		},
		"TILESTORED": func(m *machine, a []operand, _ int) {
			rows, lanes := m.tiles.shape(tileOf(a[0]))
			for i := range rows {
				copy(m.row(a[1], i, lanes), m.tiles.data[tileOf(a[0])][i][:])
			}
		},
		"TDPBF16PS": func(m *machine, a []operand, _ int) {
			m.tiles.product(tileOf(a[0]), tileOf(a[1]), tileOf(a[2]))
		},
	})
}
