package vision

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// goldens is the folder that testdata/vision/make.py writes, with Pillow and
// torchvision.
const goldens = "../../testdata/vision"

type decodeCase struct {
	In, Want string
	Off      int // the largest difference of a sample that a lossy format may have
}

type cropCase struct {
	In, Want    string
	Height      int
	Width       int
	CoverHeight int `json:"cover_height"`
	CoverWidth  int `json:"cover_width"`
	Channels    int

	Interpolation string
}

type caseFile struct {
	Decode []decodeCase
	Crop   []cropCase
}

func readCases(t testing.TB) caseFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldens, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c caseFile
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Decode) < 30 || len(c.Crop) < 10 {
		t.Fatalf("%d and %d cases in cases.json", len(c.Decode), len(c.Crop))
	}
	return c
}

func mustRead(t testing.TB, elem ...string) *Image {
	t.Helper()
	im, err := ReadFile(filepath.Join(append([]string{goldens}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestDecodeAsPillow(t *testing.T) {
	for _, c := range readCases(t).Decode {
		t.Run(c.In, func(t *testing.T) {
			got, want := mustRead(t, "in", c.In), mustRead(t, "decoded", c.Want)
			if got.Width != want.Width || got.Height != want.Height {
				t.Fatalf("%d×%d, want %d×%d", got.Width, got.Height, want.Width, want.Height)
			}
			worst, at := 0, 0
			for i, w := range want.Pix {
				if d := max(int(w)-int(got.Pix[i]), int(got.Pix[i])-int(w)); d > worst {
					worst, at = d, i
				}
			}
			if worst > c.Off {
				t.Errorf("sample %d at pixel %d,%d is %d, Pillow's %d", at%3, at/3%want.Width, at/3/want.Width,
					got.Pix[at], want.Pix[at])
			}
			t.Logf("largest difference %d, allowed %d", worst, c.Off)
		})
	}
}

// ramp is torchvision's ToTensor and Normalize of each sample, 3×256.
func ramp(t *testing.T) []float32 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldens, "ramp.f32"))
	if err != nil {
		t.Fatal(err)
	}
	r := make([]float32, len(b)/4)
	for i := range r {
		r[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	if len(r) != 3*256 {
		t.Fatalf("%d values in ramp.f32", len(r))
	}
	return r
}

func TestNormAsTorchvision(t *testing.T) {
	want := ramp(t)
	for c, table := range ImageNetNorm(3).tables(3) {
		for v, got := range table {
			if got != want[256*c+v] {
				t.Fatalf("channel %d, sample %d: %v, torchvision's %v", c, v, got, want[256*c+v])
			}
		}
	}
}

// TestTransformAsTorchvision asks for the very bits of torchvision's pipeline.
func TestTransformAsTorchvision(t *testing.T) {
	for _, c := range readCases(t).Crop {
		t.Run(c.Want, func(t *testing.T) {
			filter, err := ParseInterpolation(c.Interpolation)
			if err != nil {
				t.Fatal(err)
			}
			tr := Transform{
				Channels: c.Channels, Height: c.Height, Width: c.Width,
				CoverHeight: c.CoverHeight, CoverWidth: c.CoverWidth,
				Interpolation: filter, Norm: ImageNetNorm(c.Channels),
			}
			if err := tr.Check(); err != nil {
				t.Fatal(err)
			}
			want := mustRead(t, "cropped", c.Want)
			got := make([]float32, tr.Elems())
			tr.Apply(got, mustRead(t, "in", c.In))
			tables := tr.Norm.tables(c.Channels)
			n := c.Height * c.Width
			for i, g := range got {
				ch, p := i/n, i%n
				if w := tables[ch][want.Pix[3*p+ch]]; g != w {
					t.Fatalf("channel %d at %d,%d: %v, torchvision's %v", ch, p%c.Width, p/c.Width, g, w)
				}
			}
		})
	}
}

func TestForImageNetIsResize256(t *testing.T) {
	tr := ForImageNet(3, 224, 224)
	if tr.CoverHeight != 256 || tr.CoverWidth != 256 {
		t.Errorf("covers %d×%d", tr.CoverHeight, tr.CoverWidth)
	}
	for _, c := range readCases(t).Crop {
		if c.Want == "wide40x72.png" {
			tr := ForImageNet(3, c.Height, c.Width)
			if tr.CoverHeight != c.CoverHeight || tr.CoverWidth != c.CoverWidth {
				t.Errorf("40×72 covers %d×%d, want %d×%d", tr.CoverHeight, tr.CoverWidth, c.CoverHeight, c.CoverWidth)
			}
		}
	}
}
