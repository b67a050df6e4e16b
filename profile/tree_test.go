package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// lowered is a net as a plan with the kernels that a device would run.
func lowered(t testing.TB, m *nn.Model, o nn.Pass, fuse bool) Net {
	t.Helper()
	l, err := m.Lower(o)
	if err != nil {
		t.Fatal(err)
	}
	n := Net{Model: m, Lowered: l}
	n.Kernels = kernelsOf(t, l, fuse)
	for i := range n.Kernels {
		n.Kernels[i].Name = "k" + l.Plan.Ops[n.Kernels[i].Op].Kind.String()
	}
	return n
}

// built is a net, with lesions if there are any.
func built(t testing.TB, arch string, lesions ...string) *nn.Model {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch = 2
	list := make([]nn.Lesion, len(lesions))
	for i, text := range lesions {
		if list[i], err = nn.ParseLesion(text); err != nil {
			t.Fatal(err)
		}
	}
	net, err := resnet.Build(c, list...)
	if err != nil {
		t.Fatal(err)
	}
	return net.Model
}

// training are the options of a step of training.
func training() nn.Pass {
	return nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Update: &nn.SGD{Momentum: 0.9}, Probes: []nn.Probe{probeFlows, probeNorms}}
}

var treeRails = map[nn.SkipKind][4]string{
	nn.NoSkip:     {"  ", "  ", "  ", "  "},
	nn.Identity:   {"  ", "┌ ", "│ ", "└ "},
	nn.Projection: {"  ", "┏ ", "┃ ", "┗ "},
	nn.ZeroPad:    {"  ", "┌ ", "┆ ", "└ "},
	nn.PoolSkip:   {"  ", "┌ ", "┆ ", "└ "},

	nn.PooledProjection: {"  ", "┏ ", "┃ ", "┗ "},
}

