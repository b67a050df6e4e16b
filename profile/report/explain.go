package report

import (
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"resnet-tui/picture"
	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
	"resnet-tui/tensor"
)

// Explain says which part of an image made a class likely.
type Explain struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Device profile.Device `json:"device"`
	Input  RunInput       `json:"input"`
	Mode   string         `json:"mode"`

	Image  int            `json:"image"`            // of the batch, from 0
	Method inspect.Method `json:"method"`           // see inspect.Method
	Class  int            `json:"class"`            //
	Name   string         `json:"name,omitempty"`   // the class's, where it is known
	Score  Number         `json:"score"`            // the class's logit
	At     string         `json:"at"`               // whose output the map is of: a path, or "input"
	Steps  int            `json:"steps,omitempty"`  // of integrated gradients
	Patch  int            `json:"patch,omitempty"`  // of occlusion, in pixels, as stride
	Stride int            `json:"stride,omitempty"` //
	Shape  [2]int         `json:"shape"`            // of the map, H×W
	Map    []Row          `json:"map"`
	Parts  *ExplainParts  `json:"parts,omitempty"` // of Grad-CAM at a block with a skip
	Checks ExplainChecks  `json:"checks"`

	attribution *tensor.Tensor // C×H×W, signed; nil of the methods that have none
	photo       []float32      // the image, C×H×W as in Input.Shape
}

// ExplainParts are what a block's two paths brought to a map, which they add up to.
type ExplainParts struct {
	Skip     []Row  `json:"skip"`
	Branch   []Row  `json:"branch"`
	SumError Number `json:"sum_error"` // ‖skip + branch − map‖ / ‖map‖
}

// ExplainChecks say what a map is worth; nil is not measured.
type ExplainChecks struct {
	Completeness *Number `json:"completeness,omitempty"` // of integrated gradients
	Deletion     *Number `json:"deletion,omitempty"`     // area under the probability, see inspect.CheckPixels
	Insertion    *Number `json:"insertion,omitempty"`
	Randomised   *Number `json:"randomised,omitempty"` // see inspect.CheckRandomised
}

// NewExplain reports an explanation of an image, C×H×W. The caller fills in Model, Device,
// Input, Mode, Image, Name and Checks but completeness.
func NewExplain(x *inspect.Explanation, o inspect.Options, photo []float32) *Explain {
	e := &Explain{
		Schema: ExplainSchema, Method: o.Method, Class: x.Class, Score: Number(x.Score), At: "input",
		Shape: [2]int{x.H, x.W}, Map: rows(x.Map, x.W), attribution: x.Attribution, photo: photo,
	}
	switch o.Method {
	case inspect.GradCAM:
		e.At = o.At.Path
	case inspect.Integrated:
		e.Steps, e.Checks.Completeness = o.Steps, known(Number(x.Completeness))
	case inspect.Occlusion:
		e.Patch, e.Stride = o.Patch, o.Stride
	}
	if x.Skip != nil {
		e.Parts = &ExplainParts{rows(x.Skip, x.W), rows(x.Branch, x.W), Number(x.SumError)}
	}
	return e
}

// rows are values as rows of w each.
func rows(values []float32, w int) []Row {
	var all []Row
	for r := range slices.Chunk(values, w) {
		all = append(all, r)
	}
	return all
}

// values are the map's, in one list.
func (e *Explain) values() []float32 {
	return slices.Concat(asLists(e.Map)...)
}

func asLists(rows []Row) [][]float32 {
	lists := make([][]float32, len(rows))
	for i, r := range rows {
		lists[i] = r
	}
	return lists
}

// Array is C×H×W of the methods that have a value for every value of the image, else the
// map.
func (e *Explain) Array() *tensor.Tensor {
	if e.attribution != nil {
		return e.attribution
	}
	return &tensor.Tensor{Shape: tensor.Shape{e.Shape[0], e.Shape[1]}, Data: e.values()}
}

// overlayAlpha is the share of the map in a picture.
const overlayAlpha = 0.55

// Picture is the map laid over the image: that of Grad-CAM through a ReLU, as it is defined.
func (e *Explain) Picture() (image.Image, error) {
	shape := e.Input.Shape
	mean, std := e.normalisation()
	photo, err := picture.Photo(e.photo, shape[1], shape[2], shape[3], mean, std)
	if err != nil {
		return nil, err
	}
	values := e.values()
	if e.Method == inspect.GradCAM {
		for i, v := range values {
			values[i] = max(v, 0)
		}
	}
	return picture.Overlay{
		Photo: photo, Values: values, H: e.Shape[0], W: e.Shape[1],
		Scale: picture.ScaleOf(values), Alpha: overlayAlpha, Title: fmt.Sprintf("%s  %s  %s", e.Method, e.At, e.class()),
	}.Draw()
}

// normalisation is that of pictures, nil where it isn't known.
func (e *Explain) normalisation() (mean, std []float32) {
	p := e.Input.Preprocess
	if p == nil {
		return nil, nil
	}
	for c := range e.Input.Shape[1] {
		mean = append(mean, float32(p.Mean[c%len(p.Mean)]))
		std = append(std, float32(p.Std[c%len(p.Std)]))
	}
	return mean, std
}

// class is the class by number and name.
func (e *Explain) class() string {
	if e.Name == "" {
		return fmt.Sprintf("class %d", e.Class)
	}
	return fmt.Sprintf("%d %s", e.Class, e.Name)
}

