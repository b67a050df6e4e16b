package gpu

import (
	"testing"

	"resnet-tui/tensor"
)

// TestMatrixTilings takes the matrices of several makers' devices through all tiles: the
// grid must cover the tile with whole matrices, one subgroup a part, in the memory that
// there is.
func TestMatrixTilings(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      Matrices
		shared int64
		stages int // of the largest tile
	}{
		{"NVIDIA", Matrices{M: 16, N: 16, K: 16, Subgroups: 8}, 48 << 10, 2},
		{"AMD", Matrices{M: 16, N: 16, K: 16, Subgroups: 4}, 64 << 10, 2},
		{"Intel", Matrices{M: 8, N: 16, K: 16, Subgroups: 8}, 64 << 10, 2},
		{"lavapipe", Matrices{M: 8, N: 8, K: 8, Subgroups: 32}, 32 << 10, 1},
	} {
		if !c.m.Fit(c.shared) {
			t.Errorf("%s: its matrices do not fit", c.name)
		}
		for _, size := range [][2]int{{1, 1}, {64, 64}, {64, 65}, {65, 64}, {1000, 1000}} {
			g := c.m.fitting(size[0], size[1], c.shared)
			if g.down*g.across != c.m.Subgroups || g.high%(g.down*c.m.M) != 0 || g.wide%(g.across*c.m.N) != 0 {
				t.Errorf("%s: %+v is no grid of %d subgroups", c.name, g, c.m.Subgroups)
			}
			if b := g.bytes(&c.m); b > c.shared {
				t.Errorf("%s: %+v takes %d bytes, of %d", c.name, g, b, c.shared)
			}
			if size[0] == 1000 && (g.high != matrixHigh || g.wide != matrixHigh || g.stages != c.stages) {
				t.Errorf("%s: a large product gets %+v, of %d stages", c.name, g, c.stages)
			}
		}
	}
	for _, m := range []Matrices{{M: 16, N: 16, K: 12, Subgroups: 8}, {M: 24, N: 16, K: 16, Subgroups: 8}, {M: 64, N: 64, K: 16, Subgroups: 8}} {
		if m.Fit(64 << 10) {
			t.Errorf("%+v: no tile falls into such matrices", m)
		}
	}
	if m := (Matrices{M: 16, N: 16, K: 16, Subgroups: 8}); m.Fit(8 << 10) {
		t.Error("8 KB of shared memory are enough for a tile")
	}
}

// TestMatrixPadding pads the sum to whole steps, and takes memory's order where taps of
// few channels would be padding for the most part.
func TestMatrixPadding(t *testing.T) {
	for _, c := range []struct {
		channels, window int
		order, terms     int
	}{
		{64, 3, byWholeTaps, 576}, {70, 3, inMemory, 640}, {3, 7, inMemory, 160}, {31, 1, byTaps, 32}, {90, 3, byTaps, 864},
	} {
		bp := &Blueprint{laidOut: map[int]tensor.ParamID{}, traits: Traits{Align: 16}}
		d := direction{way: forward, win: tensor.Square(c.window, 1, 0), groups: 1, x: dims{1, c.channels, 9, 9}, y: dims{1, 8, 9, 9}}
		order := bp.arrangeFactors(&Step{}, &d, 0, "")
		if order != c.order || d.depth != c.terms || bp.sizes[0] != int64(2*8*c.terms) {
			t.Errorf("%d channels, window %d: order %d, depth %d, %d bytes", c.channels, c.window, order, d.depth, bp.sizes[0])
		}
	}
}
