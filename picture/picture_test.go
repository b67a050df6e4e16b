package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
)

func TestScale(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s := ScaleOf([]float32{1, 4, nan, inf})
	if s != (Scale{Low: 0, High: 4}) {
		t.Errorf("the scale of magnitudes is %+v", s)
	}
	if s = ScaleOf([]float32{1, -4, nan}); s != (Scale{Low: -4, High: 4, Signed: true}) {
		t.Errorf("the scale of signed values is %+v", s)
	}
	if got := s.Colour(0); got.R != got.G || got.G != got.B {
		t.Errorf("0 has the colour %v, which is no grey", got)
	}
	if s.Colour(nan) != Warning || s.Colour(-inf) != Warning {
		t.Error("values that are no numbers have colours of values")
	}
	if s.Colour(-9) != Diverging()[0] || s.Colour(9) != Diverging()[Levels-1] {
		t.Error("values beyond the scale don't have its outermost colours")
	}
	if got := (Scale{Signed: true}).Colour(0); got != Diverging()[Levels/2] {
		t.Errorf("0 on an empty signed scale is %v", got)
	}
	if got := (Scale{Low: -0.5, High: 0.5}).Ticks(); got != [3]string{"-0.5", "0", "0.5"} {
		t.Errorf("the ticks are %v", got)
	}
}

func TestResize(t *testing.T) {
	// Values of torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
	got, err := Resize([]float32{0, 1, 2, 3}, 2, 2, 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{0, .25, .75, 1, .5, .75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Fatalf("resized to %v, want %v", got, want)
		}
	}
	inf := float32(math.Inf(1))
	if got, _ := Resize([]float32{inf, inf}, 1, 2, 1, 3); got[1] != inf {
		t.Errorf("infinity became %v", got)
	}
}

