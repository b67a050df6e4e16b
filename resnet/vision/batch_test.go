package vision

import (
	"context"
	"errors"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	p := coloured(t, color.RGBA{9, 9, 9, 255})
	for _, name := range []string{"b.png", "a.JPG", "c.webp", ".hidden.png", "readme.txt", "sub/x.png", "x.HEIC", "Thumbs"} {
		write(t, dir, name, p)
	}
	single := write(t, dir, "sub/y.dat", p)
	got, skipped, err := Files([]string{single, dir})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{single, filepath.Join(dir, "a.JPG"), filepath.Join(dir, "b.png"), filepath.Join(dir, "c.webp")}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s := skipped.String(); s != "3 files (1 without extension, 1 .heic, 1 .txt)" {
		t.Errorf("skipped %s", s)
	}
	write(t, dir, "bare/readme.txt", nil)
	for _, in := range []string{"bare", "missing"} {
		path := filepath.Join(dir, in)
		if _, _, err := Files([]string{path}); err == nil || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error %v", in, err)
		}
	}
}

func TestLoadKeepsOrderAndNamesFailures(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 9 {
		name := string(rune('a'+i)) + ".png"
		b := coloured(t, color.RGBA{uint8(10 * i), 0, 0, 255})
		if i == 2 || i == 7 {
			b = b[:20]
		}
		files = append(files, write(t, dir, name, b))
	}
	tr := ForCIFAR(3, 2, 3)
	b, err := tr.Load(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.Input.Shape, []int{7, 3, 2, 3}) || len(b.Input.Data) != 7*18 || len(b.Names) != 7 {
		t.Fatalf("shape %v, %d values, names %v", b.Input.Shape, len(b.Input.Data), b.Names)
	}
	norm := tr.Norm.tables(3)
	for n, i := range []int{0, 1, 3, 4, 5, 6, 8} {
		if b.Names[n] != files[i] || b.Input.Data[18*n] != norm[0][10*i] {
			t.Errorf("image %d is %s with %v", n, b.Names[n], b.Input.Data[18*n])
		}
	}
	if len(b.Failed) != 2 || !strings.HasPrefix(b.Failed[0].Error(), files[2]+": PNG is cut off") ||
		!strings.HasPrefix(b.Failed[1].Error(), files[7]) {
		t.Errorf("failed: %v", b.Failed)
	}
}

func TestLoadErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	file := write(t, t.TempDir(), "a.png", []byte("x"))
	tr := ForImageNet(3, 8, 8)
	if _, err := tr.Load(ctx, nil); err == nil {
		t.Error("no files give no error")
	}
	if _, err := tr.Load(ctx, []string{file, file}); err == nil || strings.Count(err.Error(), file) != 2 {
		t.Errorf("no readable file: %v", err)
	}
	_, err := ForImageNet(4, 8, 8).Load(ctx, []string{file})
	if err == nil || !strings.Contains(err.Error(), "4 channels") {
		t.Errorf("four channels: %v", err)
	}
	if _, err := ForImageNet(3, 0, 8).Load(ctx, []string{file}); err == nil {
		t.Error("a height of 0 gives no error")
	}
	cancel()
	if _, err := tr.Load(ctx, []string{file}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}

func TestLabels(t *testing.T) {
	names := Labels("imagenet", 1000)
	if len(names) != 1000 || names[0] != "tench" || names[285] != "Egyptian cat" || names[999] != "toilet tissue" {
		t.Errorf("%d ImageNet names: %q … ", len(names), names[:min(3, len(names))])
	}
	if n := Labels("cifar10", 10); n[3] != "cat" {
		t.Errorf("CIFAR-10: %v", n)
	}
	if Labels("imagenet", 10) != nil || Labels("", 1000) != nil {
		t.Error("names where they don't fit")
	}
}
