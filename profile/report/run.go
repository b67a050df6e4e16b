package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
	"resnet-tui/tensor"
)

// Run is one pass: its output, and statistics and time of each layer. After a
// backward pass it also has labels, loss and gradients. A single time is noisy: for
// statistics of times see Profile.
type Run struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Input  RunInput       `json:"input"`
	Device profile.Device `json:"device"`
	Mode   string         `json:"mode"` // "eval" or "train": of batch norm
	Fused  bool           `json:"fused"`
	TimeNS int64          `json:"time_ns"` // wall time of the pass
	Output RunOutput      `json:"output"`
	Labels []int          `json:"labels,omitempty"` // one per image
	Loss   *Number        `json:"loss,omitempty"`   // mean cross-entropy over images, in nats
	Memory profile.Memory `json:"memory"`
	Layers []RunLayer     `json:"layers"`

	ParamsGrad []ParamGrad `json:"params_grad,omitempty"`
	Blocks     []BlockGrad `json:"blocks,omitempty"`
	Paths      []PathRow   `json:"paths,omitempty"`

	Effect *LesionEffect `json:"lesion_effect,omitempty"`

	Ops Convention `json:"-"` // of printed numbers of operations
}

// RunInput describes the input: [N, C, H, W], and where its values come from.
type RunInput struct {
	Shape  tensor.Shape `json:"shape"`
	Source string       `json:"source"`
	Names  []string     `json:"names,omitempty"` // files of the images, in order

	Preprocess *profile.Preprocess `json:"preprocess,omitempty"` // of pictures
	LeftOut    map[string]int      `json:"left_out,omitempty"`   // files of folders that were not used, by extension
}

// RunOutput holds the logits [N, classes], and the most likely classes of each
// image in descending order.
type RunOutput struct {
	Shape  tensor.Shape `json:"shape"`
	Logits []Row        `json:"logits"`
	Top    [][]Guess    `json:"top"`
}

// Guess is a class with its softmax probability.
type Guess struct {
	Class int    `json:"class"`
	Label string `json:"label"`
	P     Number `json:"p"`
}

// RunLayer is one call of a layer. Shapes include the batch; MACs are per image;
// Mean and Std are of all elements of the output, over the whole batch.
//
// A layer that ran inside another one's kernel names that layer in FusedInto and
// has no time. The statistics of a fused kernel's output belong to its last layer.
// BackNS is the sum over the kernels of the layer's gradients. What a row
// doesn't have is left out.
type RunLayer struct {
	Path      string       `json:"path"`
	Call      int          `json:"call"`
	Kind      string       `json:"kind"`
	InShape   tensor.Shape `json:"in_shape"`
	OutShape  tensor.Shape `json:"out_shape"`
	Params    int64        `json:"params"`
	MACs      int64        `json:"macs"`
	Mean      *Number      `json:"mean,omitempty"`
	Std       *Number      `json:"std,omitempty"`
	TimeNS    *int64       `json:"time_ns,omitempty"`
	BackNS    *int64       `json:"backward_ns,omitempty"`
	Kernel    string       `json:"kernel,omitempty"`
	FusedInto string       `json:"fused_into,omitempty"`
}

// Net is a session that has run a pass: an *nn.Session. Stats returns the moments of
// a layer's output, and false if they weren't recorded.
type Net interface {
	profile.Runner
	Logits() (*tensor.Tensor, error)
	Stats(layer int) (mean, std float64, ok bool)
}

// topClasses is the number of most likely classes per image.
const topClasses = 5

// NewRun returns the report of the last pass of n, which times has recorded. names
// are those of the classes; a class without one is named by its number. The caller
// fills in Model, Device and Input. Its errors are those of n.Logits and of times.
func NewRun(n Net, times *profile.Recorder, names []string) (*Run, error) {
	logits, err := n.Logits()
	if err != nil {
		return nil, err
	}
	var last profile.Snapshot
	if times.Snapshot(&last); last.Err != nil {
		return nil, last.Err
	}
	o := n.Options()
	r := &Run{
		Schema: RunSchema, Mode: o.Mode.String(), Fused: o.Fuse, TimeNS: int64(last.Wall.Last),
		Memory: profile.NewMemory(n.Lowered(), n.Kernels(), n.Memory()),
	}
	r.Output = output(logits, names)
	r.Layers = runLayers(n, last.Kernels)
	return r, nil
}

// SetLabels adds the labels, one per image, and the mean cross-entropy of logits
// [N, classes]. It returns an error for a label that isn't a class.
func (r *Run) SetLabels(logits *tensor.Tensor, labels []int) error {
	loss, err := train.CrossEntropy(logits, labels)
	if err != nil {
		return err
	}
	r.Labels, r.Loss = labels, known(Number(loss))
	return nil
}

// output returns logits and most likely classes. The rows of logits are parts of the
// tensor.
func output(logits *tensor.Tensor, names []string) RunOutput {
	out := RunOutput{Shape: logits.Shape}
	for i := range logits.Shape[0] {
		row := train.Image(logits, i)
		p := train.Softmax(row)
		var guesses []Guess
		for _, class := range train.Top(row, topClasses) {
			guesses = append(guesses, Guess{class, className(names, class), Number(p[class])})
		}
		out.Logits = append(out.Logits, Row(row))
		out.Top = append(out.Top, guesses)
	}
	return out
}

// className returns the name of a class, or its number if it has none.
func className(names []string, class int) string {
	if class < len(names) {
		return names[class]
	}
	return "class " + strconv.Itoa(class)
}

