package gpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/gpu"
	"resnet-tui/tensor/tensortest"
)

// traits are a large GPU's.
var traits = gpu.Traits{
	Name: "a GPU", Precisions: []tensor.Precision{tensor.FP32}, Align: 64, MaxBuffer: 4 << 30, MaxAllocation: 4 << 30,
}

// blueprint lowers a plan.
func blueprint(t testing.TB, p *tensor.Plan, fuse bool, tr gpu.Traits) *gpu.Blueprint {
	t.Helper()
	bp, err := gpu.New(p, tensor.Options{Fuse: fuse}, tr)
	if err != nil {
		t.Fatal(err)
	}
	return bp
}

// netPlan is the plan of a net of the family.
func netPlan(t testing.TB, arch string, batch, size int, pass nn.Pass) *tensor.Plan {
	t.Helper()
	c, err := resnet.ParseArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch, c.Height, c.Width = batch, size, size
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(pass)
	if err != nil {
		t.Fatal(err)
	}
	return l.Plan
}

// training is the pass of a training step.
var training = nn.TrainingStep(0.1, nn.SGD{Momentum: 0.9})

// eachBlueprint has f look at blueprints of many plans, fused and not, on large and on
// small devices.
func eachBlueprint(t *testing.T, f func(t *testing.T, bp *gpu.Blueprint)) {
	var plans []*tensor.Plan
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		plans = append(plans, tensortest.RandomNet(r))
	}
	b, logits := tensortest.SmallNet(true, 2)
	b.Train(logits, tensor.Kept)
	plans = append(plans, &b.Plan,
		netPlan(t, "cifar_preact_resnet20", 4, 32, training), netPlan(t, "resnet18", 2, 64, nn.Pass{}),
		netPlan(t, "resnext50_32x4d", 1, 64, training))
	for i, p := range plans {
		for _, fuse := range []bool{false, true} {
			for _, limit := range []int64{4 << 30, 1 << 20} {
				tr := traits
				if i%2 == 0 {
					tr.Align = 256
				}
				tr.MaxAllocation = max(limit, largest(t, p, fuse, tr))
				t.Run(fmt.Sprintf("%d fuse %v at most %d MB", i, fuse, limit>>20), func(t *testing.T) {
					f(t, blueprint(t, p, fuse, tr))
				})
			}
		}
	}
}

// largest is what the largest buffer takes that a plan's kernels touch.
func largest(t testing.TB, p *tensor.Plan, fuse bool, tr gpu.Traits) (bytes int64) {
	t.Helper()
	bp := blueprint(t, p, fuse, tr)
	for _, k := range kernels(bp) {
		for _, r := range k.Buffers {
			if r.Kind == gpu.Arena {
				_, n := bp.Place(r.ID)
				bytes = max(bytes, n)
			}
		}
	}
	return bytes
}

// kernels are those of all steps, in order.
func kernels(bp *gpu.Blueprint) (list []*gpu.Kernel) {
	for _, st := range bp.Steps {
		for i := range st.Kernels {
			list = append(list, &st.Kernels[i])
		}
	}
	return list
}
