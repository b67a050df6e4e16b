package tui

import (
	"fmt"
	"slices"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// zeroGlyph fills the bar of the zeros, which is no power of two.
const zeroGlyph = '▒'

// drawHistogram draws the shares of a tensor's values over a signed axis, upright from the
// line above it, the highest as high as r.
func (c *canvas) drawHistogram(r rect, s *nn.Statistics, a valueAxis, l look) {
	shares := a.columns(s, r.w)
	h, middle := r.h-1, sideOf(r.w)
	top := slices.Max(shares)
	for i, share := range shares {
		if share == 0 {
			continue
		}
		// What is there shows, however little it is.
		eighth := max(int(share/top*float64(8*h)+0.5), 1)
		for y := r.y + h - 1; eighth > 0; y, eighth = y-1, eighth-8 {
			if i == middle {
				c.set(r.x+i, y, zeroGlyph, strong)
				continue
			}
			c.set(r.x+i, y, levels[min(eighth, 8)-1], l)
		}
	}
	a.draw(c, r, r.y+h)
	if top > 0 && h > 1 {
		c.text(r.x, r.y, r.x+r.w, profile.FormatShare(top), muted)
	}
}

// valuesTexts say what a tensor holds, from the longest to the shortest.
func valuesTexts(s *nn.Statistics) []string {
	n := profile.FormatCount(s.Elements) + " values"
	moments := "μ " + profile.Significant(s.Mean) + " σ " + profile.Significant(s.Std) // means of gradients are tiny
	zeros := profile.FormatShare(float64(s.Zeros)/float64(max(s.Finite(), 1))) + " zeros"
	extremes := profile.Significant(s.Min) + " … " + profile.Significant(s.Max)
	return []string{
		n + " · " + moments + " · " + extremes + " · " + zeros,
		n + " · " + moments + " · " + zeros,
		moments + " · " + zeros, moments, "",
	}
}

// strangeText names what is no number, "" if all are.
func strangeText(s *nn.Statistics) string {
	switch {
	case s.NaN > 0 && s.Inf > 0:
		return fmt.Sprintf("%d NaN, %d infinite", s.NaN, s.Inf)
	case s.NaN > 0:
		return fmt.Sprintf("%d NaN", s.NaN)
	case s.Inf > 0:
		return fmt.Sprintf("%d infinite", s.Inf)
	}
	return ""
}
