package app

import (
	"strings"

	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// openWeights opens a checkpoint and matches it with m's parameters; both results
// are nil without a path.
func openWeights(path string, m *nn.Model) (*checkpoint.File, tensor.Source, error) {
	if path == "" {
		return nil, nil, nil
	}
	f, err := openCheckpoint(path)
	if err != nil {
		return nil, nil, refuse("{weights}: %w", err)
	}
	source, err := f.Source(m.Params)
	if err != nil {
		f.Close()
		return nil, nil, refuse("{weights} for %s: %w", m.Name, err)
	}
	return f, source, nil
}

// openCheckpoint opens a file, or weights that the program carries.
func openCheckpoint(path string) (*checkpoint.File, error) {
	name, ok := strings.CutPrefix(path, builtinPrefix)
	if !ok {
		return checkpoint.Open(path)
	}
	n, err := builtin.Find(name)
	if err != nil {
		return nil, err
	}
	return n.Open()
}

// loadWeights reads a checkpoint into memory; nil without a path.
func loadWeights(path string, m *nn.Model) (tensor.Source, error) {
	f, from, err := openWeights(path, m)
	if f == nil {
		return nil, err
	}
	defer f.Close()
	all := memorySource{}
	for _, p := range m.Params {
		x := tensor.New(p.Shape...)
		if err := from.Load(p, x); err != nil {
			return nil, err
		}
		all[p.Name] = x
	}
	return all, nil
}

// memorySource holds parameters by name.
type memorySource map[string]*tensor.Tensor

func (s memorySource) Load(p tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, s[p.Name].Data)
	return nil
}
