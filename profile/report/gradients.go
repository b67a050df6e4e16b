package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
)

// ParamGrad is the L2 norm of the loss's gradient with respect to a parameter.
type ParamGrad struct {
	Name string `json:"name"`
	Norm Number `json:"norm"`
}

// BlockGrad are the gradients at a block.
type BlockGrad = profile.BlockGrad

// PathRow is the gradient at a block's input, or the net's, in parts by how
// many branches they have come through, see resnet.PathSpectrum.
type PathRow struct {
	Block    string   `json:"block"`
	Branches []Number `json:"branches"`
	Rest     Number   `json:"rest"`
	Gradient Number   `json:"gradient"`
	SumError Number   `json:"sum_error"`
}

// Gradients is a session after a backward pass.
type Gradients interface {
	Target() []int
	Loss() (float64, error)
	BlockGradients() ([]resnet.BlockGradient, error)
	ParamNorms() ([]resnet.ParamNorm, error)
}

// SetGradients adds what a backward pass has found.
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

// SetPaths adds the path lengths.
func (r *Run) SetPaths(spectra []resnet.PathSpectrum) {
	for _, s := range spectra {
		row := PathRow{Block: s.Block, Rest: Number(s.Rest), Gradient: Number(s.Gradient), SumError: Number(s.SumError)}
		for _, v := range s.Branches {
			row.Branches = append(row.Branches, Number(v))
		}
		r.Paths = append(r.Paths, row)
	}
}

// gradients writes the blocks' gradients and, if they were asked for, the path
// lengths.
func (r *Run) gradients(w io.Writer) error {
	if err := writeBlocks(w, r.Blocks); err != nil || len(r.Paths) == 0 {
		return err
	}
	fmt.Fprintf(w, "\ngradient at each input by the number of branches it has come through, as parts of the whole's norm\n")
	return pathsTable(r.Paths).Text(w)
}

// writeBlocks writes the gradients at blocks, if there are any.
func writeBlocks(w io.Writer, blocks []BlockGrad) error {
	if len(blocks) == 0 {
		return nil
	}
	a := newLogAxis(blocks)
	fmt.Fprintf(w, "\ngradient norms by block, bars on a log axis from %s to %s\n", a.label(a.low), a.label(a.high))
	return blocksTable(blocks, a).Text(w)
}

const gradBar = 16

func blocksTable(blocks []BlockGrad, a logAxis) *Table {
	t := &Table{Columns: []Column{
		{"", "block", false}, {"", "grad out", true}, {"", "grad in", true}, {"", strings.Repeat(" ", gradBar), false}, {"", "by skip", true}, {"", "by branch", true},
		{"", "branch/skip", true}, {"", "cosine", true},
	}}
	for _, b := range blocks {
		t.Add(plain(b.Path), number(&b.GradOut), number(&b.GradIn), plain(bar(a.part(float64(b.GradIn)), gradBar)), number(b.GradSkip), number(b.GradBranch),
			number(b.Ratio), number(b.Cosine))
	}
	return t
}

// logAxis spans whole decades; it begins below the least value, so that each
// has a bar.
type logAxis struct{ low, high int }

// newLogAxis has room for every block's gradients that are greater than 0.
func newLogAxis(blocks []BlockGrad) logAxis {
	var norms []float64
	for _, b := range blocks {
		norms = append(norms, float64(b.GradIn), float64(b.GradOut))
	}
	return axisOf(norms)
}

func axisOf(values []float64) logAxis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 1) {
			low, high = min(low, math.Log10(v)), max(high, math.Log10(v))
		}
	}
	if low > high {
		return logAxis{0, 1}
	}
	return logAxis{int(math.Ceil(low)) - 1, int(math.Ceil(high))}
}

// part is where v lies on the axis, from 0 to 1; 0 for what it does not show.
func (a logAxis) part(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	return (math.Log10(v) - float64(a.low)) / float64(a.high-a.low)
}

func (logAxis) label(decade int) string { return fmt.Sprintf("1e%d", decade) }

// pathColumns is how many parts text shows; JSON has all.
const pathColumns = 8

func pathsTable(rows []PathRow) *Table {
	t := &Table{Columns: []Column{{"", "input of", false}, {"", "gradient", true}}}
	shown := 0
	for _, r := range rows {
		shown = max(shown, min(len(r.Branches), pathColumns))
	}
	for i := range shown {
		t.Columns = append(t.Columns, Column{"", fmt.Sprint(i), true})
	}
	t.Columns = append(t.Columns, Column{"", "more", true}, Column{"", "sum off by", true})
	for _, r := range rows {
		cells := []Cell{plain(r.Block), number(&r.Gradient)}
		for i := range shown {
			cells = append(cells, pathCell(r, i))
		}
		t.Add(append(cells, restCell(r, shown), plain(fmt.Sprintf("%.1e", float64(r.SumError))))...)
	}
	return t
}

// restCell is the part through more branches, where all others are shown.
func restCell(r PathRow, shown int) Cell {
	if r.Rest == 0 || r.Gradient == 0 || len(r.Branches) > shown {
		return plain(profile.Dash)
	}
	return plain(profile.Significant(float64(r.Rest / r.Gradient)))
}

func pathCell(r PathRow, i int) Cell {
	if i >= len(r.Branches) || r.Gradient == 0 {
		return plain(profile.Dash)
	}
	return plain(profile.Significant(float64(r.Branches[i] / r.Gradient)))
}
