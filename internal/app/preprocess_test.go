package app

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// pictureFile writes a PNG with a gradient.
func pictureFile(t *testing.T, path string, w, h int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(x * y), 255})
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPreprocess: settings change the input, and the report says how it came about.
func TestPreprocess(t *testing.T) {
	spec := tiny("resnet18")
	spec.Net.Height, spec.Net.Width, spec.Net.Batch = 32, 32, 0
	spec.Input.Files = []string{pictureFile(t, filepath.Join(t.TempDir(), "p.png"), 90, 61)}
	outputs := map[string]bool{}
	for _, c := range []struct {
		pre  Preprocess
		want string
	}{
		{Preprocess{}, `{"resize":[37,37],"crop":[32,32],"interpolation":"bilinear","exif":"upright","mean":[0.485,0.456,0.406],"std":`},
		{Preprocess{Resize: 33}, `{"resize":[33,33],"crop":[32,32],"interpolation":"bilinear","exif":"upright","mean":[0.485,0.456,0.406],"std":`},
		{Preprocess{CropPct: 0.95, Interpolation: "bicubic", IgnoreEXIF: true},
			`{"resize":[33,33],"crop":[32,32],"interpolation":"bicubic","exif":"ignored",`},
	} {
		spec.Input.Preprocess = c.pre
		r, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{})
		if err != nil {
			t.Fatal(err)
		}
		said, err := json.Marshal(r.Input.Preprocess)
		if err != nil || !strings.HasPrefix(string(said), c.want) {
			t.Errorf("%s (%v), want %s", said, err, c.want)
		}
		logits, _ := json.Marshal(r.Output.Logits)
		outputs[string(logits)] = true
	}
	if len(outputs) != 3 {
		t.Errorf("%d different outputs of 3 ways to preprocess", len(outputs))
	}
}

// TestLeftOut: files of a folder that are no pictures, or can't be read, are counted in
// the report and named to the listener.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/x.png", "b/y.png"} {
		pictureFile(t, filepath.Join(dir, name), 8, 8)
	}
	for _, name := range []string{"a/z.heic", "b/z.txt", "b/.hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := tiny("cifar_resnet8")
	spec.Net.Batch, spec.Net.Classes = 0, 2
	spec.Input.Data.Name = "folder:" + dir
	var h heard
	e, err := service(t).Evaluate(t.Context(), spec, h.listener())
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{".heic": 1, ".txt": 1}; !reflect.DeepEqual(e.LeftOut, want) || e.Total != 2 {
		t.Errorf("left out %v of %d", e.LeftOut, e.Total)
	}
	if len(h.notices) != 1 || !strings.Contains(h.notices[0], "2 files (1 .heic, 1 .txt)") {
		t.Errorf("said %q", h.notices)
	}
	if err := os.WriteFile(filepath.Join(dir, "b/broken.png"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	spec.Input.Data.Name, spec.Input.Files = "", []string{filepath.Join(dir, "b")}
	r, err := service(t).Run(t.Context(), spec, RunOptions{}, h.listener())
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{".png": 1, ".txt": 1}; !reflect.DeepEqual(r.Input.LeftOut, want) {
		t.Errorf("left out %v", r.Input.LeftOut)
	}
}

func TestPreprocessRefusals(t *testing.T) {
	spec := tiny("cifar_resnet8")
	for _, c := range []struct {
		pre  Preprocess
		want string
	}{
		{Preprocess{Resize: 9}, "resize is about pictures, but the input is no file"},
		{Preprocess{IgnoreEXIF: true}, "ignore-exif is about pictures"},
		{Preprocess{Resize: 9, CropPct: 0.9}, "give one of them"},
		{Preprocess{CropPct: 95}, "from 0.01 to 1"},
		{Preprocess{Interpolation: "lanczos"}, "it is bilinear or bicubic"},
	} {
		spec.Input.Preprocess = c.pre
		_, err := service(t).Run(t.Context(), spec, RunOptions{}, Listener{})
		refusedFor(t, err, c.want)
	}
	spec.Input.Preprocess = Preprocess{Resize: 9}
	spec.Input.Data.Name = "synthetic:8"
	_, err := service(t).Evaluate(t.Context(), spec, Listener{})
	refusedFor(t, err, "resize is about pictures, but the input is synthetic:8")
}
