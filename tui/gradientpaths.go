package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"resnet-tui/internal/app/live"
	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// askPaths asks for path lengths.
func (v *gradientsView) askPaths() { v.screen.request(live.TracePaths{}) }

// spectrum is how the gradient at a block's input, or at the net's, splits up by
// path length; false if it was not measured there.
func (v *gradientsView) spectrum(block string) (nn.PathSpectrum, bool) {
	i := slices.IndexFunc(v.state.Paths, func(s nn.PathSpectrum) bool { return s.Block == block })
	if i < 0 {
		return nn.PathSpectrum{}, false
	}
	return v.state.Paths[i], true
}

const (
	pathCell    = 15 // of one length: its number and a bar
	tallestPath = 6  // lines of bars
)

// pathLines are the lines that path lengths take, none before they are asked
// for.
func (v *gradientsView) pathLines() int {
	switch {
	case v.state.Phase == live.Tracing:
		return 2
	case len(v.state.Paths) == 0:
		return 0
	}
	return 3 + v.pathRows()
}

// pathRows are the lines of bars: as many as the block with the most lengths
// needs, so that nothing jumps when the cursor moves.
func (v *gradientsView) pathRows() int {
	most := 0
	for _, s := range v.state.Paths {
		most = max(most, len(s.Branches)+1)
	}
	columns := max((v.body.w-2)/pathCell, 1)
	return min((most+columns-1)/columns, tallestPath)
}

// drawPaths draws how many branches the gradient at the block under the cursor has come
// through, or how far the measurement has got, which gives way to any other request.
func (v *gradientsView) drawPaths(c *canvas, r rect) {
	y := r.y + 1
	if v.state.Phase == live.Tracing {
		part := 0.0
		if v.state.Progress.Total > 0 {
			part = float64(v.state.Progress.Done) / float64(v.state.Progress.Total)
		}
		text := fmt.Sprintf("path lengths %s %3.0f %%   space and what changes the net interrupt it",
			profile.ProgressBar(part, 20), 100*part)
		c.text(r.x+1, y, r.x+r.w, text, backwardLook)
		return
	}
	s, ok := v.spectrum(v.state.Gradients.Blocks[v.cursor].Path)
	if !ok {
		return
	}
	c.text(r.x+1, y, r.x+r.w-1, pathTitle(s), plainText)
	rows := r.h - 3
	v.drawPathBars(c, rect{r.x + 1, y + 1, r.w - 2, rows}, s)
	text := "90 % of the parts' norms came through " + pathStretch(s)
	if in, ok := v.spectrum(nn.PathsInput); ok {
		text += "; at the image through " + pathStretch(in)
	}
	c.text(r.x+1, y+1+rows, r.x+r.w-1, text, muted)
}

// pathTitle names the block, and says how exactly the parts add up to the whole.
func pathTitle(s nn.PathSpectrum) string {
	return fmt.Sprintf("paths into %s by number of branches taken   sum − gradient: %s of it",
		s.Block, scientific(s.SumError))
}

// pathParts are the norms of the parts, the rest last, with their names.
func pathParts(s nn.PathSpectrum) (norms []float64, names []string) {
	norms = slices.Clone(s.Branches)
	for i := range norms {
		names = append(names, strconv.Itoa(i))
	}
	if s.HasRest {
		norms, names = append(norms, s.Rest), append(names, "more")
	}
	return norms, names
}

// drawPathBars draws a bar per length, in columns of r.h bars from the left, to one
// linear scale: bars of a logarithmic one could not be added by eye. Columns without
// room are left out.
func (v *gradientsView) drawPathBars(c *canvas, r rect, s nn.PathSpectrum) {
	norms, names := pathParts(s)
	if r.h <= 0 || len(norms) == 0 {
		return
	}
	top := slices.Max(norms)
	for i, norm := range norms {
		x, y := r.x+i/r.h*pathCell, r.y+i%r.h
		if x+pathCell > r.x+r.w+1 {
			return
		}
		c.right(x+4, y, names[i], muted)
		c.set(x+5, y, '▏', faint)
		if top > 0 {
			c.bar(x+6, y, pathCell-7, norm/top, backwardLook)
		}
	}
}

// pathStretch is through how many branches most of the gradient came: the shortest
// stretch of lengths that has nine tenths of the sum of the parts' norms, the first of
// equal ones.
func pathStretch(s nn.PathSpectrum) string {
	norms, names := pathParts(s)
	sum := 0.0
	for _, v := range norms {
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return "none: the norms are zero or not finite"
	}
	from, to := 0, len(norms)-1
	for i := range norms {
		part := 0.0
		for j := i; j < len(norms); j++ {
			if part += norms[j]; part >= 0.9*sum {
				if j-i < to-from {
					from, to = i, j
				}
				break
			}
		}
	}
	stretch := names[from]
	if to > from {
		stretch += "…" + names[to]
	}
	return stretch + " branches"
}
