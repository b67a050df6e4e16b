package tui

import (
	"fmt"
	"math"
	"strings"

	"resnet-tui/picture"
	"resnet-tui/picture/terminal"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// stripLabel is the cells before a strip.
const stripLabel = 7

// stripLines are the lines of drawStrips.
const stripLines = 3

// drawStrips draws a tensor's channels as two strips, a colour a channel: their means, and
// which share of each is zeros. The line above names those that hold nothing else.
func (v *weightsView) drawStrips(c *canvas, r rect, s *nn.Statistics) {
	channels := s.PerChannel
	if len(channels) == 0 {
		return
	}
	w := r.w - stripLabel
	if fit := w / len(channels); fit > 0 {
		w = min(fit, 4) * len(channels)
	}
	means, zeros, dead := channelFigures(channels)
	scale := v.meanScale(means)
	x := c.text(r.x, r.y, r.x+r.w, fmt.Sprintf("%d channels", len(channels)), plainText)
	ticks := scale.Ticks()
	x = c.text(x, r.y, r.x+r.w, fmt.Sprintf(" · means %s … %s", ticks[0], ticks[2]), muted)
	if text := deadText(dead); text != "" {
		c.text(x, r.y, r.x+r.w, " · "+text, warningLook)
	} else {
		c.text(x, r.y, r.x+r.w, " · zeros to "+profile.FormatShare(highest(zeros)), muted)
	}
	c.text(r.x, r.y+1, r.x+stripLabel, "mean", muted)
	v.pictures.halves(c, rect{r.x + stripLabel, r.y + 1, w, 1}, strip(grouped(means, w, farther), scale, w))
	c.text(r.x, r.y+2, r.x+stripLabel, "zeros", muted)
	share := picture.Scale{High: 1}
	v.pictures.halves(c, rect{r.x + stripLabel, r.y + 2, w, 1}, strip(grouped(zeros, w, larger), share, w))
}

// meanScale is that of the means. Without colours their magnitudes are shown: a signed
// scale would have its middle brightest.
func (v *weightsView) meanScale(means []float32) picture.Scale {
	if v.pictures.colours != terminal.NoColours {
		return picture.ScaleOf(means)
	}
	for i, m := range means {
		means[i] = float32(math.Abs(float64(m)))
	}
	return picture.Magnitudes(means)
}

// channelFigures are the means and the shares of zeros, and the channels that hold nothing
// but zeros.
func channelFigures(channels []nn.ChannelStatistics) (means, zeros []float32, dead []int) {
	for i, c := range channels {
		means = append(means, float32(c.Mean))
		zeros = append(zeros, float32(float64(c.Zeros)/float64(max(c.Finite, 1))))
		if c.Finite > 0 && c.Zeros == c.Finite {
			dead = append(dead, i)
		}
	}
	return means, zeros, dead
}

// namedChannels is how many dead channels are named.
const namedChannels = 8

// deadText names dead channels, "" without any.
func deadText(dead []int) string {
	if len(dead) == 0 {
		return ""
	}
	var names []string
	for _, c := range dead[:min(len(dead), namedChannels)] {
		names = append(names, fmt.Sprint(c))
	}
	if len(dead) > namedChannels {
		names = append(names, "…")
	}
	return plural(len(dead), "channels") + " of zeros alone: " + strings.Join(names, ", ")
}

// grouped are values for w columns: of several that share one, the one that matters more.
func grouped(values []float32, w int, more func(a, b float32) bool) []float32 {
	if len(values) <= w {
		return values
	}
	out := make([]float32, w)
	for x := range out {
		from, to := stretch(x, w, len(values))
		out[x] = values[from]
		for _, v := range values[from+1 : to] {
			if more(v, out[x]) {
				out[x] = v
			}
		}
	}
	return out
}

func larger(a, b float32) bool { return a > b }

func farther(a, b float32) bool { return math.Abs(float64(a)) > math.Abs(float64(b)) }

func highest(values []float32) float64 {
	top := float32(0)
	for _, v := range values {
		top = max(top, v)
	}
	return float64(top)
}
