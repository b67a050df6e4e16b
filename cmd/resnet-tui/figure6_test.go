package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"resnet-tui/resnet/train"
)

// TestFigure6: the README tells what its recording of the degradation
// experiment holds, and that shows what is said of it, seed by seed.
func TestFigure6(t *testing.T) {
	const recording = "../../docs/figure6.jsonl"
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := mustDecode[struct{ Summary train.Summary }](t, "compare", "--history", recording).Summary
	if s.Epoch != 3 || len(s.Outcomes) != 4 {
		t.Fatalf("%+v", s)
	}
	names := map[string]string{"cifar_plain20": "plain-20", "cifar_resnet20": "residual-20", "cifar_plain56": "plain-56", "cifar_resnet56": "residual-56"}
	percent := func(r train.SeedStats) string {
		return fmt.Sprintf("%.1f %% (%.1f to %.1f)", 100*r.Mean, 100*r.Min, 100*r.Max)
	}
	for _, o := range s.Outcomes {
		row := fmt.Sprintf("| %s | %.3f (%.3f to %.3f) | %s | %s |", names[o.Model], o.TrainLoss.Mean, o.TrainLoss.Min, o.TrainLoss.Max, percent(o.TrainError), percent(o.TestError))
		if !strings.Contains(string(readme), row) {
			t.Errorf("the README lacks %s", row)
		}
	}
	for _, r := range s.Ratios {
		said := fmt.Sprintf("%.2f-fold (%.2f to %.2f)", r.Ratio.Mean, r.Ratio.Min, r.Ratio.Max)
		depth := (r.A == "cifar_plain56" && r.B == "cifar_plain20") || (r.A == "cifar_resnet56" && r.B == "cifar_resnet20")
		if depth && !strings.Contains(strings.ReplaceAll(string(readme), "\n", " "), said) {
			t.Errorf("the README lacks %s of %s over %s", said, r.A, r.B)
		}
		if r.A == "cifar_plain56" && r.B == "cifar_plain20" && r.Ratio.Min < 1.5 || r.A == "cifar_resnet56" && r.B == "cifar_resnet20" && r.Ratio.Max > 1.5 {
			t.Errorf("%+v shows no degradation of plain nets alone", r)
		}
	}
	if len(s.Ratios) != 4 {
		t.Errorf("ratios %+v", s.Ratios)
	}
}
