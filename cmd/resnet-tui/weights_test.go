package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// trained is a file of weights of a cifar_resnet8, for ten classes.
func trained(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mustRun(t, "train", "--data", "synthetic:16", "--depth", "8", "--epochs", "1", "--save", dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v (%v)", files, err)
	}
	return files[0]
}

type modelReport struct {
	Model struct {
		Arch    string `json:"arch"`
		Classes int    `json:"classes"`
		Partial *struct {
			Missing []string `json:"missing"`
			Unused  []string `json:"unused"`
		} `json:"partial"`
	} `json:"model"`
}

// flagsIn are the flags that an error advises.
var flagsIn = regexp.MustCompile(`: (--arch \S+(?: --\S+ \d+)*)`)

// TestWeightsNameTheNet: weights alone say which net it is, and beside flags of another
// net the error says which flags are theirs; these work.
func TestWeightsNameTheNet(t *testing.T) {
	file := trained(t)
	if m := mustDecode[modelReport](t, "summary", "--weights", file).Model; m.Arch != "cifar_resnet8" || m.Classes != 10 {
		t.Errorf("%+v", m)
	}
	for _, args := range []string{
		"--depth 50", "--arch cifar_resnet8 --classes 7", "--family cifar --depth 14", "--classes 7",
	} {
		code, _, errs := inProcess(t, append([]string{"summary", "--weights", file}, strings.Fields(args)...)...)
		advice := flagsIn.FindStringSubmatch(errs)
		if code != exitUsage || advice == nil {
			t.Errorf("%s: exit %d, %s", args, code, errs)
			continue
		}
		with := append([]string{"summary", "--weights", file}, strings.Fields(advice[1])...)
		if m := mustDecode[modelReport](t, with...).Model; m.Arch != "cifar_resnet8" || m.Classes != 10 || m.Partial != nil {
			t.Errorf("%s: %s gives %+v", args, advice[1], m)
		}
	}
}

// TestNoticeOnce: what several profiles have to say is said once.
func TestNoticeOnce(t *testing.T) {
	args := "profile --batch 1,2 --runs 1 --warmup 0 --no-history --weights " + trained(t)
	code, _, errs := inProcess(t, strings.Fields(args)...)
	if n := strings.Count(errs, "is taken for cifar_resnet8"); code != exitDone || n != 1 {
		t.Errorf("exit %d, said %d times: %s", code, n, errs)
	}
}

// TestPartial: what fits is loaded, and the rest is named, on stderr and in the JSON.
func TestPartial(t *testing.T) {
	args := []string{"summary", "--arch", "cifar_resnet8", "--classes", "7", "--partial", "--weights", trained(t)}
	code, _, errs := inProcess(t, args...)
	const said = "2 of the net's 37 tensors stay at their initialisation: fc.weight, fc.bias"
	if code != exitDone || !strings.Contains(errs, said) {
		t.Errorf("exit %d, %s", code, errs)
	}
	want := []string{"fc.weight", "fc.bias"}
	p := mustDecode[modelReport](t, args...).Model.Partial
	if p == nil || !slices.Equal(p.Missing, want) || !slices.Equal(p.Unused, want) {
		t.Errorf("%+v", p)
	}
	code, _, errs = inProcess(t, "summary", "--partial")
	if code != exitUsage || !strings.Contains(errs, "--partial is about --weights") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
