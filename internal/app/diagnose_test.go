package app

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestDiagnose: weights that come with the program are in order, and were tried by the
// rules that need images, labels, weights and gradients.
func TestDiagnose(t *testing.T) {
	spec := Spec{Weights: "builtin:fashion-resnet20", Step: Step{Backward: true}}
	d, err := service(t).Diagnose(t.Context(), spec, DiagnoseOptions{Rate: 0.01, FailOn: "note"}, Listener{})
	if err != nil || len(d.Findings) > 0 {
		t.Fatalf("%+v (%v)", d, err)
	}
	for _, rule := range []string{"not-finite", "below-chance", "update-ratio", "wrong-option-a"} {
		if !slices.Contains(d.Rules, rule) {
			t.Errorf("%s was not tried", rule)
		}
	}
	if slices.Contains(d.Rules, "slow-layer") || d.Model.Arch != "cifar_resnet20" || d.Input.Shape[0] != 10 || !d.Backward {
		t.Errorf("%v, %+v, backward %v", d.Rules, d.Input, d.Backward)
	}
}

// TestDiagnoseFails: what is as severe as asked for is an error, with the report.
func TestDiagnoseFails(t *testing.T) {
	spec := tiny("cifar_resnet8")
	spec.Run.NoCalibrate = true
	o := DiagnoseOptions{FailOn: "warning", Prove: func(args []string) string { return "prove " + strings.Join(args, " ") }}
	d, err := service(t).Diagnose(t.Context(), spec, o, Listener{})
	var found *FoundError
	if !errors.As(err, &found) || !strings.Contains(err.Error(), "warning initial-statistics at bn1") {
		t.Fatalf("%v", err)
	}
	want := "prove inspect stats --at bn1 --per-channel --batch 2"
	if f := d.Findings[0]; f.Proof != want || len(f.Also) != 6 {
		t.Errorf("%+v, want the proof %s", f, want)
	}
	o.FailOn = "error"
	if _, err := service(t).Diagnose(t.Context(), spec, o, Listener{}); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
}

// TestDiagnoseTimes: with a profile, the rules on time and memory are tried.
func TestDiagnoseTimes(t *testing.T) {
	d, err := service(t).Diagnose(t.Context(), tiny("cifar_resnet8"), DiagnoseOptions{Profile: true}, Listener{})
	if err != nil || !slices.Contains(d.Rules, "slow-layer") || !slices.Contains(d.Rules, "held-memory") {
		t.Errorf("%v (%v)", d, err)
	}
}

func TestDiagnoseRefuses(t *testing.T) {
	backward := tiny("cifar_resnet8")
	backward.Step.Backward = true
	mode := tiny("cifar_resnet8")
	mode.Run.Mode = ModeTrain
	for want, tt := range map[string]struct {
		spec Spec
		o    DiagnoseOptions
	}{
		"add backward":                 {mode, DiagnoseOptions{}},
		"add lr":                       {backward, DiagnoseOptions{Momentum: 0.9}},
		"judged by the gradients":      {tiny("cifar_resnet8"), DiagnoseOptions{Rate: 0.1}},
		"must be one of note, warning": {backward, DiagnoseOptions{FailOn: "fatal"}},
	} {
		_, err := service(t).Diagnose(t.Context(), tt.spec, tt.o, Listener{})
		refusedFor(t, err, want)
	}
}
