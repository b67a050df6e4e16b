package terminal

import "image"

// exactPalette returns the number of each pixel's colour, and the colours, if there are at
// most 256.
func exactPalette(img *image.RGBA) (pixels []uint8, colours []rgb, ok bool) {
	const slots = 1 << 10 // of a hash table that is never more than a quarter full
	var table [slots]struct {
		colour uint32 // with its alpha, so that it isn't 0
		number uint8
	}
	pixels = make([]uint8, len(img.Pix)/4)
	for i := range pixels {
		p := img.Pix[4*i : 4*i+3 : 4*i+3]
		key := uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2]) | 0xff<<24
		at := key * 2654435769 >> 22 // Knuth's multiplicative hash
		for table[at].colour != 0 && table[at].colour != key {
			at = (at + 1) % slots
		}
		if table[at].colour == 0 {
			if len(colours) == 256 {
				return nil, nil, false
			}
			table[at].colour, table[at].number = key, uint8(len(colours))
			colours = append(colours, rgb{int(p[0]), int(p[1]), int(p[2])})
		}
		pixels[i] = table[at].number
	}
	return pixels, colours, true
}

// The levels of red, green and blue in the fixed palette: 252 colours. The eye is most
// exact about green.
var levels = [3]int{6, 7, 6}

// fixedPalette has every combination of levels.
func fixedPalette() []rgb {
	var all []rgb
	for r := range levels[0] {
		for g := range levels[1] {
			for b := range levels[2] {
				all = append(all, rgb{r * 255 / (levels[0] - 1), g * 255 / (levels[1] - 1), b * 255 / (levels[2] - 1)})
			}
		}
	}
	return all
}

// bayer is Bayer's pattern of 8×8 thresholds, 0 to 63: y's bits and x's, interleaved.
var bayer = func() (m [64]int) {
	for i := range m {
		x, y := i%8, i/8
		for bit := range 3 {
			m[i] |= ((x^y)>>bit&1<<1 | y>>bit&1) << (2 * (2 - bit))
		}
	}
	return m
}()

// dither returns the number of each pixel's colour in the fixed palette. A threshold that
// differs from pixel to pixel says whether the level below or above is taken, so that
// areas have the right colour in the mean.
func dither(img *image.RGBA) []uint8 {
	w := img.Rect.Dx()
	pixels := make([]uint8, len(img.Pix)/4)
	var level [3][64][256]uint8 // by component, threshold and value
	for c := range level {
		for t := range level[c] {
			for v := range level[c][t] {
				level[c][t][v] = uint8((v*(levels[c]-1)*64 + 255*bayer[t] + 127) / (255 * 64))
			}
		}
	}
	for i := range pixels {
		t := i/w%8*8 + i%w%8
		p := img.Pix[4*i : 4*i+3 : 4*i+3]
		r, g, b := level[0][t][p[0]], level[1][t][p[1]], level[2][t][p[2]]
		pixels[i] = (r*uint8(levels[1])+g)*uint8(levels[2]) + b
	}
	return pixels
}
