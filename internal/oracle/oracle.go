// Package oracle reads results of PyTorch in float64 for nets of the family, with which
// tests compare. testdata/oracle/oracle.py and gradients.py compute them. Weights and inputs
// aren't stored: both sides generate them by the same formulas.
package oracle

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/tensor"
)

// Golden holds the results for one net.
type Golden struct {
	Name    string       // "resnet34_a_odd"
	Arch    string       // the net's name, "resnet34_a"
	Shape   tensor.Shape // of the input, N×C×H×W
	Classes int
	Eval    *Pass
	Train   *Pass // nil for images of full size
}

// Pass holds the results of one forward pass.
type Pass struct {
	Logits [][]float64 // N×classes
	Layers []Layer     // every call, in execution order
	// Running holds the running statistics after a pass in train mode with momentum
	// 0.1, by parameter name.
	Running []Layer
	Float32 Errors // in train mode: the errors of PyTorch itself in float32
}

// Errors are the largest differences from a golden: see LogitsError and
// Layer.Error.
type Errors struct{ Logits, Layers, Running float64 }

// Layer is the mean and population standard deviation of one call's output.
type Layer struct {
	Path      string
	Call      int
	Shape     tensor.Shape // nil for running statistics
	Mean, Std float64
}

// DropoutSeed is the value of the scalar that seeds dropout masks.
const DropoutSeed = 5

// Names lists all goldens of forward passes.
func Names() ([]string, error) { return names(".") }

// names lists the goldens in a folder.
func names(in string) ([]string, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, in, "*"+suffix))
	var names []string
	for _, p := range paths {
		if name := strings.TrimSuffix(filepath.Base(p), suffix); name != "stream" {
			names = append(names, name)
		}
	}
	return names, err
}

// Load reads a golden.
func Load(name string) (*Golden, error) {
	g := &Golden{}
	return g, read(name, g)
}

// suffix ends the name of a golden's file.
const suffix = ".json.gz"

// read decodes a file of testdata/oracle.
func read(name string, to any) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(dir, name+suffix))
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return json.NewDecoder(z).Decode(to)
}

// folder returns testdata/oracle of the module in which the test runs.
func folder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "oracle"), nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("the test does not run inside the module")
		}
		dir = filepath.Dir(dir)
	}
}
