package main

import (
	"encoding/json"
	"strings"
	"testing"
)

type compareJSON struct {
	Schema    string
	A, B      struct{ Model struct{ Arch string } }
	Blocks    []struct{ A, B map[string]any }
	Responses []struct {
		Path string
		A, B *float64
	}
	Times map[string]map[string]float64
}

func decodeCompare(t *testing.T, args ...string) compareJSON {
	t.Helper()
	var c compareJSON
	if err := json.Unmarshal([]byte(mustRun(t, append(append([]string{"compare"}, args...), "--format", "json")...)), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// A net and its twin pair block by block; only one of them has skips.
func TestCompareTwin(t *testing.T) {
	c := decodeCompare(t, "--arch", "cifar_resnet8", "--size", "16", "--norm", "none")
	if c.Schema != "resnet-tui/compare/1" || c.A.Model.Arch != "cifar_resnet8_nonorm" || c.B.Model.Arch != "cifar_plain8_nonorm" || len(c.Blocks) != 3 {
		t.Fatalf("%+v", c)
	}
	for _, b := range c.Blocks {
		if b.A["grad_skip"] == nil || b.B["grad_skip"] != nil || b.A["grad_in"] == nil || b.B["grad_in"] == nil {
			t.Errorf("%v", b)
		}
	}
	for _, r := range c.Responses {
		if r.A == nil || r.B == nil {
			t.Errorf("%+v", r)
		}
	}
	// The same weights, and no skip yet on the way.
	if len(c.Responses) != 7 || *c.Responses[0].A != *c.Responses[0].B || *c.Responses[1].A != *c.Responses[1].B {
		t.Errorf("responses %+v", c.Responses)
	}
	if c.Times["a"]["forward_ms"] <= 0 || c.Times["b"]["backward_ms"] <= 0 {
		t.Errorf("times %v", c.Times)
	}
}

func TestCompareWith(t *testing.T) {
	c := decodeCompare(t, "--arch", "cifar_resnet14", "--data", "synthetic:64", "--batch", "4", "--with", "--depth 8 --lesion layer1.0=scale:0.5")
	if c.B.Model.Arch != "cifar_resnet8" || len(c.Blocks) != 6 || c.Blocks[5].B != nil && c.Blocks[4].B != nil {
		t.Errorf("%+v", c)
	}
	out := mustRun(t, "compare", "--arch", "cifar_plain8", "--size", "8")
	for _, want := range []string{"cifar_resnet8", "on one log axis", "after its batch norm", "first block is"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestCompareMistakes(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"compare --arch vgg11":                                          "no plain twin",
		"compare --depth 18 --with=x":                                   "is not a flag",
		"compare --depth 18 --with=--bogus":                             "bogus",
		"compare --depth 18 --with=--depth=51":                          "18, 26, 34, 50",
		"compare --depth 18 --weights z":                                "some of its own",
		"compare --arch cifar_resnet8 --data synthetic --labels 1":      "does not go with",
		"compare --arch cifar_resnet8 --data synthetic:8 --batch 9":     "has 2 images",
		"compare --arch cifar_resnet8 --data synthetic --with=--size=8": "must take the same images",
		"compare --history " + dir + "/none":                            "none",
		"compare --history " + dir:                                      "directory",
	} {
		code, out, errs := inProcess(t, strings.Fields(args)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q, want %q", args, code, errs, want)
		}
	}
}
