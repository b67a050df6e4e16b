package resnet

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// TestTorchvisionNames compares parameters and calls with torchvision's, in order:
// their names, kinds and shapes (testdata/names/names.py).
func TestTorchvisionNames(t *testing.T) {
	f, err := os.Open("../testdata/names/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string][]string{}
	var net string
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, ok := strings.CutPrefix(s.Text(), "net "); ok {
			net = name
		} else {
			want[net] = append(want[net], s.Text())
		}
	}
	if len(want) < 5 {
		t.Fatalf("only %d nets in the list", len(want))
	}
	for net, lines := range want {
		t.Run(net, func(t *testing.T) {
			compareLines(t, torchLines(mustBuild(t, Config{Arch: net, Height: 64, Width: 64, Batch: 2})), lines)
		})
	}
}

// torchLines lists a net as names.py does.
func torchLines(m *Model) (lines []string) {
	for _, p := range m.Params {
		lines = append(lines, fmt.Sprintf("param %s %v", p.Name, p.Shape))
	}
	for _, l := range m.Layers {
		if l.Kind != tensor.Add && l.Kind != tensor.Flatten { // no modules in PyTorch
			lines = append(lines, fmt.Sprintf("call %s %v %v", l.Path, l.Kind, l.Out))
		}
	}
	return lines
}

func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
}
