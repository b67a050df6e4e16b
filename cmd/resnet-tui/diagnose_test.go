package main

import (
	"slices"
	"strings"
	"testing"

	"resnet-tui/profile/report"
)

// TestDiagnose: a proof runs the flags that its command has, quoted, and no others.
func TestDiagnose(t *testing.T) {
	net := []string{"--arch", "cifar_resnet8", "--size=8", "--batch", "2", "--no-calibrate"}
	d := mustDecode[report.Diagnosis](t, append([]string{"diagnose", "--backward", "--lr", "0.1"}, net...)...)
	i := slices.IndexFunc(d.Findings, func(f report.Finding) bool { return f.Rule == "initial-statistics" })
	if d.Schema != report.DiagnoseSchema || i < 0 || d.Findings[i].Path != "bn1" || d.Findings[i].Severity != "warning" {
		t.Fatalf("%+v", d)
	}
	proof := d.Findings[i].Proof
	want := "resnet-tui inspect stats --at bn1 --per-channel --batch 2 --backward " + strings.Join(net[:3], " ")
	if !strings.HasPrefix(proof, want) || strings.Contains(proof, "--lr") {
		t.Errorf("the proof is %s", proof)
	}
	code, _, stderr := inProcess(t, append([]string{"diagnose", "--fail-on", "warning"}, net...)...)
	if code != exitFailed || !strings.Contains(stderr, "warning initial-statistics at bn1") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestDiagnoseRules: the table says of every rule how it decides, and what it can't tell.
func TestDiagnoseRules(t *testing.T) {
	d := mustDecode[report.DiagnoseRules](t, "diagnose", "--rules")
	if len(d.Rules) < 20 {
		t.Errorf("%d rules", len(d.Rules))
	}
	for _, r := range d.Rules {
		if r.Name == "" || r.Severity == "" || r.Decides == "" || r.Threshold == "" || r.Source == "" || r.CantTell == "" {
			t.Errorf("%+v lacks something", r)
		}
	}
}

func TestQuoted(t *testing.T) {
	for arg, want := range map[string]string{"a/b.pth": "a/b.pth", "two words": "'two words'", "it's": `'it'\''s'`, "": "''"} {
		if got := quoted(arg); got != want {
			t.Errorf("%q is %s, want %s", arg, got, want)
		}
	}
}
