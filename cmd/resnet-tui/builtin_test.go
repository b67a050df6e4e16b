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
	if code != exitUsage || !strings.Contains(errs, "does not fit") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestCompareBuiltin(t *testing.T) {
	c := decodeCompare(t, "--weights", "builtin:fashion-plain20")
	if c.A.Model.Arch != "cifar_plain20" || c.B.Model.Arch != "cifar_resnet20" || len(c.Blocks) != 9 {
		t.Errorf("%+v", c)
	}
}
