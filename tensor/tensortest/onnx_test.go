package tensortest_test

import (
	"errors"
	"io/fs"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest/internal/onnxcases"
)

// TestReferenceIsONNX holds the reference to the operator cases of the ONNX
// project, in both of its arithmetics.
func TestReferenceIsONNX(t *testing.T) {
	cases, skipped, err := onnxcases.Load(onnxcases.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the cases are not there: install libonnx-testdata")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range skipped {
		t.Logf("skipped %s: %s", s.Name, s.Why)
	}
	t.Logf("%d cases, %d skipped", len(cases), len(skipped))
	if len(cases) < 60 {
		t.Errorf("only %d cases were found", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			checkCase[float64](t, c)
			checkCase[float32](t, c)
		})
	}
}

func checkCase[T tensor.Real](t *testing.T, c *onnxcases.Case) {
	r, err := tensor.NewReference[T](c.Plan, c)
	if err != nil {
		t.Fatal(err)
	}
	for id, x := range c.Inputs {
		if err := r.Set(id, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Run(make([]float32, len(c.Plan.Scalars))); err != nil {
		t.Fatal(err)
	}
	if err := onnxcases.Compare(r.Buffer(c.Output), c.Want); err != nil {
		t.Error(err)
	}
	for name, want := range c.After {
		if err := onnxcases.Compare(r.Param(name), want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