// printed is a tree as text: rail, label, note, output, multiply-adds, and the
// number of kernels by pass, flat and cumulative.
func printed(t *Tree) string {
	var b strings.Builder
	for _, r := range t.Rows {
		depth := 0
		for p := r.Parent; p != nil; p = p.Parent {
			depth++
		}
		name := strings.Repeat("  ", depth) + r.Label
		if r.Note != "" {
			name += "  " + r.Note
		}
		if r.Gone {
			name += "  (gone)"
		}
		fmt.Fprintf(&b, "%s%-44s %-12v %14d", treeRails[r.Skip][r.Rail], name, r.Out, r.Cost.MACs)
		for p := tensor.Forward; p <= tensor.Update; p++ {
			fmt.Fprintf(&b, " %3d/%d", len(r.Flat.In(p)), len(r.Kernels.In(p)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// treeCases are nets of every kind of block and skip, whole and with lesions.
var treeCases = []struct {
	name, arch string
	lesions    []string
}{
	{name: "basic", arch: "resnet18"}, {name: "bottleneck", arch: "resnet50"}, {name: "option A", arch: "cifar_resnet20"},
	{name: "v2", arch: "resnet50v2"}, {name: "plain", arch: "cifar_plain20"}, {name: "grouped", arch: "resnext50_32x4d"},
	{name: "vgg", arch: "vgg11_bn"},
	{"lesions", "resnet18", []string{"layer1.0=drop-branch", "layer2.0=cut-skip", "layer3.1=scale:0.5"}},
	{"more lesions", "cifar_resnet32", []string{"layer1.2=cut-skip", "layer1.2=scale:0.5", "layer2.1=swap:layer2.2", "layer3.3=freeze"}},
}

// eachTree runs do on the net of every case, fused or not, forward or a step.
func eachTree(t *testing.T, do func(t *testing.T, n Net)) {
	for _, c := range treeCases {
		m := built(t, c.arch, c.lesions...)
		for name, o := range map[string]nn.Pass{"forward": {}, "step": training()} {
			t.Run(c.name+" "+name, func(t *testing.T) { do(t, lowered(t, m, o, true)) })
			t.Run(c.name+" "+name+" unfused", func(t *testing.T) { do(t, lowered(t, m, o, false)) })
		}
	}
}

// TestTreeText: the rows of nets as text.
func TestTreeText(t *testing.T) {
	eachTree(t, func(t *testing.T, n Net) { golden.RequireEqual(t, printed(NewTree(n))) })
}

// TestTreeWithoutKernels: modules down to the leaves, as a summary lists them.
func TestTreeWithoutKernels(t *testing.T) {
	for _, arch := range []string{"resnet18", "resnet50v2", "cifar_resnet20"} {
		t.Run(arch, func(t *testing.T) {
			m := built(t, arch)
			golden.RequireEqual(t, printed(NewTree(Net{Model: m})))
		})
	}
}

// TestTreeInvariants: each kernel is in one flat row, a row's kernels are its
// own and those below, and costs and times add up to the net's.
func TestTreeInvariants(t *testing.T) {
	eachTree(t, func(t *testing.T, n Net) {
		tree, p := NewTree(n), recordedOf(n)
		for _, tree := range []*Tree{tree, p.ByPass()} {
			tree.Measure(p)
			seen := make([]int, len(n.Kernels))
			var all Took
			for _, r := range tree.Rows {
				below := slices.Clone(r.Flat.All())
				sum := r.Took.Flat
				for _, c := range r.Children {
					below = append(below, c.Kernels.All()...)
					for pass := range passes {
						sum[pass] += c.Took.Cumulative[pass]
					}
				}
				slices.Sort(below)
				whole := slices.Sorted(slices.Values(r.Kernels.All()))
				if !slices.Equal(below, whole) || sum != r.Took.Cumulative {
					t.Errorf("%s holds %v and takes %v, its parts %v and %v", r.ID, whole, r.Took.Cumulative, below, sum)
				}
				for _, k := range r.Flat.All() {
					seen[k]++
					if tree.ByKernel[k] != r {
						t.Errorf("kernel %d is in %s and in %s", k, r.ID, tree.ByKernel[k].ID)
					}
				}
				for pass := range passes {
					all.Cumulative[pass] += r.Took.Flat[pass]
				}
			}
			if slices.Min(seen) != 1 || slices.Max(seen) != 1 {
				t.Errorf("rows that hold each kernel: %v", seen)
			}
			if got, want := all.Total(), nanoseconds(p.Total.MeanMS); got != want {
				t.Errorf("rows take %v, a pass %v", got, want)
			}
		}
		if tree.Root.Cost != n.Model.Total {
			t.Errorf("rows cost %+v, the net %+v", tree.Root.Cost, n.Model.Total)
		}
		for i, r := range tree.ByLayer {
			if !slices.Contains(r.Layers, n.Model.Layers[i]) {
				t.Errorf("layer %s is not in its row %s", n.Model.Layers[i].Path, r.ID)
			}
		}
	})
}

// recordedOf is a profile of a net whose kernels take 1, 2, 3 … µs.
func recordedOf(n Net) *Profile {
	c, err := resnet.Config{Arch: n.Model.Name}.Resolve()
	if err != nil {
		panic(err) // a net that has been built has a Config
	}
	p := &Profile{Model: Describe(&resnet.Model{Model: n.Model, Config: c}, ""), Input: Input{Shape: n.Model.Root.In}, Mode: "eval"}
	p.Total.OverheadMS = 0.5
	p.Total.MeanMS = p.Total.OverheadMS
	plan := n.Lowered.Plan
	for k, info := range n.Kernels {
		op := &plan.Ops[info.Op]
		row := LayerRow{Path: op.Path, Call: op.Call, Kind: op.Kind.String(), Pass: op.Pass.String(), Kernel: info.Name, MeanMS: float64(k+1) / 1e3}
		if op.Train {
			p.Mode = "train"
		}
		for _, a := range info.Absorbed {
			row.Absorbed = append(row.Absorbed, plan.Ops[a].Path)
			p.Fused = true
		}
		p.Total.MeanMS += row.MeanMS
		p.Layers = append(p.Layers, row)
	}
	return p
}

// TestReplayedTree: a replayed profile has the rows of the run that it is of.
func TestReplayedTree(t *testing.T) {
	eachTree(t, func(t *testing.T, n Net) {
		r, err := NewReplay(recordedOf(n), n.Model)
		if err != nil {
			t.Fatal(err)
		}
		replayed := NewTree(Net{Model: n.Model, Lowered: r.Lowered, Kernels: r.Kernels})
		if got, want := printed(replayed), printed(NewTree(n)); got != want {
			t.Errorf("replayed:\n%s\nlive:\n%s", got, want)
		}
	})
}

// TestTreeTakesFewAllocations: the screen makes a tree before it shows anything.
func TestTreeTakesFewAllocations(t *testing.T) {
	n := lowered(t, built(t, "cifar_resnet1202"), nn.Pass{}, true)
	rows := len(NewTree(n).Rows)
	if allocs := testing.AllocsPerRun(3, func() { NewTree(n) }); allocs > float64(rows)/4 {
		t.Errorf("%v allocations for %d rows", allocs, rows)
	}
}

// TestMeasureLive: times of a snapshot, also before the first whole pass; a
// snapshot of another program changes nothing.
func TestMeasureLive(t *testing.T) {
	m := built(t, "cifar_resnet8")
	bare := lowered(t, m, nn.Pass{}, true)
	var probes []nn.Probe
	for _, i := range bare.Lowered.Visible(bare.Kernels) {
		probes = append(probes, nn.Probe{At: m.Layers[i].At(), What: nn.Moments})
	}
	n := lowered(t, m, nn.Pass{Probes: probes}, true)
	if len(n.Kernels) != 2*len(bare.Kernels) {
		t.Fatalf("%d kernels with a probe after each, %d without", len(n.Kernels), len(bare.Kernels))
	}
	tree, r := NewTree(n), NewRecorder(n.Lowered, n.Kernels, 8)
	times := func(each time.Duration) []time.Duration { return slices.Repeat([]time.Duration{each}, len(n.Kernels)) }
	var s Snapshot
	r.Begin(n.Lowered)
	play(r, 40) // it goes on
	r.Snapshot(&s)
	tree.Measure(&s)
	if got := tree.ByKernel[0].Took; got.Flat[0] != 40 || got.Forward() != 40 {
		t.Errorf("before a whole pass: %+v", got)
	}
	if took := tree.Root.Took; took != (Took{Partial: true}) || tree.Whole != 0 || tree.Statistic != Newest {
		t.Errorf("of one kernel, the net takes %+v of %v", took, tree.Whole)
	}
	kernels := time.Duration(len(n.Kernels))
	pass(r, 10*kernels+5, times(10)...)
	pass(r, 12*kernels+9, times(12)...)
	r.Snapshot(&s)
	tree.Measure(&s)
	sum := time.Duration(0)
	for _, row := range tree.Rows {
		if in := time.Duration(len(row.Kernels.All())); row.Kind != OverheadRow && row.Took.Total() != 11*in {
			t.Errorf("%s of %d kernels takes %+v", row.ID, in, row.Took)
		}
		sum += row.Took.Flat[tensor.Forward]
	}
	if sum != s.Wall.Typical || sum != tree.Whole {
		t.Errorf("rows take %v, a pass %v", sum, s.Wall.Mean)
	}
	tree.Measure(&Snapshot{})
	if got := tree.Root.Took.Total(); got == 0 {
		t.Error("a snapshot of another program took the times away")
	}
	if allocs := testing.AllocsPerRun(10, func() { tree.Measure(&s) }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// What tests probe.
var (
	probeFlows = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	probeNorms = nn.Probe{At: nn.EveryParameter, What: nn.Norm}
)
