package selfcheck

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

var traits = gpu.Traits{
	Name: "abacus", Precisions: []tensor.Precision{tensor.FP32}, Align: 64, MaxBuffer: 1 << 30, MaxAllocation: 1 << 30,
}

func blueprint(t *testing.T, p *tensor.Plan) *gpu.Blueprint {
	t.Helper()
	bp, err := gpu.New(p, tensor.Options{Fuse: true}, traits)
	if err != nil {
		t.Fatal(err)
	}
	return bp
}

// TestPlan: each step has a result that can be compared, and every kind of operation that
// has kernels of its own is the head of one.
func TestPlan(t *testing.T) {
	p := plan(false, true)
	heads := map[tensor.Kind]bool{}
	for _, st := range blueprint(t, p).Steps {
		heads[p.Ops[st.Group.Head].Kind] = true
		readable := len(st.Changes) > 0
		for _, i := range ops(st) {
			for _, id := range p.Ops[i].Out {
				readable = readable || p.Buffers[id].Class != tensor.Scratch
			}
		}
		if !readable {
			t.Errorf("%v %s has no result that can be read", p.Ops[st.Group.Head].Kind, p.Ops[st.Group.Head].Path)
		}
	}
	for k := tensor.Conv2d; k.String() != "Kind?"; k++ {
		switch k {
		case tensor.LinearGradBias, tensor.Unflatten, tensor.DropoutGrad: // the kernels of others
		default:
			if !heads[k] {
				t.Errorf("%v is not checked", k)
			}
		}
	}
}

// TestBlame: the fewest kernels that explain what is wrong.
func TestBlame(t *testing.T) {
	for name, c := range map[string]struct {
		steps [][]string
		off   []float64
		want  []string
	}{
		"none":                          {[][]string{{"a"}, {"a", "b"}}, []float64{0, 1e-6}, nil},
		"one that is in no right step":  {[][]string{{"a"}, {"a", "b"}}, []float64{0, 1}, []string{"b"}},
		"one in all wrong steps":        {[][]string{{"a", "b"}, {"a", "c"}}, []float64{1, 1}, []string{"a"}},
		"two that are never apart":      {[][]string{{"a", "b"}, {"c"}}, []float64{1, 0}, []string{"a", "b"}},
		"two by themselves":             {[][]string{{"a"}, {"b"}, {"c"}}, []float64{1, 1, 0}, []string{"a", "b"}},
		"one that is right elsewhere":   {[][]string{{"a"}, {"a"}}, []float64{0, 1}, []string{"a"}},
		"NaN and infinity":              {[][]string{{"a"}, {"b"}}, []float64{math.NaN(), math.Inf(1)}, []string{"a", "b"}},
		"right ones don't explain much": {[][]string{{"a", "b"}, {"a"}, {"b", "c"}}, []float64{1, 0, 1}, []string{"b"}},
	} {
		var ch check
		for i, kernels := range c.steps {
			ch.results = append(ch.results, result{kernels, "ReLU", c.off[i], 1e-5})
		}
		ch.blame()
		var got []string
		for _, w := range ch.wrong {
			got = append(got, w.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestWithout: a plan can do without any kernel.
func TestWithout(t *testing.T) {
	names := map[string]bool{}
	bp := blueprint(t, plan(false, true))
	for _, st := range bp.Steps {
		for _, k := range bp.Needs(st) {
			names[k] = true
		}
	}
	for name := range names {
		p := plan(false, true)
		rest := blueprint(t, without(p, blueprint(t, p), name))
		if len(rest.Steps) == 0 {
			t.Errorf("nothing is left without %s", name)
		}
		for _, st := range rest.Steps {
			if slices.Contains(rest.Needs(st), name) {
				t.Errorf("%s is still there", name)
			}
		}
	}
}

// lost is a program whose device is lost in its second step.
type lost struct{ tensor.Program }

func (lost) Write(tensor.BufferID, *tensor.Tensor) error { return nil }
func (lost) Close() error                                { return nil }

func (lost) Run(_ context.Context, o tensor.RunOptions) error {
	for head := range 2 {
		o.Label(head)
	}
	return tensor.ErrLost
}

// TestLostDevice: the error names the kernel that ran last. Nothing is said of the others.
func TestLostDevice(t *testing.T) {
	compile := func(*tensor.Plan, tensor.State, tensor.Options, gpu.Traits) (tensor.Program, error) {
		return lost{}, nil
	}
	n, wrong, err := Run(t.Context(), &tensortest.Fake{}, traits, compile)
	bp := blueprint(t, plan(false, true))
	second := strings.Join(bp.Needs(bp.Steps[1]), ", ") + " (Conv2d 3×2 + BatchNorm2d + Add + ReLU)"
	if !errors.Is(err, tensor.ErrLost) || !strings.HasPrefix(err.Error(), second) || n != 0 || wrong != nil {
		t.Errorf("%d kernels, %v, %v", n, wrong, err)
	}
}

// TestRounding: values of a precision are products' exact factors, and float32 keeps all
// of its bits.
func TestRounding(t *testing.T) {
	for p, want := range map[tensor.Precision]float32{
		tensor.FP32: 1 + 0x1.8p-12, tensor.BF16: 1, tensor.FP16: 1, tensor.TF32: 1,
	} {
		x := []float32{1 + 0x1.8p-12, 1 + 0x1p-7}
		if round(x, p); x[0] != want || x[1] != 1+0x1p-7 {
			t.Errorf("%v: %v", p, x)
		}
	}
}
