package terminal

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

func TestKittyGolden(t *testing.T) {
	for name, tmux := range map[string]bool{"direct": false, "tmux": true} {
		t.Run(name, func(t *testing.T) {
			text := KittyImage(ID{7, 200}, hill(t), 3, 2, 8, 16, tmux) + lines(KittyCells(ID{7, 200}, 3, 2), 3) +
				KittyDelete(ID{7, 200}, tmux)
			// The compressed bytes are Go's business; TestKittyImage decodes them.
			text = regexp.MustCompile(`;[A-Za-z0-9+/=]{20,}`).ReplaceAllString(text, ";DATA")
			golden.RequireEqual(t, []byte(text))
		})
	}
}

// What is sent, in pieces of at most 4096 characters, is the image.
func TestKittyImage(t *testing.T) {
	img := photo()
	for i := range img.Pix { // bytes that don't compress
		if i%4 != 3 {
			img.Pix[i] = uint8(i * i >> 3 * 7919 >> 5)
		}
	}
	var text strings.Builder
	parts := strings.SplitAfter(KittyImage(ID{1, 2}, img, 28, 14, 8, 16, false), "\x1b\\")
	parts = parts[:len(parts)-1]
	for i, part := range parts {
		keys, data, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(part, "\x1b_G"), "\x1b\\"), ";")
		if more := strings.HasSuffix(keys, "m=1"); !ok || len(data) > chunk || more != (i < len(parts)-1) {
			t.Fatalf("part %d of %d has the keys %s and %d characters", i, len(parts), keys, len(data))
		}
		text.WriteString(data)
	}
	data, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) < 3 || got.Bounds() != img.Bounds() || got.At(99, 7) != img.At(99, 7) {
		t.Errorf("%d parts have an image of %v", len(parts), got.Bounds())
	}
}

