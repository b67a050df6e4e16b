package terminal

import (
	"image"
)

// Grid is into how many parts characters can divide a cell.
type Grid struct {
	columns, rows int
	characters    []string // by the parts that are filled, bit 0 the upper left one, row by row
}

// Halves and Quadrants are in every font that has blocks. Sextants, of Unicode 13, show
// more.
var (
	Halves    = &Grid{1, 2, characters(" ▀▄█")}
	Quadrants = &Grid{2, 2, characters(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")}
	Sextants  = &Grid{2, 3, sextants()}
)

func characters(s string) []string {
	var all []string
	for _, r := range s {
		all = append(all, string(r))
	}
	return all
}

// sextants are in a row from U+1FB00, without those that were in Unicode before.
func sextants() []string {
	before := map[int]string{0: " ", 0b010101: "▌", 0b101010: "▐", 0b111111: "█"}
	all, next := make([]string, 64), rune(0x1fb00)
	for i := range all {
		if all[i] = before[i]; all[i] == "" {
			all[i] = string(next)
			next++
		}
	}
	return all
}

// Blocks draws a picture into w×h cells, row by row. In each, the parts get the two
// colours that come closest to the picture: each the mean of what it stands for. It
// returns nil if there is nothing to draw; without colours it draws in ASCII.
func Blocks(img image.Image, w, h int, g *Grid, colours Colours) []Cell {
	if colours == NoColours {
		return Ramp(img, w, h, colours)
	}
	if !drawable(img, w, h) {
		return nil
	}
	scaled := fit(img, w*g.columns, h*g.rows)
	styles := stylist{colours: colours}
	cells := make([]Cell, 0, w*h)
	for y := range h {
		for x := range w {
			cells = append(cells, g.block(scaled, x*g.columns, y*g.rows, &styles))
		}
	}
	return cells
}

// block is the cell whose upper left part is at x, y.
func (g *Grid) block(img *image.RGBA, x, y int, styles *stylist) Cell {
	var parts [6]rgb
	n := g.columns * g.rows
	for i := range n {
		c := img.RGBAAt(x+i%g.columns, y+i/g.columns)
		parts[i] = rgb{int(c.R), int(c.G), int(c.B)}
	}
	pattern, fore, back := split(parts[:n])
	if pattern == 0 {
		return Cell{" ", styles.back(back)}
	}
	return Cell{g.characters[pattern], styles.both(fore, back)}
}

// rgb is a colour, or a sum of colours.
type rgb [3]int

func (c rgb) plus(d rgb) rgb  { return rgb{c[0] + d[0], c[1] + d[1], c[2] + d[2]} }
func (c rgb) minus(d rgb) rgb { return rgb{c[0] - d[0], c[1] - d[1], c[2] - d[2]} }
func (c rgb) squared() int    { return c[0]*c[0] + c[1]*c[1] + c[2]*c[2] }

// mean is that of n colours whose sum is c.
func (c rgb) mean(n int) rgb { return rgb{(c[0] + n/2) / n, (c[1] + n/2) / n, (c[2] + n/2) / n} }

// split divides the parts of a cell into two sets such that their means are as close to
// them as possible (least squares). A pattern has a bit for each part of the first set;
// the last part is always in the second, as exchanging both changes nothing. Without a
// difference between parts the pattern is 0.
func split(parts []rgb) (pattern int, fore, back rgb) {
	n := len(parts)
	if n == 2 && parts[0] != parts[1] { // nothing to choose, and charts have thousands
		return 1, parts[0], parts[1]
	}
	var all rgb
	for _, c := range parts {
		all = all.plus(c)
	}
	// The squared error is that of the parts around 0 less |sum|²/n of each set.
	best, most := 0, float64(all.squared())/float64(n)
	var first rgb
	count := 0
	for p := 1; p < 1<<(n-1); p++ {
		var sum rgb
		k := 0
		for i := range n - 1 {
			if p>>i&1 != 0 {
				sum = sum.plus(parts[i])
				k++
			}
		}
		gain := float64(sum.squared())/float64(k) + float64(all.minus(sum).squared())/float64(n-k)
		if gain > most+1e-6 {
			best, most, first, count = p, gain, sum, k
		}
	}
	if best == 0 {
		return 0, rgb{}, all.mean(n)
	}
	return best, first.mean(count), all.minus(first).mean(n - count)
}

// ramp has characters from dark to bright.
const ramp = " .:-=+*#%@"

// Ramp draws a picture into w×h cells in ASCII: bright pixels are dense characters, in
// their colours if the terminal has any. It returns nil if there is nothing to draw.
func Ramp(img image.Image, w, h int, colours Colours) []Cell {
	if !drawable(img, w, h) {
		return nil
	}
	scaled := fit(img, w, h)
	styles := stylist{colours: colours}
	cells := make([]Cell, 0, w*h)
	for i := range w * h {
		c := scaled.RGBAAt(i%w, i/w)
		light := (299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000
		at := light * len(ramp) / 256
		cells = append(cells, Cell{ramp[at : at+1], styles.fore(rgb{int(c.R), int(c.G), int(c.B)})})
	}
	return cells
}
