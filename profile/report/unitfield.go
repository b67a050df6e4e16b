package report

import (
	"fmt"
	"io"

	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
)

// UnitField is what a unit sees of an image. Boxes are of pixels of the input.
type UnitField struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Device profile.Device `json:"device"`
	Input  RunInput       `json:"input"`
	Mode   string         `json:"mode"`

	Image    int           `json:"image"` // of the batch, from 0
	At       string        `json:"at"`    // as it was asked for
	Layer    string        `json:"layer"` // whose output that is, with its call if it has several
	Unit     [3]int        `json:"unit"`  // channel, row, column
	Box      inspect.Box   `json:"box"`   // theoretical; may reach beyond the image
	Support  *inspect.Box  `json:"support,omitempty"`
	Mass     []FieldMass   `json:"mass"`
	Branches []FieldBranch `json:"branches,omitempty"`
	SumError *Number       `json:"sum_error,omitempty"` // of the branches, relative to the gradient
}

// FieldMass is a square that holds a share of the gradient's magnitudes.
type FieldMass struct {
	Share Number `json:"share"`
	inspect.Box
}

// FieldBranch is the part of the gradient that came through so many branches.
type FieldBranch struct {
	Branches int          `json:"branches"`
	Norm     Number       `json:"norm"`
	Support  *inspect.Box `json:"support,omitempty"`
}

// NewUnitField reports what a unit sees. The caller fills in Model, Device, Input, Mode,
// Image, At and Layer.
func NewUnitField(x *inspect.UnitField, u inspect.Unit) *UnitField {
	f := &UnitField{
		Schema: FieldSchema, Unit: [3]int{u.C, u.Y, u.X}, Box: x.Box, Support: x.Support, Mass: []FieldMass{},
	}
	for _, m := range x.Mass {
		f.Mass = append(f.Mass, FieldMass{Number(m.Share), m.Box})
	}
	for _, b := range x.Branches {
		f.Branches = append(f.Branches, FieldBranch{b.Branches, Number(b.Norm), b.Support})
	}
	if x.Branches != nil {
		f.SumError = known(Number(x.SumError))
	}
	return f
}

// fieldRow is a box of a field.
type fieldRow struct {
	name string
	norm *Number
	box  *inspect.Box
}

// Table has a row for each box.
func (f *UnitField) Table() Tabular {
	side := func(of func(b inspect.Box) int) func(fieldRow) Cell {
		return func(r fieldRow) Cell {
			if r.box == nil {
				return missing
			}
			return whole(of(*r.box))
		}
	}
	return Table[fieldRow]{Rows: f.rows(), Columns: []Column[fieldRow]{
		{"field", "field", left, func(r fieldRow) Cell { return plain(r.name) }},
		{"top", "top", right, side(func(b inspect.Box) int { return b.Top })},
		{"left", "left", right, side(func(b inspect.Box) int { return b.Left })},
		{"bottom", "bottom", right, side(func(b inspect.Box) int { return b.Bottom })},
		{"right", "right", right, side(func(b inspect.Box) int { return b.Right })},
		{"", "height", right, side(func(b inspect.Box) int { return b.Bottom - b.Top })},
		{"", "width", right, side(func(b inspect.Box) int { return b.Right - b.Left })},
		{"norm", "gradient", right, func(r fieldRow) Cell { return number(r.norm) }},
	}}
}

func (f *UnitField) rows() []fieldRow {
	all := []fieldRow{{name: "theoretical", box: &f.Box}, {name: "support", box: f.Support}}
	for _, m := range f.Mass {
		all = append(all, fieldRow{name: fmt.Sprintf("%.4g %% of it", 100*float64(m.Share)), box: &m.Box})
	}
	for _, b := range f.Branches {
		name := fmt.Sprintf("through %d branches", b.Branches)
		if b.Branches == 1 {
			name = "through 1 branch"
		}
		all = append(all, fieldRow{name, &b.Norm, b.Support})
	}
	return all
}

// Text writes the table, and whose field it is.
func (f *UnitField) Text(w io.Writer) error {
	if err := f.Table().Text(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	var more facts
	more.add("net", f.Model.Line())
	more.addf("input", "%v, %s, image %d", f.Input.Shape, f.Input.Source, f.Image)
	more.addf("unit", "channel %d, row %d, column %d of %s", f.Unit[0], f.Unit[1], f.Unit[2], f.Layer)
	if f.Support == nil {
		more.add("gradient", "0: no pixel changes the unit, as behind a ReLU that is shut")
	}
	if f.SumError != nil && f.Support != nil {
		more.addf("branches", "their sum misses the gradient by %s of it", profile.Significant(float64(*f.SumError)))
	}
	return more.write(w)
}
