package nn_test

import (
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

func TestParseLesion(t *testing.T) {
	for _, s := range []string{
		"layer1.0=cut-skip", "layer3.5=drop-branch", "layer1.1=scale:-0.5", "layer1.1=scale:1e+20",
		"layer1.1=swap:layer1.2", "layer4.0=freeze",
	} {
		l, err := nn.ParseLesion(s)
		if err != nil || l.String() != s {
			t.Errorf("%s is read as %v (%v)", s, l, err)
		}
	}
	for s, want := range map[string]string{
		"": "must read", "layer1.0": "must read", "=freeze": "must read",
		"layer1.0=": "must be one of", "layer1.0=burn": "must be one of",
		"layer1.0=freeze:1": "takes no value after a colon",
		"layer1.0=scale":    "needs a value", "layer1.0=swap:": "needs a value",
		"layer1.0=scale:NaN": "finite", "layer1.0=scale:inf": "finite",
		"layer1.0=scale:1e39": "finite", "layer1.0=scale:half": "finite",
	} {
		if _, err := nn.ParseLesion(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", s, err, want)
		}
	}
}

// lesioned is a net of the family with lesions.
func lesioned(t testing.TB, c resnet.Config, lesions ...nn.Lesion) *nn.Model {
	t.Helper()
	m, err := resnet.Build(c, lesions...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

func lesions(t testing.TB, list ...string) (ls []nn.Lesion) {
	t.Helper()
	for _, s := range list {
		l, err := nn.ParseLesion(s)
		if err != nil {
			t.Fatal(err)
		}
		ls = append(ls, l)
	}
	return ls
}

func TestLesionsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		arch string
		list []string
		want string
	}{
		{"resnet50", []string{"layer9.0=freeze"}, `no block "layer9.0": its blocks are layer1.0 to layer4.2`},
		{"resnet50", []string{"layer1=freeze"}, `no block "layer1"`},
		{"resnet50", []string{"layer1.0=swap:fc"}, `no block "fc"`},
		{"resnet50", []string{"layer1.0=swap:layer1.1"}, "unlike: layer1.0 takes 1×64×56×56"},
		{"resnet50", []string{"layer1.1=swap:layer2.1"}, "unlike"},
		{"resnet50", []string{"layer1.1=swap:layer1.1"}, "itself"},
		{"resnet50", []string{"layer1.0=cut-skip", "layer1.0=drop-branch"}, "nothing is left"},
		{"resnet50", []string{"layer1.0=drop-branch", "layer1.0=scale:2"}, "can't be scaled"},
		{"resnet50", []string{"layer1.0=scale:2", "layer1.0=scale:3"}, "already"},
		{"plain18", []string{"layer1.0=cut-skip"}, "no skip"},
		{"plain18", []string{"layer1.0=drop-branch"}, "plain"},
		{"vgg19", []string{"features.0=freeze"}, "vgg19 has no blocks"},
	} {
		_, err := resnet.Build(resnet.Config{Arch: c.arch}, lesions(t, c.list...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.list[0][:6]) {
			t.Errorf("%s, %v: %v, want an error with %q", c.arch, c.list, err, c.want)
		}
	}
}

// damages are lesions of every kind and some of their combinations, for nets
// of at least two like blocks per stage.
var damages = [][]string{
	{"layer1.0=cut-skip"}, {"layer2.0=cut-skip"},
	{"layer1.1=drop-branch"}, {"layer2.0=drop-branch"}, {"layer3.1=scale:0.5"},
	{"layer1.0=swap:layer1.1"}, {"layer2.1=swap:layer2.2", "layer2.2=drop-branch"}, {"layer2.0=freeze"},
	{"layer2.1=cut-skip", "layer2.1=scale:-2", "layer2.1=freeze"},
	{"layer3.1=drop-branch", "layer3.2=drop-branch", "layer1.0=drop-branch"},
}

// TestLesionsAreNets lowers damaged nets of each kind of block.
func TestLesionsAreNets(t *testing.T) {
	for _, arch := range []string{
		"cifar_resnet20", "cifar_resnet20_b", "cifar_preact_resnet20", "cifar_preact_resnet29_b",
		"resnet50v2", "resnext50_32x4d", "keras_resnet50",
	} {
		intact := build(t, resnet.Config{Arch: arch, Batch: 2})
		for _, list := range damages {
			if list[0] == "layer1.0=swap:layer1.1" && !intact.Find("layer1.0").In.Equal(intact.Find("layer1.1").In) {
				continue // unlike
			}
			m := lesioned(t, resnet.Config{Arch: arch, Batch: 2}, lesions(t, list...)...)
			if !nn.SameParams(m.Params, intact.Params) || m.Total.Params > intact.Total.Params ||
				len(m.Blocks()) != len(intact.Blocks()) || len(m.Lesions) != len(list) {
				t.Errorf("%s, %v: other parameters or blocks", arch, list)
			}
			for kind, o := range steps {
				l, err := m.Lower(o)
				if err == nil {
					err = l.Plan.Validate()
				}
				if err != nil {
					t.Fatalf("%s, %v, %s: %v", arch, list, kind, err)
				}
				checkMaps(t, m, l)
			}
			checkTree(t, m)
		}
	}
}

// checkTree: every layer is in every module above it, once, and costs add up.
func checkTree(t *testing.T, m *nn.Model) {
	t.Helper()
	calls := map[*nn.Layer]int{}
	m.Walk(func(n *nn.Module) {
		if len(n.Children) == 0 {
			for _, l := range n.Layers {
				calls[l]++
			}
		}
		if len(n.Layers) == 0 && (n.Block == nil || n.From != n.To) {
			t.Errorf("%s is empty", n.Path)
		}
	})
	var sum nn.Cost
	for i, l := range m.Layers {
		if sum.Add(l.Cost); calls[l] != 1 || l.Index != i || m.Find(l.Path) != l.Module {
			t.Errorf("%s is %d times in the tree, with index %d of %d", l.Path, calls[l], l.Index, i)
		}
		for _, in := range l.Inputs {
			if in >= i {
				t.Errorf("%s takes what comes later", l.Path)
			}
		}
	}
	if sum != m.Total {
		t.Errorf("the layers cost %+v, the tree %+v", sum, m.Total)
	}
}

// exactLogits are a damaged net's, in eval mode.
func exactLogits(t *testing.T, c resnet.Config, source tensor.Source, list ...string) []float64 {
	t.Helper()
	m := lesioned(t, c, lesions(t, list...)...)
	l, err := m.Lower(nn.Pass{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := tensor.NewReference[float64](l.Plan, source)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(l.Input, nn.RandomInput(1, m.Input).Data); err != nil {
		t.Fatal(err)
	}
	var scalars []float32
	for _, name := range l.Plan.Scalars {
		scalars = append(scalars, m.Alphas()[name])
	}
	if err := r.Run(scalars); err != nil {
		t.Fatal(err)
	}
	return r.Buffer(l.Output)
}

// renamed is a Source with two prefixes of names exchanged.
type renamed struct {
	tensor.Source
	a, b string
}

func (r renamed) Load(p tensor.Param, t *tensor.Tensor) error {
	if rest, ok := strings.CutPrefix(p.Name, r.a+"."); ok {
		p.Name = r.b + "." + rest
	} else if rest, ok := strings.CutPrefix(p.Name, r.b+"."); ok {
		p.Name = r.a + "." + rest
	}
	return r.Source.Load(p, t)
}

// TestLesionsDoWhatTheySay holds damaged nets against others that compute the
// same.
func TestLesionsDoWhatTheySay(t *testing.T) {
	for _, arch := range []string{
		"cifar_resnet14", "cifar_resnet14_b", "cifar_preact_resnet14", "cifar_preact_resnet20_b",
	} {
		c := resnet.Config{Arch: arch, Height: 6, Width: 5, Batch: 2, Classes: 4}
		intact := exactLogits(t, c, trained{})
		equal := func(what string, a, b []float64) {
			t.Helper()
			if !slices.Equal(a, b) {
				t.Errorf("%s: %s: %v and %v", arch, what, a, b)
			}
		}
		equal("α = 1", exactLogits(t, c, trained{}, "layer2.1=scale:1"), intact)
		for _, block := range []string{"layer1.0", "layer2.0", "layer3.1"} {
			dropped := exactLogits(t, c, trained{}, block+"=drop-branch")
			equal("α = 0 is without a branch", exactLogits(t, c, trained{}, block+"=scale:0"), dropped)
			cut := exactLogits(t, c, trained{}, block+"=cut-skip")
			if slices.Equal(dropped, intact) || slices.Equal(cut, intact) || slices.Equal(cut, dropped) {
				t.Errorf("%s: a lesion of %s changes nothing", arch, block)
			}
			equal("α = 1 of a branch alone", exactLogits(t, c, trained{}, block+"=cut-skip", block+"=scale:1"), cut)
		}
		swapped := exactLogits(t, c, trained{}, "layer1.0=swap:layer1.1")
		equal("blocks that change places", swapped, exactLogits(t, c, renamed{trained{}, "layer1.0", "layer1.1"}))
		equal("twice", exactLogits(t, c, trained{}, "layer1.0=swap:layer1.1", "layer1.1=swap:layer1.0"), intact)
		var all []string
		for _, b := range build(t, c).Blocks() {
			all = append(all, b.Path+"=cut-skip")
		}
		plain, _ := c.Twin()
		equal("no skip at all", exactLogits(t, c, trained{}, all...), exactLogits(t, plain, trained{}))
		equal("frozen", exactLogits(t, c, trained{}, "layer2.0=freeze"), intact)
	}
	plain := resnet.Config{Arch: "cifar_plain8", Height: 6, Width: 5, Batch: 2, Classes: 4}
	if slices.Equal(exactLogits(t, plain, trained{}, "layer1.0=scale:2"), exactLogits(t, plain, trained{})) {
		t.Error("a plain block's branch is not scaled")
	}
	three := resnet.Config{Arch: "cifar_resnet20", Height: 6, Width: 5, Batch: 2, Classes: 4}
	swapped := exactLogits(t, three, trained{}, "layer1.0=swap:layer1.2")
	if !slices.Equal(swapped, exactLogits(t, three, renamed{trained{}, "layer1.0", "layer1.2"})) {
		t.Error("blocks that are no neighbours do not change places")
	}
}

// TestLesionGradients: the gradients of damaged nets are those of what they
// compute, and a frozen block has none and keeps its statistics.
func TestLesionGradients(t *testing.T) {
	for _, arch := range []string{"cifar_resnet14", "cifar_preact_resnet14_b"} {
		for _, list := range [][]string{
			{"layer1.0=cut-skip", "layer1.0=scale:0.5", "layer2.0=drop-branch", "layer3.1=scale:-2"},
			{"layer2.0=freeze", "layer1.0=swap:layer1.1", "layer3.1=drop-branch", "layer1.1=drop-branch"},
		} {
			m := lesioned(t, smallConfig(arch), lesions(t, list...)...)
			e := newExact(t, m, step(probeInput, probeFlows))
			kept := map[string][]float64{}
			for id, p := range m.Params {
				frozen := strings.HasPrefix(p.Name, "layer2.0.") && m.Find("layer2.0").Block.Lesion == "freeze"
				if kept[p.Name] = slices.Clone(e.Param(p.Name)); frozen && e.ParamGrad[id] != tensor.NoBuffer {
					t.Errorf("the frozen %s has a gradient", p.Name)
				}
			}
			e.checkDifferences(t)
			for name, before := range kept {
				called := m.Find(name[:strings.LastIndexByte(name, '.')])
				moves := strings.Contains(name, "running") && called != nil && !called.Layers[0].Frozen
				if moved := !slices.Equal(before, e.Param(name)); moved != moves {
					t.Errorf("%s, %v: %s has moved: %v", arch, list, name, moved)
				}
			}
			for i, b := range m.Blocks() {
				g := e.block(i)
				dropped := strings.Contains(b.Block.Lesion, "drop")
				parts := g.HasSkip == (b.Block.Skip != nn.NoSkip) && g.HasBranch != dropped
				if !parts || g.In == 0 || i > 0 && g.In != e.block(i-1).Out {
					t.Errorf("%s, %v: %s has %+v", arch, list, b.Path, g)
				}
			}
		}
	}
}
