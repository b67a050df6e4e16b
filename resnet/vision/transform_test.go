package vision

import (
	"slices"
	"testing"
)

func TestResizeAndCropShare(t *testing.T) {
	t224 := ForImageNet(3, 224, 224)
	wide := ForImageNet(3, 160, 224)
	for _, c := range []struct {
		name          string
		t             Transform
		height, width int
	}{
		{"torchvision's V2 weights", t224.Resize(232), 232, 232},
		{"a wide net", wide.Resize(232), 232, 232},
		{"timm's 0.95", t224.CropShare(0.95), 235, 235},
		{"timm's 0.875", t224.CropShare(0.875), 256, 256},
		{"timm's 1.0", t224.CropShare(1), 224, 224},
		{"a wide net, 0.95", wide.CropShare(0.95), 168, 235},
	} {
		if c.t.CoverHeight != c.height || c.t.CoverWidth != c.width {
			t.Errorf("%s: covers %d×%d, want %d×%d", c.name, c.t.CoverHeight, c.t.CoverWidth, c.height, c.width)
		}
	}
}

// TestIgnoreEXIF: a picture that is stored on its side is taken so.
func TestIgnoreEXIF(t *testing.T) {
	read := func(name string, ignore bool) []float32 {
		tr := Transform{
			Channels: 3, Height: 13, Width: 13, CoverHeight: 13, CoverWidth: 13,
			IgnoreEXIF: ignore, Norm: ImageNetNorm(3),
		}
		dst := make([]float32, tr.Elems())
		if err := tr.read(goldens+"/in/"+name, dst); err != nil {
			t.Fatal(err)
		}
		return dst
	}
	stored := read("exif1.jpg", false)
	if slices.Equal(read("exif6.jpg", false), stored) {
		t.Error("a turned picture was not turned upright")
	}
	if !slices.Equal(read("exif6.jpg", true), stored) {
		t.Error("a picture was turned although its EXIF is ignored")
	}
}

func TestParseInterpolation(t *testing.T) {
	for _, name := range Interpolations {
		if i, err := ParseInterpolation(name); err != nil || i.String() != name {
			t.Errorf("%s: %v, %v", name, i, err)
		}
	}
	if _, err := ParseInterpolation("lanczos"); err == nil {
		t.Error("lanczos is accepted")
	}
}
