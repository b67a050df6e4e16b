package main

import (
	"strings"
	"testing"

	"resnet-tui/profile/report"
)

// Without any file there is a trained net that knows its images.
func TestBuiltin(t *testing.T) {
	r := mustDecode[report.Run](t, "run", "--weights", "builtin:fashion-resnet20", "--backward", "--mode", "eval")
	if r.Model.Arch != "cifar_resnet20" || r.Input.Shape.String() != "10×1×28×28" || r.Model.Weights != "builtin:fashion-resnet20" || r.Mode != "eval" {
		t.Fatalf("%+v on %+v", r.Model, r.Input)
	}
	right := 0
	for i, guesses := range r.Output.Top {
		if guesses[0].Class == r.Labels[i] && guesses[0].Label == r.Input.Names[i] {
			right++
		}
	}
	if right < 8 || *r.Loss > 1 {
		t.Errorf("%d of 10 right, loss %v", right, *r.Loss)
	}
	if few := mustDecode[report.Run](t, "run", "--weights", "builtin:fashion-resnet20", "--batch", "2"); few.Input.Shape[0] != 2 || few.Labels[1] != 1 {
		t.Errorf("%+v, labels %v", few.Input, few.Labels)
	}
	out := mustRun(t, "summary", "--weights", "builtin:fashion-resnet20")
	if !strings.Contains(out, "cifar_resnet20") {
		t.Errorf("%s", out)
	}
	code, _, errs := inProcess(t, "run", "--weights", "builtin:fashion-resnet20", "--depth", "18")
	if code != exitUsage || !strings.Contains(errs, "doesn't fit") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// A lesion's effect is told beside the pass: on classes, on what is right, on
// loss and gradients.
func TestLesionEffect(t *testing.T) {
	args := []string{"run", "--weights", "builtin:fashion-resnet20", "--backward", "--mode", "eval"}
	intact := mustDecode[report.Run](t, args...)
	args = append(args, "--lesion", "layer2.0=cut-skip", "--lesion", "layer1.0=cut-skip")
	r := mustDecode[report.Run](t, args...)
	e := r.Effect
	if intact.Effect != nil || e == nil {
		t.Fatalf("effects %v and %v", intact.Effect, e)
	}
	if e.Images != 10 || e.Moved == 0 || e.KL <= 0 || e.Correct == nil || *e.WasCorrect < 8 || *e.Correct > *e.WasCorrect || *e.IntactLoss != *intact.Loss || e.IntactNS <= 0 {
		t.Errorf("%+v", e)
	}
	if len(e.IntactGrads) != 9 || e.IntactGrads[0].GradIn != intact.Blocks[0].GradIn || e.IntactTop[3][0] != intact.Output.Top[3][0] {
		t.Errorf("the intact net is %+v", e)
	}
	text := mustRun(t, args...)
	for _, want := range []string{"top-1 class changed for", "right ", "loss ", "‖∂L/∂x‖ at layer1.0", "time "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	random := mustDecode[report.Run](t, "run", "--arch", "cifar_resnet8", "--backward", "--lesion", "layer2.0=drop-branch")
	if random.Effect == nil || random.Effect.Correct != nil {
		t.Errorf("of random labels, %+v", random.Effect)
	}
}

func TestCompareBuiltin(t *testing.T) {
	c := decodeCompare(t, "--weights", "builtin:fashion-plain20")
	if c.A.Model.Arch != "cifar_plain20" || c.B.Model.Arch != "cifar_resnet20" || len(c.Blocks) != 9 {
		t.Errorf("%+v", c)
	}
}