// runLayers returns one row per call of a layer, with time and statistics if it has
// them. Kernels of probes and updates are no layer's time.
func runLayers(n Net, times []profile.Series) []RunLayer {
	l := n.Lowered()
	var rows []RunLayer
	for i, layer := range n.Model().Layers {
		row := RunLayer{
			Path:     layer.Path,
			Call:     layer.Call,
			Kind:     layer.Kind.String(),
			InShape:  layer.In,
			OutShape: layer.Out,
			Params:   layer.Cost.Params,
			MACs:     layer.Cost.MACs,
		}
		if mean, std, ok := n.Stats(i); ok {
			row.Mean, row.Std = known(Number(mean)), known(Number(std))
		}
		rows = append(rows, row)
	}
	for i, kernel := range n.Kernels() {
		head := l.OpLayer[kernel.Op]
		switch pass := l.Plan.Ops[kernel.Op].Pass; {
		case head < 0: // a probe
			continue
		case pass == tensor.Backward:
			rows[head].addBackward(times[i].Last)
			continue
		case pass == tensor.Update:
			continue
		}
		rows[head].TimeNS = known(int64(times[i].Last))
		rows[head].Kernel = kernel.Name
		for _, op := range kernel.Absorbed {
			if at := l.OpLayer[op]; at >= 0 {
				rows[at].FusedInto = rows[head].Path
			}
		}
	}
	return rows
}

// addBackward adds the time of one of the layer's gradients.
func (l *RunLayer) addBackward(d time.Duration) {
	if l.BackNS == nil {
		l.BackNS = new(int64)
	}
	*l.BackNS += int64(d)
}

// Finite reports whether all logits are finite.
func (r *Run) Finite() bool {
	for _, row := range r.Output.Logits {
		for _, v := range row {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return false
			}
		}
	}
	return true
}

// Table has one row per call.
func (r *Run) Table() Tabular {
	backward := "" // only in CSV
	if len(r.Blocks)+len(r.ParamsGrad) > 0 {
		backward = "backward"
	}
	return Table[RunLayer]{Rows: r.Layers, Columns: []Column[RunLayer]{
		{"path", "layer", left, func(l RunLayer) Cell { return plain(l.Path) }},
		{"call", "", right, func(l RunLayer) Cell { return whole(l.Call) }},
		{"kind", "kind", left, func(l RunLayer) Cell { return plain(l.Kind) }},
		{"in_shape", "", left, func(l RunLayer) Cell { return shape(l.InShape) }},
		{"out_shape", "output", left, func(l RunLayer) Cell { return shape(l.OutShape) }},
		{"params", "params", right, func(l RunLayer) Cell { return count(l.Params) }},
		{"macs", r.Ops.title(), right, func(l RunLayer) Cell { return r.Ops.cell(l.MACs) }},
		{"mean", "mean", right, func(l RunLayer) Cell { return number(l.Mean) }},
		{"std", "std", right, func(l RunLayer) Cell { return number(l.Std) }},
		{"time_ns", "time", right, func(l RunLayer) Cell { return nanoseconds(l.TimeNS) }},
		{"backward_ns", backward, right, func(l RunLayer) Cell { return nanoseconds(l.BackNS) }},
		{"kernel", "kernel", left, kernelCell},
		{"fused_into", "", left, func(l RunLayer) Cell { return plain(l.FusedInto) }},
	}}
}

// kernelCell is a call's kernel, or the layer whose kernel it ran in.
func kernelCell(l RunLayer) Cell {
	if l.FusedInto != "" {
		return Cell{"in " + l.FusedInto, l.Kernel}
	}
	return plain(l.Kernel)
}

// Text writes the layers, facts, the gradients if there are any, and the most likely
// classes of each image.
func (r *Run) Text(w io.Writer) error {
	if err := r.Table().Text(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := r.facts().write(w); err != nil {
		return err
	}
	if err := r.writeGradients(w); err != nil {
		return err
	}
	for i, guesses := range r.Output.Top {
		if err := r.writeGuesses(w, i, guesses); err != nil {
			return err
		}
	}
	return nil
}

// facts returns what ran, on what, and the results.
func (r *Run) facts() (f facts) {
	f.add("net", r.Model.Line())
	f.add("input", r.Input.Shape.String()+", "+r.Input.Source)
	if r.Input.Preprocess != nil {
		f.add("pictures", r.Input.Preprocess.String())
	}
	f.add("device", r.Device.Line()+", "+r.Mode+" mode")
	f.add("time", nanoseconds(&r.TimeNS).Text+" this pass")
	if r.Loss != nil {
		f.add("loss", number(r.Loss).Text+"   mean cross-entropy")
	}
	return slices.Concat(f, r.effectFacts(), r.Ops.facts())
}

// writeGuesses writes the most likely classes of one image, with bars.
func (r *Run) writeGuesses(w io.Writer, image int, guesses []Guess) error {
	name := fmt.Sprintf("image %d", image)
	if image < len(r.Input.Names) {
		name = r.Input.Names[image]
	}
	fmt.Fprintf(w, "\n%s\n", profile.Printable(name))
	return guessTable(guesses).Text(w)
}

// guessBar is the width of the bars of probabilities, in cells.
const guessBar = 20

// guessTable has one row per class.
func guessTable(guesses []Guess) Table[Guess] {
	return Table[Guess]{Rows: guesses, Columns: []Column[Guess]{
		{"", "p", right, func(g Guess) Cell { return share(float64(g.P)) }},
		{"", "class", right, func(g Guess) Cell { return whole(g.Class) }},
		barColumn(guessBar, func(g Guess) float64 { return float64(g.P) }),
		{"", "likeliest", left, func(g Guess) Cell { return plain(g.Label) }},
	}}
}
