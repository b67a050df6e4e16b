package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// weights are the opened weights of a net.
type weights struct {
	file    *checkpoint.File // nil: none were named
	source  tensor.Source    // nil: the He initialisation
	partial *profile.Partial // nil: all of them are the net's, and all of the net's are there
}

// openWeights opens the checkpoint that a spec names and matches it with m's parameters.
func openWeights(spec *Spec, m *resnet.Model, l Listener) (w weights, err error) {
	if spec.Weights == "" {
		return w, nil
	}
	if w.file, err = openCheckpoint(spec.Weights); err != nil {
		return weights{}, refuse("{weights}: %w", err)
	}
	if spec.Partial {
		err = w.matchPart(spec, m, l)
	} else {
		w.source, err = w.file.Source(m.Params)
	}
	if err != nil {
		err = explainMatch(err, spec.Net, m)
		w.file.Close()
		return weights{}, err
	}
	return w, nil
}

// matchPart takes what fits; the rest of the net stays at its initialisation.
func (w *weights) matchPart(spec *Spec, m *resnet.Model, l Listener) error {
	match, err := w.file.Part(m.Params)
	if err != nil {
		return err
	}
	w.source = match.Source(m.Initial(spec.seed()))
	w.partial = &profile.Partial{Missing: append([]string{}, match.Missing...), Unused: append([]string{}, match.Unused...)}
	if n := len(match.Missing); n > 0 {
		l.notice("%s: %d of the net's %d tensors stay at their initialisation: %s",
			spec.Weights, n, len(m.Params), firstNames(match.Missing))
	}
	if n := len(match.Unused); n > 0 {
		l.notice("%s: %d of its tensors are not used: %s", spec.Weights, n, firstNames(match.Unused))
	}
	return nil
}

const mostNames = 4

// firstNames lists the first of many names.
func firstNames(names []string) string {
	if len(names) <= mostNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNames], ", "), len(names)-mostNames)
}

// quotedNames lists the first of many names as a file has them.
func quotedNames(names []string) string {
	quoted := slices.Clone(names)
	for i, name := range quoted[:min(len(quoted), mostNames)] {
		quoted[i] = strings.Trim(strconv.Quote(name), `"`)
	}
	return firstNames(quoted)
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

// loadWeights reads a checkpoint into memory; nil without one.
func loadWeights(spec *Spec, m *resnet.Model, l Listener) (tensor.Source, *profile.Partial, error) {
	w, err := openWeights(spec, m, l)
	if w.file == nil {
		return nil, nil, err
	}
	defer w.file.Close()
	all := memorySource{}
	for _, p := range m.Params {
		x := tensor.New(p.Shape...)
		if err := w.source.Load(p, x); err != nil {
			return nil, nil, err
		}
		all[p.Name] = x
	}
	return all, w.partial, nil
}

// memorySource holds parameters by name.
type memorySource map[string]*tensor.Tensor

func (s memorySource) Load(p tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, s[p.Name].Data)
	return nil
}
