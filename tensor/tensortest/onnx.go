package tensortest

import (
	"errors"
	"io/fs"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest/internal/onnxcases"
)

// leastONNX is how many cases the installed package has at least that plans can
// express.
const leastONNX = 60

// onnx runs the operator cases of the ONNX project, exactly and as fast as it
// goes. They are there where Debian's libonnx-testdata is installed.
func (s *suite) onnx(t *testing.T) {
	cases, _, err := onnxcases.Load(onnxcases.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the cases are not there: install libonnx-testdata")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if !s.refused(t, c.Plan, 1) {
				s.cases++
				s.onnxCase(t, c, tensor.Options{Exact: true})
				s.onnxCase(t, c, tensor.Options{Fuse: true})
			}
		})
	}
	if s.cases < leastONNX && !picked() {
		t.Errorf("only %d cases were found", s.cases)
	}
}

func (s *suite) onnxCase(t *testing.T, oc *onnxcases.Case, o tensor.Options) {
	t.Helper()
	c := s.compileOn(t, s.newState(t, oc.Plan.Params, oc), oc.Plan, o)
	for id, x := range oc.Inputs {
		if err := c.Write(id, &tensor.Tensor{Shape: oc.Plan.Buffers[id].Shape, Data: x}); err != nil {
			t.Fatal(err)
		}
	}
	got := c.again(t, make([]float32, len(oc.Plan.Scalars)))[oc.Output]
	if err := onnxcases.Compare(got, oc.Want); err != nil {
		t.Error(err)
	}
	for name, want := range oc.After {
		x := tensor.New(len(want))
		if err := c.state.Read(name, x); err != nil {
			t.Fatal(err)
		}
		if err := onnxcases.Compare(x.Data, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