func TestScaleFor(t *testing.T) {
	for _, c := range []struct{ from, to, want image.Point }{
		{image.Pt(7, 7), image.Pt(100, 90), image.Pt(84, 84)},
		{image.Pt(224, 224), image.Pt(300, 300), image.Pt(224, 224)},
		{image.Pt(224, 224), image.Pt(100, 50), image.Pt(100, 50)},
	} {
		if got := scaleFor(image.NewGray(image.Rectangle{Max: c.from}), c.to.X, c.to.Y).Bounds().Size(); got != c.want {
			t.Errorf("%v for %v becomes %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func TestSixelGolden(t *testing.T) {
	t.Run("map", func(t *testing.T) { golden.RequireEqual(t, []byte(SixelImage(hill(t), 3, 1, 8, 16))) })
	t.Run("photo", func(t *testing.T) { golden.RequireEqual(t, []byte(SixelImage(photo(), 3, 1, 8, 16))) })
}

// A decoder of its own finds every pixel: exactly where there are few colours, else close
// in the mean.
func TestSixel(t *testing.T) {
	few := image.NewRGBA(image.Rect(0, 0, 50, 23))
	for i := range 50 * 23 {
		v := uint8(i % 256 / 51 * 51) // a multiple of 20 hundredths
		few.SetRGBA(i%50, i/50, color.RGBA{v, 255 - v, 0, 255})
	}
	got := decodeSixel(t, string(encodeSixel(few)))
	for i := range few.Pix {
		if got.Pix[i] != few.Pix[i] {
			t.Fatalf("byte %d is %d, want %d", i, got.Pix[i], few.Pix[i])
		}
	}
	many := photo()
	got = decodeSixel(t, string(encodeSixel(many)))
	for y := 0; y < 224; y += 16 {
		for x := 0; x < 224; x += 16 {
			a, b := mean(many, x, y, 16), mean(got, x, y, 16)
			if d := a.minus(b); d.squared() > 3*6*6 {
				t.Errorf("at %d, %d the mean is %v, want %v", x, y, b, a)
			}
		}
	}
}

// mean is the mean colour of n×n pixels.
func mean(img *image.RGBA, x, y, n int) rgb {
	var sum rgb
	for i := range n * n {
		c := img.RGBAAt(x+i%n, y+i/n)
		sum = sum.plus(rgb{int(c.R), int(c.G), int(c.B)})
	}
	return sum.mean(n * n)
}

// decodeSixel is a plain reader of what DEC's manual (VT330, chapter 14) describes.
func decodeSixel(t *testing.T, s string) *image.RGBA {
	t.Helper()
	head := regexp.MustCompile(`^\x1bP0;1;0q"1;1;(\d+);(\d+)`).FindStringSubmatch(s)
	if head == nil || !strings.HasSuffix(s, "\x1b\\") {
		t.Fatalf("no sixels: %.40q", s)
	}
	w, _ := strconv.Atoi(head[1])
	h, _ := strconv.Atoi(head[2])
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	palette := map[string]color.RGBA{}
	var at color.RGBA
	x, y := 0, 0
	token := regexp.MustCompile(`#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|[?-~$-]`)
	body := strings.TrimSuffix(s[len(head[0]):], "\x1b\\")
	read := 0
	for _, m := range token.FindAllStringSubmatch(body, -1) {
		read += len(m[0])
		n, bits := 1, m[0]
		switch {
		case m[2] != "":
			percent := func(s string) uint8 { v, _ := strconv.Atoi(s); return uint8((v*255 + 50) / 100) }
			palette[m[1]] = color.RGBA{percent(m[2]), percent(m[3]), percent(m[4]), 255}
			continue
		case m[1] != "":
			at = palette[m[1]]
			continue
		case m[0] == "$":
			x = 0
			continue
		case m[0] == "-":
			x, y = 0, y+6
			continue
		case m[5] != "":
			n, _ = strconv.Atoi(m[5])
			bits = m[6]
		}
		for ; n > 0; n, x = n-1, x+1 {
			for bit := range 6 {
				if (bits[0]-'?')>>bit&1 != 0 {
					img.SetRGBA(x, y+bit, at)
				}
			}
		}
	}
	if read != len(body) {
		t.Fatalf("%d of %d bytes are sixels", read, len(body))
	}
	return img
}

// Each threshold occurs once, and neighbours differ much.
func TestBayer(t *testing.T) {
	var seen [64]bool
	for _, v := range bayer {
		seen[v] = true
	}
	for v, ok := range seen {
		if !ok {
			t.Errorf("there is no threshold %d", v)
		}
	}
	if bayer[0] != 0 || bayer[1] != 32 || bayer[8] != 48 || bayer[9] != 16 {
		t.Errorf("the pattern begins with %v, %v", bayer[:2], bayer[8:10])
	}
}

func TestBest(t *testing.T) {
	for _, c := range []struct {
		answers Answers
		want    Drawing
	}{
		{Answers{}, Cells},
		{Answers{Term: "dumb"}, ASCII},
		{Answers{Term: "xterm-kitty", Name: "kitty(0.43.1)", Kitty: true}, Kitty},
		{Answers{Name: "ghostty 1.2", Kitty: true, Sixel: true}, Kitty},
		{Answers{Name: "WezTerm 2025", Kitty: true, Sixel: true}, Sixel}, // which has no placeholders
		{Answers{Name: "Konsole 25", Kitty: true}, Cells},
		{Answers{Name: "xterm-kitty", Tmux: true, Passes: true}, Kitty},
		{Answers{Name: "xterm-kitty", Tmux: true}, Cells},
		{Answers{Name: "foot(1.20)", Sixel: true}, Sixel},
	} {
		if got := c.answers.Best(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.answers, got, c.want)
		}
	}
	if (Answers{Name: "XTerm(390)"}).Grid() != Quadrants || (Answers{Name: "foot"}).Grid() != Sextants {
		t.Error("blocks don't go by the terminal's fonts")
	}
	if (Answers{Term: "linux"}).Asks() || !(Answers{Term: "xterm"}).Asks() {
		t.Error("the wrong terminals are asked")
	}
}

func BenchmarkSixel(b *testing.B) {
	img := photo()
	for b.Loop() {
		SixelImage(img, 28, 14, 8, 16)
	}
}

func BenchmarkSixelMap(b *testing.B) {
	img := hill(b)
	for b.Loop() {
		SixelImage(img, 28, 14, 8, 16)
	}
}

func BenchmarkKitty(b *testing.B) {
	img := photo()
	for b.Loop() {
		KittyImage(ID{1, 1}, img, 28, 14, 8, 16, false)
		KittyCells(ID{1, 1}, 28, 14)
	}
}
