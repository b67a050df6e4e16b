package report

import (
	"fmt"
	"image"
	"io"
	"math"
	"strconv"
	"strings"

	"resnet-tui/picture"
	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
	"resnet-tui/tensor"
)

// Similarity is how alike the outputs of the blocks of a net are, or of two nets: linear
// centred kernel alignment (Kornblith et al. 2019) over a set of images.
type Similarity struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	With   *profile.Model `json:"with,omitempty"` // the other net, if there is one
	Device profile.Device `json:"device"`
	Data   string         `json:"data"`

	A         []string   `json:"a"` // what is compared: paths of layers and blocks
	B         []string   `json:"b"` // with which
	Images    int        `json:"images"`
	Estimator string     `json:"estimator"` // debiased or biased
	CKA       [][]Number `json:"cka"`       // a row for each of A; null where features are the same for all images

	grams [2][]*inspect.Gram
}

// SimilaritySide is one net of a comparison.
type SimilaritySide struct {
	Model  profile.Model
	Device profile.Device
	Paths  []string
}

// NewSimilarity begins a report, to which SetSide adds a net or two and Compare the
// figures. The caller fills in Data.
func NewSimilarity(images int, estimator string) *Similarity {
	return &Similarity{Schema: SimilaritySchema, Images: images, Estimator: estimator}
}

// SetSide adds the first net, or the second.
func (s *Similarity) SetSide(i int, side SimilaritySide, grams []*inspect.Gram) {
	if s.grams[i] = grams; i == 0 {
		s.Model, s.Device, s.A = side.Model, side.Device, side.Paths
		return
	}
	s.With, s.B = &side.Model, side.Paths
}

// Compare computes the similarities of the nets that were added, or of one with itself.
func (s *Similarity) Compare() {
	if s.With == nil {
		s.B, s.grams[1] = s.A, s.grams[0]
	}
	for _, row := range inspect.CKA(s.grams[0], s.grams[1], inspect.Estimator(s.Estimator)) {
		numbers := make([]Number, len(row))
		for i, v := range row {
			numbers[i] = Number(v)
		}
		s.CKA = append(s.CKA, numbers)
	}
}

// Array is the matrix, A×B.
func (s *Similarity) Array() *tensor.Tensor {
	t := tensor.New(len(s.A), len(s.B))
	for i, row := range s.CKA {
		for j, v := range row {
			t.Data[i*len(s.B)+j] = float32(v)
		}
	}
	return t
}

// Picture is the matrix in colours from 0 to 1.
func (s *Similarity) Picture() (image.Image, error) {
	title := fmt.Sprintf("CKA %s, %d images", s.Model.Arch, s.Images)
	if s.With != nil {
		title = fmt.Sprintf("CKA %s (rows) and %s, %d images", s.Model.Arch, s.With.Arch, s.Images)
	}
	m := picture.Matrix{Values: s.Array().Data, Rows: s.A, Columns: s.B, Scale: picture.Scale{High: 1}, Title: title}
	return m.Draw()
}

// similarPair is a row of the table.
type similarPair struct {
	a, b string
	cka  Number
}

// Table has a row for each pair.
func (s *Similarity) Table() Tabular {
	var rows []similarPair
	for i, row := range s.CKA {
		for j, v := range row {
			rows = append(rows, similarPair{s.A[i], s.B[j], v})
		}
	}
	return Table[similarPair]{Rows: rows, Columns: []Column[similarPair]{
		{"a", "a", left, func(p similarPair) Cell { return plain(p.a) }},
		{"b", "b", left, func(p similarPair) Cell { return plain(p.b) }},
		{"cka", "CKA", right, func(p similarPair) Cell { return number(&p.cka) }},
	}}
}

// twoDigits is the number of columns up to which text has two digits for each: in more, a
// digit is a tenth.
const twoDigits = 12

// Text writes the matrix and facts. Columns are numbered as rows are.
func (s *Similarity) Text(w io.Writer) error {
	var b strings.Builder
	longest := 0
	for _, path := range s.A {
		longest = max(longest, len(path))
	}
	for i, path := range s.A {
		fmt.Fprintf(&b, "%3d  %-*s  %s\n", i, longest, path, s.textRow(s.CKA[i]))
	}
	fmt.Fprintf(&b, "%*s  %s\n\n", longest+5, "", s.textHeads())
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return s.facts().write(w)
}

// textRow is a row of the matrix.
func (s *Similarity) textRow(row []Number) string {
	var cells []string
	for _, v := range row {
		cells = append(cells, s.textCell(float64(v)))
	}
	return s.join(cells)
}

// join joins the cells of a row, between which there is only room where they are few.
func (s *Similarity) join(cells []string) string {
	if len(s.B) > twoDigits {
		return strings.Join(cells, "")
	}
	return strings.Join(cells, " ")
}

// textCell is a similarity in two digits or, where there are many columns, in one.
func (s *Similarity) textCell(v float64) string {
	if len(s.B) <= twoDigits {
		return fmt.Sprintf("%5.2f", v)
	}
	switch {
	case math.IsNaN(v):
		return "?"
	case v < 0:
		return "-"
	}
	return strconv.Itoa(min(int(10*v), 9))
}

// textHeads are the numbers of the columns.
func (s *Similarity) textHeads() string {
	var cells []string
	for i := range s.B {
		if len(s.B) <= twoDigits {
			cells = append(cells, fmt.Sprintf("%5d", i))
		} else {
			cells = append(cells, strconv.Itoa(i%10))
		}
	}
	return s.join(cells)
}

func (s *Similarity) facts() (f facts) {
	if s.With == nil {
		f.add("net", s.Model.Line())
	} else {
		f.add("rows", s.Model.Line())
		f.add("columns", s.With.Line())
		f.add("", strings.Join(numbered(s.B), ", "))
	}
	f.addf("data", "%s, %d images", s.Data, s.Images)
	f.addf("CKA", "linear, %s", s.Estimator)
	if len(s.B) > twoDigits {
		f.add("digits", "are tenths: 9 is from 0.9 to 1, - is below 0")
	}
	return f
}

// numbered are names with their numbers, from 0.
func numbered(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf("%d %s", i, name)
	}
	return all
}
