// Package onnxcases turns the operator cases of the ONNX project, as the
// Debian package libonnx-testdata installs them, into plans with inputs and
// expected results, for the tests of the reference and of the devices.
package onnxcases

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"

	"resnet-tui/tensor"
)

// Dir is where libonnx-testdata puts its cases.
const Dir = "/usr/share/libonnx-testdata/data"

// Case is one operator case: a plan, what to write and what to expect.
type Case struct {
	Name   string
	Plan   *tensor.Plan
	Inputs map[tensor.BufferID][]float32
	Params map[string][]float32
	Output tensor.BufferID
	Want   []float32
	// After are parameters that the run must have changed to these values:
	// the running statistics of a batch norm in train mode.
	After map[string][]float32
}

// Load gives a case's parameters: a Case is their tensor.Source.
func (c *Case) Load(p tensor.Param, t *tensor.Tensor) error {
	x, ok := c.Params[p.Name]
	if !ok || len(x) != len(t.Data) {
		return fmt.Errorf("case %s has no %s of shape %v", c.Name, p.Name, p.Shape)
	}
	copy(t.Data, x)
	return nil
}

// Skipped is a case of an operator that plans know, in a form they do not.
type Skipped struct{ Name, Why string }

// unfit says why plans can't express a case.
type unfit string

func (u unfit) Error() string { return string(u) }

// Load reads all cases below dir whose operators plans know. It is an
// fs.ErrNotExist when the package is not installed.
func Load(dir string) (cases []*Case, skipped []Skipped, err error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, nil, err
	}
	models, err := filepath.Glob(filepath.Join(dir, "*", "*", "model.onnx"))
	if err != nil {
		return nil, nil, err
	}
	sort.Strings(models)
	for _, path := range models {
		c, err := loadCase(filepath.Dir(path))
		var why unfit
		switch {
		case errors.As(err, &why):
			skipped = append(skipped, Skipped{filepath.Base(filepath.Dir(path)), string(why)})
		case err != nil:
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		case c != nil:
			cases = append(cases, c)
		}
	}
	return cases, skipped, nil
}

// loadCase reads one folder; nil if plans have no such operator.
func loadCase(dir string) (*Case, error) {
	data, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return nil, err
	}
	g, err := parseModel(data)
	if err != nil || !g.known() {
		return nil, err
	}
	if len(g.nodes) != 1 {
		return nil, unfit(fmt.Sprintf("%d nodes", len(g.nodes)))
	}
	b := &builder{node: g.nodes[0], c: &Case{
		Name: filepath.Base(dir), Plan: &tensor.Plan{},
		Inputs: map[tensor.BufferID][]float32{}, Params: map[string][]float32{}, After: map[string][]float32{},
	}}
	if b.outputs, err = readArrays(dir, "output"); err != nil {
		return nil, err
	}
	inputs, err := readArrays(dir, "input")
	if err != nil {
		return nil, err
	}
	if b.operands, err = g.operands(inputs); err != nil {
		return nil, err
	}
	if err := b.build(); err != nil {
		return nil, err
	}
	return b.c, nil
}

// known reports whether every operator but constants has a place in plans.
func (g *graph) known() bool {
	some := false
	for _, n := range g.nodes {
		if operators[n.op] == nil && n.op != "Constant" {
			return false
		}
		some = some || n.op != "Constant"
	}
	return some
}

// operands are the node's inputs, from the case's files and the model's
// weights. Files are numbered as the graph's inputs, weights left out.
func (g *graph) operands(files []array) ([]array, error) {
	values := map[string]array{}
	for _, name := range g.inputs {
		if w, ok := g.weights[name]; ok {
			values[name] = w
		} else if len(files) > 0 {
			values[name], files = files[0], files[1:]
		}
	}
	var list []array
	for _, name := range g.nodes[0].inputs {
		a, ok := values[name]
		if !ok {
			return nil, fmt.Errorf("input %q has no value", name)
		}
		list = append(list, a)
	}
	return list, nil
}

// readArrays reads input_0.pb, input_1.pb, … of a case's first data set.
func readArrays(dir, kind string) ([]array, error) {
	var list []array
	for i := 0; ; i++ {
		data, err := os.ReadFile(filepath.Join(dir, "test_data_set_0", fmt.Sprintf("%s_%d.pb", kind, i)))
		if errors.Is(err, fs.ErrNotExist) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		a, err := parseArray(data)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
}

// Compare reports the first element that is further from what a case wants
// than float32 arithmetic in another order comes.
func Compare[T tensor.Real](got []T, want []float32) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d elements, want %d", len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= 1e-5+1e-5*math.Abs(float64(w))) {
			return fmt.Errorf("element %d is %v, want %v", i, got[i], w)
		}
	}
	return nil
}
