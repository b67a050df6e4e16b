package tui

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"resnet-tui/resnet"
)

// exactPaths is how many lengths are carried apart unless the options say.
const exactPaths = 16

// trace splits the gradient by path length, until a wish interrupts it.
func (e *engine) trace() {
	e.tracing = false
	if e.state.grads == nil {
		e.pass() // the view shows both
		e.look()
	}
	if e.state.phase == failed {
		return
	}
	e.state.phase, e.state.stage, e.state.done, e.state.total = tracing, "path lengths", 0, 0
	e.publish()
	k := e.opts.Paths
	if k == 0 {
		k = exactPaths
	}
	report := e.progress()
	var spectra []resnet.PathSpectrum
	err := e.cancellable(func(ctx context.Context) (err error) {
		spectra, err = e.session.PathLengths(ctx, k, func(done, total int64) { report("path lengths", done, total) })
		return err
	})
	switch {
	case err != nil:
		e.state.notice = err.Error()
	case spectra == nil:
		e.state.notice = "path lengths: interrupted"
	default:
		e.state.paths = spectra
	}
	e.rest()
}

// askPaths asks for path lengths, and shows them.
func (m *Model) askPaths() {
	if len(m.list.tree.byBlock) == 0 || m.opts.Recorded != nil {
		return
	}
	m.show(viewGradients)
	asks(wishPaths)(m)
}

// spectrum is that of a block's input, or of the net's.
func (m *Model) spectrum(block string) (resnet.PathSpectrum, bool) {
	i := slices.IndexFunc(m.state.paths, func(s resnet.PathSpectrum) bool { return s.Block == block })
	if i < 0 {
		return resnet.PathSpectrum{}, false
	}
	return m.state.paths[i], true
}

const (
	pathCell    = 15 // of one length: its number and a bar
	tallestPath = 6  // lines of bars
)

// pathLines are the lines that path lengths take, none before they are asked
// for.
func (m *Model) pathLines() int {
	switch {
	case m.state.phase == tracing:
		return 2
	case len(m.state.paths) == 0:
		return 0
	}
	return 3 + m.pathRows()
}

// pathRows are the lines of bars, the same for every block.
func (m *Model) pathRows() int {
	most := 0
	for _, s := range m.state.paths {
		most = max(most, len(s.Branches)+1)
	}
	columns := max((m.layout.body.w-2)/pathCell, 1)
	return min((most+columns-1)/columns, tallestPath)
}

// drawPaths draws how many branches the gradient at the block under the cursor
// has come through.
func (m *Model) drawPaths(r rect) {
	y := r.y + 1
	if m.state.phase == tracing {
		part := 0.0
		if m.state.total > 0 {
			part = float64(m.state.done) / float64(m.state.total)
		}
		text := fmt.Sprintf("path lengths %s %3.0f %%   any other wish interrupts", progressBar(part, 20), 100*part)
		m.canvas.text(r.x+1, y, r.x+r.w, text, backwardLook)
		return
	}
	s, ok := m.spectrum(m.state.grads.blocks[m.grads.cursor].Path)
	if !ok {
		return
	}
	m.canvas.text(r.x+1, y, r.x+r.w-1, pathTitle(s), plainText)
	rows := r.h - 3
	m.drawPathBars(rect{r.x + 1, y + 1, r.w - 2, rows}, s)
	text := "90 % of the parts' norms came through " + pathStretch(s)
	if in, ok := m.spectrum(resnet.PathsInput); ok {
		text += "; at the image through " + pathStretch(in)
	}
	m.canvas.text(r.x+1, y+1+rows, r.x+r.w-1, text, muted)
}

func pathTitle(s resnet.PathSpectrum) string {
	return fmt.Sprintf("paths into %s by number of branches taken   sum − gradient: %s of it", s.Block, scientific(s.SumError))
}

// pathParts are the norms of the parts, the rest last, with their names.
func pathParts(s resnet.PathSpectrum) (norms []float64, names []string) {
	norms = slices.Clone(s.Branches)
	for i := range norms {
		names = append(names, strconv.Itoa(i))
	}
	if s.HasRest {
		norms, names = append(norms, s.Rest), append(names, "more")
	}
	return norms, names
}

func (m *Model) drawPathBars(r rect, s resnet.PathSpectrum) {
	norms, names := pathParts(s)
	if r.h <= 0 || len(norms) == 0 {
		return
	}
	top := slices.Max(norms)
	for i, v := range norms {
		x, y := r.x+i/r.h*pathCell, r.y+i%r.h
		if x+pathCell > r.x+r.w+1 {
			return
		}
		m.canvas.right(x+4, y, names[i], muted)
		m.canvas.set(x+5, y, '▏', faint)
		if top > 0 {
			m.canvas.bar(x+6, y, pathCell-7, v/top, backwardLook)
		}
	}
}

// pathStretch is through how many branches most of the gradient came: the
// shortest stretch of lengths that has nine tenths of the sum of the parts'
// norms.
func pathStretch(s resnet.PathSpectrum) string {
	norms, names := pathParts(s)
	sum := 0.0
	for _, v := range norms {
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return "none: it is no number above 0"
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
