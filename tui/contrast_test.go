package tui

import (
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// contrast is the contrast of two colours as WCAG 2 defines it, from 1 to 21.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// basicColors are the sixteen colours of terminals: VGA's and xterm's, which differ most.
var basicColors = [][16]string{
	{"#000000", "#AA0000", "#00AA00", "#AA5500", "#0000AA", "#AA00AA", "#00AAAA", "#AAAAAA",
		"#555555", "#FF5555", "#55FF55", "#FFFF55", "#5555FF", "#FF55FF", "#55FFFF", "#FFFFFF"},
	{"#000000", "#CD0000", "#00CD00", "#CDCD00", "#0000EE", "#CD00CD", "#00CDCD", "#E5E5E5",
		"#7F7F7F", "#FF0000", "#00FF00", "#FFFF00", "#5C5CFF", "#FF00FF", "#00FFFF", "#FFFFFF"},
}

// seen are the colours that c may be on a terminal.
func seen(c color.Color) []color.Color {
	basic, ok := c.(ansi.BasicColor)
	if !ok {
		return []color.Color{c}
	}
	var all []color.Color
	for _, set := range basicColors {
		all = append(all, lipgloss.Color(set[basic]))
	}
	return all
}

// TestContrast: every look that isn't only a weight stands out from the background, dark
// and light, and from the selected row, with all numbers of colours; a text on a filled
// box from the box.
func TestContrast(t *testing.T) {
	const least = 3
	for l := range looks {
		p := paints[l]
		for _, dark := range []bool{true, false} {
			grounds := []color.Color{lipgloss.Color("#FFFFFF"), lipgloss.Color("#FDF6E3")}
			if dark {
				grounds = []color.Color{lipgloss.Color("#000000"), lipgloss.Color("#1E1E1E")}
			}
			for _, profile := range []colorprofile.Profile{colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
				c := p.color(profile, dark)
				if c == nil {
					continue
				}
				against := grounds
				switch {
				case p.fill:
					against = []color.Color{lipgloss.Color("#000000")}
				case profile == colorprofile.ANSI:
					against = grounds[:1] // a terminal with sixteen colours has black or white
				default:
					against = append(against, selection(dark).on(profile))
				}
				for _, ground := range against {
					for _, shown := range seen(c) {
						if got := contrast(shown, ground); got < least {
							t.Errorf("look %d, dark %v, %v: %v on %v has a contrast of %.2f", l, dark, profile, shown, ground, got)
						}
					}
				}
			}
		}
	}
}

// TestSkipsBrighten: the more of the gradient comes through a skip, the more its line
// stands out.
func TestSkipsBrighten(t *testing.T) {
	for _, dark := range []bool{true, false} {
		ground := lipgloss.Color("#000000")
		if !dark {
			ground = lipgloss.Color("#FFFFFF")
		}
		before := 0.0
		for _, l := range []look{skipDark, skipDim, skipLook, skipBright} {
			got := contrast(paints[l].color(colorprofile.TrueColor, dark), ground)
			if got <= before {
				t.Errorf("dark %v: look %d has a contrast of %.2f after %.2f", dark, l, got, before)
			}
			before = got
		}
	}
}
