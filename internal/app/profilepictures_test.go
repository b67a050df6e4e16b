package app

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"resnet-tui/resnet"
)

// TestProfilePictures: the profile of a photograph has its pictures, one of four images
// their similarity too, and that of random input has none.
func TestProfilePictures(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 1600 {
		img.SetRGBA(i%40, i/40, color.RGBA{uint8(6 * (i % 40)), uint8(6 * (i / 40)), 90, 255})
	}
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(file, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		files []string
		want  int
	}{{[]string{file}, 2}, {[]string{file, file, file, file}, 3}, {nil, 0}} {
		files := tt.files
		spec := Spec{Net: resnet.Config{Arch: "cifar_resnet20"}, Input: Input{Files: files}, Run: Run{Threads: 1}}
		b, err := service(t).Open(t.Context(), spec, Listener{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		pictures, err := b.pictures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(pictures) != tt.want {
			t.Fatalf("%d pictures of %d images, want %d", len(pictures), len(files), tt.want)
		}
		for _, p := range pictures {
			if _, err := png.Decode(bytes.NewReader(p.PNG)); err != nil {
				t.Errorf("%s %v", p.Title, err)
			}
		}
	}
}