// mapCell is a value of a map with its parts.
type mapCell struct {
	y, x         int
	v            float32
	skip, branch *Number
}

// Table has a row for each value of the map.
func (e *Explain) Table() Tabular {
	t := Table[mapCell]{Columns: []Column[mapCell]{
		{"y", "y", right, func(c mapCell) Cell { return whole(c.y) }},
		{"x", "x", right, func(c mapCell) Cell { return whole(c.x) }},
		{"map", "map", right, func(c mapCell) Cell { return number(known(Number(c.v))) }},
	}}
	if e.Parts != nil {
		t.Columns = append(t.Columns,
			Column[mapCell]{"skip", "skip", right, func(c mapCell) Cell { return number(c.skip) }},
			Column[mapCell]{"branch", "branch", right, func(c mapCell) Cell { return number(c.branch) }})
	}
	for y, row := range e.Map {
		for x, v := range row {
			c := mapCell{y: y, x: x, v: v}
			if p := e.Parts; p != nil {
				c.skip, c.branch = known(Number(p.Skip[y][x])), known(Number(p.Branch[y][x]))
			}
			t.Rows = append(t.Rows, c)
		}
	}
	return t
}

// Text writes a small map in characters, and what is known of it.
func (e *Explain) Text(w io.Writer) error {
	if _, err := io.WriteString(w, sketch(e.values(), e.Shape[0], e.Shape[1])+"\n"); err != nil {
		return err
	}
	return e.facts().write(w)
}

func (e *Explain) facts() (f facts) {
	f.add("net", e.Model.Line())
	f.addf("input", "%v, %s, image %d", e.Input.Shape, e.Input.Source, e.Image)
	f.addf("class", "%s, score %s", e.class(), profile.Significant(float64(e.Score)))
	f.addf("method", "%s at %s%s", e.Method, e.At, e.settings())
	f.addf("map", "%d×%d%s; drawn: what is above 0", e.Shape[0], e.Shape[1], e.span())
	if p := e.Parts; p != nil {
		f.addf("parts", "skip %s, branch %s of the map's sum; sum - map %s of it", e.share(p.Skip), e.share(p.Branch),
			profile.Significant(float64(p.SumError)))
	}
	for _, c := range []struct {
		name, text string
		value      *Number
	}{
		{"completeness", "sum of the map misses score(x) - score(0) by %s of it", e.Checks.Completeness},
		{"deletion", "%s, area under the probability while pixels are set to 0, most important first", e.Checks.Deletion},
		{"insertion", "%s, while they are brought back", e.Checks.Insertion},
		{"randomised", "%s, rank correlation with the map of fresh weights", e.Checks.Randomised},
	} {
		if c.value != nil {
			f.addf(c.name, c.text, profile.Significant(float64(*c.value)))
		}
	}
	return f
}

// span says between which finite values the map lies.
func (e *Explain) span() string {
	values := slices.DeleteFunc(e.values(), func(v float32) bool { return v-v != 0 })
	if len(values) == 0 {
		return ", without a finite value"
	}
	return fmt.Sprintf(", from %s to %s", profile.Significant(float64(slices.Min(values))),
		profile.Significant(float64(slices.Max(values))))
}

// settings are those of the method.
func (e *Explain) settings() string {
	switch e.Method {
	case inspect.Integrated:
		return fmt.Sprintf(", %d steps", e.Steps)
	case inspect.Occlusion:
		return fmt.Sprintf(", patch %d, stride %d", e.Patch, e.Stride)
	}
	return ""
}

// share is a part's share of the map's sum.
func (e *Explain) share(part []Row) string {
	sum := func(rows []Row) (s float64) {
		for _, r := range rows {
			for _, v := range r {
				s += float64(v)
			}
		}
		return s
	}
	if whole := sum(e.Map); whole != 0 {
		return profile.FormatShare(sum(part) / whole)
	}
	return profile.Dash
}

// sketchSide bounds the rows and columns of a sketch.
const sketchSide = 28

// sketch draws values in characters, two for each, from blank at 0 and below to @ at the
// largest. Of a larger map each stands for the mean of several.
func sketch(values []float32, h, w int) string {
	const ramp = " .:-=+*#%@"
	step := max((max(h, w)+sketchSide-1)/sketchSide, 1)
	var cells [][]float64
	most := 0.0
	for top := 0; top < h; top += step {
		var line []float64
		for left := 0; left < w; left += step {
			v := meanOf(values, w, image.Rect(left, top, min(left+step, w), min(top+step, h)))
			line = append(line, v)
			most = max(most, v)
		}
		cells = append(cells, line)
	}
	var b strings.Builder
	for _, line := range cells {
		text := ""
		for _, v := range line {
			at := 0
			if most > 0 && v > 0 {
				at = int(v/most*float64(len(ramp)-1) + 0.5)
			}
			text += strings.Repeat(ramp[at:at+1], 2)
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}

// meanOf is the mean of the values in a rectangle of rows that are w wide; 0 if it is no
// number.
func meanOf(values []float32, w int, r image.Rectangle) float64 {
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range values[y*w+r.Min.X : y*w+r.Max.X] {
			sum += float64(v)
		}
	}
	if mean := sum / float64(r.Dx()*r.Dy()); mean-mean == 0 {
		return mean
	}
	return 0
}
