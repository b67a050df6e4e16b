package checkpoint

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// realFile returns the path of a trained checkpoint in the folder beside the project.
func realFile(t testing.TB, name string) string {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not beside the project", name)
	}
	return path
}

// TestRealCheckpoints compares with PyTorch's sums over all elements, in float64.
func TestRealCheckpoints(t *testing.T) {
	for _, c := range []struct {
		file    string
		tensors int
		sum     float64
	}{
		{"resnet20-12fca82f.th", 97, 139.7826495598208},
		{"resnet56-4bfd9763.th", 277, 1427.879011697099},
	} {
		f, err := Open(realFile(t, c.file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Format() != "torch legacy" || len(f.Names()) != c.tensors || f.Names()[0] != "module.conv1.weight" {
			t.Errorf("%s: %s, %d tensors, first %s", c.file, f.Format(), len(f.Names()), f.Names()[0])
		}
		checkSource(t, f)
		if got := sumAll(t, f); math.Abs(got-c.sum) > 1e-9*math.Abs(c.sum) {
			t.Errorf("%s: sum %.12g, want %.12g", c.file, got, c.sum)
		}
	}
}

// checkSource matches a file with this program's names.
func checkSource(t *testing.T, f *File) {
	t.Helper()
	var params []tensor.Param
	for _, name := range f.Names() {
		_, shape := f.Info(name)
		usual := strings.Replace(strings.TrimPrefix(name, "module."), "linear.", "fc.", 1)
		if !strings.HasSuffix(name, "num_batches_tracked") {
			params = append(params, tensor.Param{Name: usual, Shape: shape})
		}
	}
	src, err := f.Source(params)
	if err != nil {
		t.Fatal(err)
	}
	last := params[len(params)-1]
	if x := tensor.New(last.Shape...); last.Name != "fc.bias" || src.Load(last, x) != nil || x.Data[0] == 0 {
		t.Errorf("the last parameter is %s", last.Name)
	}
}

func sumAll(t *testing.T, f *File) float64 {
	sum := 0.0
	for _, name := range f.Names() {
		x, err := f.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range x.Data {
			sum += float64(v)
		}
	}
	return sum
}
