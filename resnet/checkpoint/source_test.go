package checkpoint

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"resnet-tui/tensor"
)

func TestReadConcurrently(t *testing.T) {
	f := openGolden(t, "zip.pth")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				checkFill(t, f, "conv1.weight")
			}
		})
	}
	wg.Wait()
}

func TestClosed(t *testing.T) {
	f := openGolden(t, "zip.pth")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := f.Load("conv1.weight")
	wantError(t, "after Close", err, "closed")
}

// bigFile writes n parameters of 1 MiB each.
func bigFile(t testing.TB, n int) (path string, list []tensor.Param) {
	path = filepath.Join(t.TempDir(), "big.safetensors")
	for i := range n {
		name := "w" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		list = append(list, tensor.Param{Name: name, Shape: tensor.Shape{512, 512}})
	}
	if err := WriteSafetensors(path, list, sequence{}, nil); err != nil {
		t.Fatal(err)
	}
	return path, list
}

// TestCutWhileOpen: truncating a mapped file makes an error, not a crash.
func TestCutWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file can't be cut on Windows")
	}
	path, list := bigFile(t, 4)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(list[3].Name); err == nil {
		t.Error("a truncated tensor was read")
	}
}

// TestWithoutMapping: files that can't be mapped are read.
func TestWithoutMapping(t *testing.T) {
	file, err := os.Open(golden("views.pth"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := open(&plainFile{file, info.Size()}, "views.pth", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range f.Names() {
		checkFill(t, f, name)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestOpenIsQuick: opening reads the list of tensors, but no values.
func TestOpenIsQuick(t *testing.T) {
	path, list := bigFile(t, 48)
	best := time.Hour
	for range 5 {
		start := time.Now()
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Source(list); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
		f.Close()
	}
	if best > 100*time.Millisecond {
		t.Errorf("48 MB took %v to open", best)
	}
}

func BenchmarkOpen(b *testing.B) {
	path, list := bigFile(b, 240)
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Source(list); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

func BenchmarkRead(b *testing.B) {
	path, list := bigFile(b, 240)
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.SetBytes(240 << 20)
	x := tensor.New(list[0].Shape...)
	for b.Loop() {
		for _, p := range list {
			if err := f.Read(p.Name, x); err != nil {
				b.Fatal(err)
			}
		}
	}
}
