package inspect_test

import (
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/inspect"
)

func TestFind(t *testing.T) {
	m, err := resnet.Build(resnet.Config{Depth: 18})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path, layer string
		call        int
		block       bool
	}{
		{"conv1", "conv1", 0, false},
		{"layer2.0", "layer2.0.relu", 1, true},
		{"layer2.0.relu", "layer2.0.relu", 1, false},
		{"layer2.0.relu#0", "layer2.0.relu", 0, false},
		{"layer2.0.add", "layer2.0.add", 0, false},
		{"fc", "fc", 0, false},
	} {
		p, err := inspect.Find(m.Model, tt.path)
		if err != nil || p.Layer.Path != tt.layer || p.Layer.Call != tt.call || (p.Block != nil) != tt.block {
			t.Errorf("%s: %+v, %v", tt.path, p, err)
		}
	}
	for path, want := range map[string]string{
		"layer9":          "layer3.0",
		"layer2.0.relu#2": "called 2 times, from #0 to #1",
		"":                "no layer or block",
	} {
		if _, err := inspect.Find(m.Model, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", path, err, want)
		}
	}
	if p := inspect.LastBlock(m.Model); p.Path != "layer4.1" || p.Layer.Path != "layer4.1.relu" {
		t.Errorf("last block: %+v", p)
	}
}
