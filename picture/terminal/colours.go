package terminal

import "strconv"

// Colours is how many colours a terminal has.
type Colours int

// The numbers of colours of terminals.
const (
	NoColours Colours = iota
	Sixteen
	Indexed    // 256: a cube of 6×6×6 and a ramp of greys
	TrueColour // any of 24 bits
)

// stylist makes the sequences for colours, and keeps the last, as neighbours are often
// alike.
type stylist struct {
	colours    Colours
	last       [2]rgb
	lastDrawn  [2]bool
	lastResult string
}

func (s *stylist) fore(c rgb) string       { return s.style(c, rgb{}, true, false) }
func (s *stylist) back(c rgb) string       { return s.style(rgb{}, c, false, true) }
func (s *stylist) both(fore, b rgb) string { return s.style(fore, b, true, true) }

func (s *stylist) style(fore, back rgb, hasFore, hasBack bool) string {
	if s.colours == NoColours {
		return ""
	}
	key, drawn := [2]rgb{fore, back}, [2]bool{hasFore, hasBack}
	if s.lastResult != "" && key == s.last && drawn == s.lastDrawn {
		return s.lastResult
	}
	b := append(make([]byte, 0, 40), "\x1b["...)
	if hasFore {
		b = s.parameters(b, fore, false)
	}
	if hasFore && hasBack {
		b = append(b, ';')
	}
	if hasBack {
		b = s.parameters(b, back, true)
	}
	s.last, s.lastDrawn, s.lastResult = key, drawn, string(append(b, 'm'))
	return s.lastResult
}

// parameters appends those that select a colour.
func (s *stylist) parameters(b []byte, c rgb, back bool) []byte {
	base := int64(38)
	if back {
		base = 48
	}
	switch s.colours {
	case Sixteen:
		n := int64(nearest(c, basic[:]))
		if n >= 8 {
			n += 60 - 8 // the bright ones are 90 to 97
		}
		return strconv.AppendInt(b, base-8+n, 10)
	case Indexed:
		b = append(strconv.AppendInt(b, base, 10), ";5;"...)
		return strconv.AppendInt(b, int64(indexed(c)), 10)
	}
	b = append(strconv.AppendInt(b, base, 10), ";2"...)
	for _, v := range c {
		b = strconv.AppendInt(append(b, ';'), int64(v), 10)
	}
	return b
}

// basic are the sixteen colours as xterm has them; users may have chosen others.
var basic = [16]rgb{
	{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
	{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
}

// nearest is the number of the colour that is closest.
func nearest(c rgb, among []rgb) int {
	best := 0
	for i, d := range among {
		if c.minus(d).squared() < c.minus(among[best]).squared() {
			best = i
		}
	}
	return best
}

// cube are the levels of a component in the cube of 256 colours.
var cube = [6]int{0, 95, 135, 175, 215, 255}

// indexed is the number of the closest of 256 colours: of the cube or of the greys.
func indexed(c rgb) int {
	var at [3]int
	var near rgb
	for i, v := range c {
		for j, level := range cube {
			if abs(level-v) < abs(cube[at[i]]-v) {
				at[i] = j
			}
		}
		near[i] = cube[at[i]]
	}
	grey := min(max(((c[0]+c[1]+c[2])/3-8+5)/10, 0), 23)
	level := 8 + 10*grey
	if c.minus(rgb{level, level, level}).squared() < c.minus(near).squared() {
		return 232 + grey
	}
	return 16 + 36*at[0] + 6*at[1] + at[2]
}

func abs(x int) int { return max(x, -x) }