func TestSheet(t *testing.T) {
	nan := float32(math.NaN())
	s := Sheet{
		Values: []float32{0, 1, 2, 3, 0, 0, 0, nan, 0, 10, 20, 30}, C: 3, H: 2, W: 2,
		Columns: 2, Zoom: 3, Gap: 1, Dead: []bool{false, false, true},
	}
	img, err := s.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if img.Rect.Max != image.Pt(15, 15) {
		t.Errorf("the sheet is %v", img.Rect.Max)
	}
	v := Viridis()
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{
		{0, 0, Paper}, {1, 1, v[0]}, {6, 6, v[Levels-1]}, {7, 1, Paper}, // the first map, and the gap behind it
		{13, 6, Warning},                                                      // NaN in the second
		{1, 8, Warning}, {2, 8, v[0]}, {6, 13, Warning}, {5, 13, v[Levels-1]}, // the third is crossed out
		{8, 8, Paper}, // there is no fourth
	} {
		if got := img.At(c.x, c.y); got != c.want {
			t.Errorf("pixel %d, %d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
	s.Scale = &Scale{High: 30}
	common, err := s.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := common.At(6, 6), s.Scale.Colour(3); got != want {
		t.Errorf("on a common scale 3 of 30 is %v, want %v", got, want)
	}
}

// A sheet of the largest maps of a wide net is a byte a pixel.
func TestSheetBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("draws 26 million pixels")
	}
	img, err := Sheet{Values: make([]float32, 2048*112*112), C: 2048, H: 112, W: 112}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if len(img.Pix) > 1<<25 {
		t.Errorf("the sheet takes %d bytes", len(img.Pix))
	}
}

func TestRefusals(t *testing.T) {
	four := make([]float32, 4)
	grey := image.NewGray(image.Rect(0, 0, 4, 4))
	huge := make([]string, 100000)
	for name, draw := range map[string]func() error{
		"no 1×3×2":          func() error { _, err := Map(four, 3, 2, Scale{}); return err },
		"no 0×2×2":          func() error { _, err := Sheet{Values: nil, H: 2, W: 2}.Draw(); return err },
		"too large":         func() error { _, err := Resize(four, 2, 2, 1<<20, 1<<20); return err },
		"no sheet":          func() error { _, err := Sheet{Values: four, C: 1, H: 2, W: 2, Zoom: 1 << 40}.Draw(); return err },
		"a sheet of 4 maps": func() error { _, err := Sheet{Values: four, C: 4, H: 1, W: 1, Zoom: 1 << 14}.Draw(); return err },
		"numbers for":       func() error { _, err := Sheet{Values: four, C: 1, H: 2, W: 2, Numbers: []int{1, 2}}.Draw(); return err },
		"alpha":             func() error { _, err := Overlay{Photo: grey, Values: four, H: 2, W: 2, Alpha: 2}.Draw(); return err },
		"photograph":        func() error { _, err := Overlay{Values: four, H: 2, W: 2}.Draw(); return err },
		"a matrix":          func() error { _, err := Matrix{Values: four, Rows: huge, Columns: huge}.Draw(); return err },
		"no patch":          func() error { _, err := Patches{}.Draw(); return err },
		"a patch needs":     func() error { _, err := Patches{Rows: [][]Patch{{{}}}}.Draw(); return err },
		"1 or 3 channels":   func() error { _, err := Photo(four, 2, 1, 2, nil, nil); return err },
		"means":             func() error { _, err := Photo(four, 1, 2, 2, four, four); return err },
		"no picture":        func() error { _, err := Fit(image.NewGray(image.Rectangle{}), 2, 2); return err },
	} {
		if err := draw(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestPhoto(t *testing.T) {
	norm := []float32{-2, 0, 2, float32(math.NaN())}
	img, err := Photo(norm, 1, 2, 2, []float32{0.5}, []float32{0.25})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint8{0, 128, 255, 0} {
		if got := img.RGBAAt(i%2, i/2); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("value %v is %v, want the grey %d", norm[i], got, want)
		}
	}
	stretched, err := Photo([]float32{10, 20, 30}, 3, 1, 1, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := stretched.RGBAAt(0, 0); got != (color.RGBA{0, 128, 255, 255}) {
		t.Errorf("unknown values are %v, want them stretched", got)
	}
}

func TestOverlay(t *testing.T) {
	photo := image.NewRGBA(image.Rect(5, 5, 9, 9))
	fill(photo, photo.Rect, color.RGBA{200, 200, 200, 255})
	o := Overlay{Photo: photo, Values: []float32{1}, H: 1, W: 1, Scale: Scale{High: 1}, Alpha: 0.5}
	img, err := o.Lay()
	if err != nil {
		t.Fatal(err)
	}
	top := Viridis()[Levels-1]
	want := color.RGBA{uint8((int(top.R) + 200) / 2), uint8((int(top.G) + 200) / 2), uint8((int(top.B) + 200) / 2), 255}
	if got := img.RGBAAt(3, 3); got != want {
		t.Errorf("half of %v over grey 200 is %v, want %v", top, got, want)
	}
	drawn, err := o.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if w := drawn.Rect.Dx(); w < overlayWidth {
		t.Errorf("a small photograph is drawn %d pixels wide", w)
	}
	if drawn.RGBAAt(10, drawn.Rect.Dy()-30) != Viridis()[1] && drawn.RGBAAt(7, drawn.Rect.Dy()-30) != Viridis()[1] {
		t.Error("there is no colour bar below the photograph")
	}
}

func TestMatrix(t *testing.T) {
	values, err := Triangles([]float32{1, 2, 3, 4}, []float32{5, 6, 7, 8}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := [4]float32(values); got != [4]float32{1, 6, 3, 4} {
		t.Fatalf("the triangles join to %v", got)
	}
	m := Matrix{Values: values, Rows: []string{"a", "b"}, Columns: []string{"", ""}, Scale: Scale{High: 6}}
	img, err := m.Draw()
	if err != nil {
		t.Fatal(err)
	}
	left, above := 6+7+4, 6+4
	for i, v := range values {
		x, y := left+i%2*24+12, above+i/2*24+12
		if got, want := img.At(x, y), m.Scale.Colour(v); got != want {
			t.Errorf("the square of %v is %v, want %v", v, got, want)
		}
	}
}

func TestPatches(t *testing.T) {
	photo := image.NewRGBA(image.Rect(0, 0, 10, 10))
	fill(photo, photo.Rect, color.RGBA{90, 0, 0, 255})
	img, err := Patches{Side: 8, Rows: [][]Patch{{{Photo: photo, Box: image.Rect(-4, 0, 4, 8)}}}}.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if got := img.RGBAAt(4+2, 4+4); got != Paper {
		t.Errorf("beyond the photograph there is %v, want paper", got)
	}
	if got := img.RGBAAt(4+6, 4+4); got.R != 90 {
		t.Errorf("in the photograph there is %v", got)
	}
}

// Text is part of the picture: another title is another picture.
func TestPNG(t *testing.T) {
	draw := func(title string) []byte {
		img, err := Sheet{Values: make([]float32, 2000), C: 5, H: 20, W: 20, Title: title, Numbers: []int{0, 1, 2, 3, 4}}.Draw()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WritePNG(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := draw("layer1")
	if bytes.Equal(first, draw("layer2")) {
		t.Error("the title is not in the picture")
	}
	if _, err := png.Decode(bytes.NewReader(first)); err != nil {
		t.Error(err)
	}
}
