package checkpoint

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// realFile finds a trained checkpoint beside the project.
func realFile(t testing.TB, name string) string {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not beside the project", name)
	}
	return path
}

// The sums are PyTorch's, over all elements in float64.
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
		if got := sumAll(t, f); math.Abs(got-c.sum) > 1e-9*math.Abs(c.sum) {
			t.Errorf("%s: sum %.12g, want %.12g", c.file, got, c.sum)
		}
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
