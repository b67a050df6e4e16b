package onnxcases

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLoadWithoutThePackage(t *testing.T) {
	if _, _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestLoadMalformed(t *testing.T) {
	for _, model := range []string{
		"\x3a", "\x3a\x05ab", "\x39abc", "\x3d\x01", "\x3b", "\xff", "\x3a\x02\x0a\x09", "\x38",
	} {
		dir := filepath.Join(t.TempDir(), "node", "test_bad")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "model.onnx"), []byte(model), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Load(filepath.Join(dir, "..", "..")); !errors.Is(err, errWire) {
			t.Errorf("model %q: got %v, want %v", model, err, errWire)
		}
	}
}

// A tensor of two rows, its dimensions packed and its values raw.
func TestParseArray(t *testing.T) {
	a, err := parseArray(message("\x0a\x02\x02\x01\x10\x01\x42\x01x\x4a\x08\x00\x00\x80\x3f\x00\x00\x00\x40"))
	if err != nil || a.name != "x" || !a.shape.Equal([]int{2, 1}) || !slices.Equal(a.floats, []float32{1, 2}) {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := parseArray(message("\x0a\x01\x03\x10\x01")); err == nil {
		t.Error("a shape of three elements without values: no error")
	}
}

func TestCompare(t *testing.T) {
	if err := Compare([]float64{1.000001, 0}, []float32{1, 0}); err != nil {
		t.Error(err)
	}
	for _, got := range [][]float64{nil, {1.001, 0}, {1, math.NaN()}} {
		if Compare(got, []float32{1, 0}) == nil {
			t.Errorf("%v passes for 1, 0", got)
		}
	}
}
