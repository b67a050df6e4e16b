package oracle

import (
	"encoding/json"
	"os"
	"path/filepath"

	"resnet-tui/tensor"
)

// BF16 is how far PyTorch's bf16 autocast is from float64 for one net, by
// testdata/oracle/bf16.py.
type BF16 struct {
	Arch    string
	Shape   tensor.Shape // of the input
	Classes int
	Logits  float64   // relative RMS in eval mode
	Step    *BF16Step // nil for nets of which only logits are compared
}

// BF16Step is of a step in train mode.
type BF16Step struct {
	Loss      float64 // relative error
	Gradients float64 // relative RMS over all gradients of parameters
	Median    float64 // of the parameters' own
	Largest   float64
}

// LoadBF16 reads the figures of all nets.
func LoadBF16() ([]BF16, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "bf16.json"))
	if err != nil {
		return nil, err
	}
	var all struct{ Nets []BF16 }
	return all.Nets, json.Unmarshal(data, &all)
}
