package gpu_test

import (
	"errors"
	"slices"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

// TestWrongKernelsGiveWay: a product takes another kernel in place of a wrong one. It is
// refused only if all are wrong, or a kernel that is the only one of its sort.
func TestWrongKernelsGiveWay(t *testing.T) {
	var b tensortest.Builder
	b.Output(b.Conv(b.Input(2, 64, 28, 28), 128, tensor.Square(3, 1, 1), 1, true))
	tr := traits
	tr.Driver, tr.Shared = "driver 1.0", 48<<10 // for all tiles
	want := []string{"conv_forward_4x4", "conv_forward_4x8", "conv_forward_8x8"}
	for range want {
		bp := blueprint(t, &b.Plan, true, tr)
		name := bp.Steps[0].Kernels[0].Name
		if slices.Contains(tr.Wrong, name) {
			t.Fatalf("%s is wrong, and taken", name)
		}
		tr.Wrong = append(tr.Wrong, name)
	}
	if slices.Sort(tr.Wrong); !slices.Equal(tr.Wrong, want) {
		t.Errorf("kernels %v, want %v", tr.Wrong, want)
	}
	mustRefuse(t, &b.Plan, tr, want)
	tr.Wrong = []string{"arrange_forward"} // which no step of the plan runs itself
	mustRefuse(t, &b.Plan, tr, tr.Wrong)
}

// mustRefuse checks that a plan is refused for one of those kernels.
func mustRefuse(t *testing.T, p *tensor.Plan, tr gpu.Traits, kernels []string) {
	t.Helper()
	_, err := gpu.New(p, tensor.Options{}, tr)
	var wrong *gpu.WrongKernelError
	if !errors.As(err, &wrong) || !slices.Contains(kernels, wrong.Kernel) || wrong.Driver != tr.Driver {
		t.Errorf("%v", err)
	}
}

// TestAvoid: a kernel that is to be avoided is taken where there is no other.
func TestAvoid(t *testing.T) {
	var b tensortest.Builder
	b.Output(b.ReLU(b.Input(2, 3, 5, 7)))
	tr := traits
	tr.Avoid = []string{"map_relu"}
	if bp := blueprint(t, &b.Plan, true, tr); bp.Steps[0].Kernels[0].Name != "map_relu" {
		t.Errorf("kernel %s", bp.Steps[0].Kernels[0].Name)
	}
}
