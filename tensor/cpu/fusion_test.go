package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
	"resnet-tui/tensor/cpu"
	"resnet-tui/tensor/tensortest"
)

// TestFusesAsReference holds the CPU's fusions to those of tensortest's devices,
// which state the policy a second time: outputs that tests record with these show
// the kernels that a user of the CPU sees.
func TestFusesAsReference(t *testing.T) {
	d, err := cpu.New(cpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	reference := tensortest.Reference()
	defer reference.Close()
	absorbed := 0
	for name, plan := range fusionPlans(t) {
		for _, fuse := range []bool{false, true} {
			o := tensor.Options{Fuse: fuse}
			got, err := d.Fusions(plan, o)
			if err != nil {
				t.Fatal(err)
			}
			want, err := reference.Fusions(plan, o)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, fuse %v: the CPU runs\n%v, the reference\n%v", name, fuse, got, want)
			}
			absorbed += len(plan.Ops) - len(got)
		}
	}
	if absorbed < 100 {
		t.Errorf("the plans have only %d operations that a kernel absorbs", absorbed)
	}
}

// fusionPlans are plans with everything that decides what fuses: both modes of
// batch norm, skips with and without a projection, values with a second reader
// such as a probe, gradients and updates.
func fusionPlans(t *testing.T) map[string]*tensor.Plan {
	t.Helper()
	plans := map[string]*tensor.Plan{}
	for name, train := range map[string]bool{"eval": false, "train": true} {
		b, logits := tensortest.SmallNet(train, 2)
		b.Train(logits, tensor.Kept)
		plans["small net's step, "+name] = &b.Plan
	}
	r := rand.New(rand.NewPCG(41, 42))
	for i := range 20 {
		plans[fmt.Sprint("random net ", i)] = tensortest.RandomNet(r)
	}
	step := nn.Pass{Mode: nn.Train, Backward: &nn.Backward{}, Update: &nn.SGD{Momentum: 0.9}}
	probed := step
	probed.Probes = []nn.Probe{probeFlows, probeNorms}
	for _, arch := range []string{"resnet18", "resnet50", "cifar_preact_resnet29", "cifar_plain20"} {
		m := build(t, config(t, arch))
		for name, pass := range map[string]nn.Pass{
			"inference": {}, "statistics": {Probes: []nn.Probe{probeMoments}}, "training": step, "probed training": probed,
		} {
			l, err := m.Lower(pass)
			if err != nil {
				t.Fatal(err)
			}
			plans[arch+", "+name] = l.Plan
		}
	}
	return plans
}
