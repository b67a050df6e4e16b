package report

import (
	"fmt"
	"io"
	"strconv"

	"resnet-tui/profile"
	"resnet-tui/resnet/nn"
)

// ParamGrad holds the L2 norm of the loss's gradient by one parameter. Name is the
// parameter's in PyTorch's state dict.
type ParamGrad struct {
	Name string `json:"name"`
	Norm Number `json:"norm"`
}

// BlockGrad holds the gradient norms at a block.
type BlockGrad = profile.BlockGrad

// PathRow splits the gradient at the input of a block, or of the net, by path
// length: the number of residual branches that a part has passed through (Veit,
// Wilber and Belongie, Residual networks behave like ensembles of relatively
// shallow networks, 2016). All values are L2 norms. See nn.PathSpectrum.
//
// Branches[k] is the part with exactly k branches, Rest the part with more than are
// listed. As vectors, the parts add up to the gradient, whose norm is Gradient.
// SumError checks that: it is the norm of the difference relative to Gradient. The
// norms themselves don't add up.
type PathRow struct {
	Block    string   `json:"block"`
	Branches []Number `json:"branches"`
	Rest     Number   `json:"rest"`
	Gradient Number   `json:"gradient"`
	SumError Number   `json:"sum_error"`
}

// Gradients is a session whose last pass went backward: an *nn.Session.
type Gradients interface {
	Target() []int
	Loss() (float64, error)
	BlockGradients() ([]nn.BlockGradient, error)
	ParamNorms() ([]nn.ParamNorm, error)
}

// SetGradients adds labels, loss and gradients of the last backward pass. On an
// error, which is one of g's, it adds nothing.
func (r *Run) SetGradients(g Gradients) error {
	loss, err := g.Loss()
	if err != nil {
		return err
	}
	blocks, err := g.BlockGradients()
	if err != nil {
		return err
	}
	params, err := g.ParamNorms()
	if err != nil {
		return err
	}
	r.Labels, r.Loss = g.Target(), known(Number(loss))
	r.Blocks = profile.BlockGrads(blocks)
	for _, p := range params {
		r.ParamsGrad = append(r.ParamsGrad, ParamGrad{p.Name, Number(p.Norm)})
	}
	return nil
}

// SetPaths adds the gradients by path length, one row per spectrum.
func (r *Run) SetPaths(spectra []nn.PathSpectrum) {
	for _, s := range spectra {
		row := PathRow{Block: s.Block, Rest: Number(s.Rest), Gradient: Number(s.Gradient), SumError: Number(s.SumError)}
		for _, v := range s.Branches {
			row.Branches = append(row.Branches, Number(v))
		}
		r.Paths = append(r.Paths, row)
	}
}

// writeGradients writes the gradients by block and, if they are known, their parts
// by path length.
func (r *Run) writeGradients(w io.Writer) error {
	if err := writeBlocks(w, r.Blocks); err != nil || len(r.Paths) == 0 {
		return err
	}
	fmt.Fprintln(w, "\ngradient at each input by the number of branches it has come through, "+
		"as shares of the whole gradient's norm")
	return pathTable(r.Paths).Text(w)
}

// writeBlocks writes the table of the gradients at blocks, if there are any.
func writeBlocks(w io.Writer, blocks []BlockGrad) error {
	if len(blocks) == 0 {
		return nil
	}
	var norms []float64
	for _, b := range blocks {
		norms = append(norms, float64(b.GradIn), float64(b.GradOut))
	}
	axis := axisOf(norms)
	fmt.Fprintf(w, "\ngradient norms by block, bars on a log axis from %s\n", axis.Span())
	return blockTable(blocks, axis).Text(w)
}

// gradBar is the width of the bars of gradients, in cells.
const gradBar = 16

// blockTable has one row per block. Bars are the gradient at the input.
func blockTable(blocks []BlockGrad, axis profile.Decades) Table[BlockGrad] {
	return Table[BlockGrad]{Rows: blocks, Columns: []Column[BlockGrad]{
		{"", "block", left, func(b BlockGrad) Cell { return plain(b.Path) }},
		{"", "grad out", right, func(b BlockGrad) Cell { return number(&b.GradOut) }},
		{"", "grad in", right, func(b BlockGrad) Cell { return number(&b.GradIn) }},
		barColumn(gradBar, func(b BlockGrad) float64 { return part(axis, float64(b.GradIn)) }),
		{"", "by skip", right, func(b BlockGrad) Cell { return number(b.GradSkip) }},
		{"", "by branch", right, func(b BlockGrad) Cell { return number(b.GradBranch) }},
		{"", "branch/skip", right, func(b BlockGrad) Cell { return number(b.Ratio) }},
		{"", "cosine", right, func(b BlockGrad) Cell { return number(b.Cosine) }},
	}}
}

// pathColumns is the number of path lengths in text. Short paths carry most of the
// gradient, and JSON has all.
const pathColumns = 8

// pathTable has a column per number of branches. Cells are shares of the norm of
// the whole gradient; they may add up to more than 1, see PathRow.
func pathTable(rows []PathRow) Table[PathRow] {
	shown := 0
	for _, r := range rows {
		shown = max(shown, min(len(r.Branches), pathColumns))
	}
	columns := []Column[PathRow]{
		{"", "input of", left, func(r PathRow) Cell { return plain(r.Block) }},
		{"", "gradient", right, func(r PathRow) Cell { return number(&r.Gradient) }},
	}
	for i := range shown {
		columns = append(columns, Column[PathRow]{
			Title: strconv.Itoa(i), Right: true, Cell: func(r PathRow) Cell { return pathCell(r, i) },
		})
	}
	return Table[PathRow]{Rows: rows, Columns: append(columns, []Column[PathRow]{
		{"", "more", right, func(r PathRow) Cell { return restCell(r, shown) }},
		{"", "sum off by", right, func(r PathRow) Cell { return plain(fmt.Sprintf("%.1e", float64(r.SumError))) }},
	}...)}
}

// restCell is the share of paths with more branches than are split off. It is
// missing if columns were left out, as it would not be the rest of what is shown.
func restCell(r PathRow, shown int) Cell {
	if r.Rest == 0 || r.Gradient == 0 || len(r.Branches) > shown {
		return missing
	}
	return plain(profile.Significant(float64(r.Rest / r.Gradient)))
}

// pathCell is the share of paths through exactly i branches.
func pathCell(r PathRow, i int) Cell {
	if i >= len(r.Branches) || r.Gradient == 0 {
		return missing
	}
	return plain(profile.Significant(float64(r.Branches[i] / r.Gradient)))
}
