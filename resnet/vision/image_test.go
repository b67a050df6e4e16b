package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func decodeBytes(b []byte) (*Image, error) { return Decode(bytes.NewReader(b)) }

// encoded encodes a picture in one of the formats that Go can write.
func encoded(t *testing.T, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngHeader returns a PNG that claims a size and holds nothing else.
func pngHeader(w, h uint32, depth, kind, interlace byte) []byte {
	ihdr := []byte("IHDR")
	ihdr = binary.BigEndian.AppendUint32(ihdr, w)
	ihdr = binary.BigEndian.AppendUint32(ihdr, h)
	ihdr = append(ihdr, depth, kind, 0, 0, interlace)
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	b = append(b, ihdr...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(ihdr))
}

// jpegHeader returns a 4:4:4 JPEG that claims a size, up to its first scan.
func jpegHeader(w, h uint16, sof byte) []byte {
	b := []byte{0xff, 0xd8, 0xff, sof, 0, 17, 8}
	b = binary.BigEndian.AppendUint16(b, h)
	b = binary.BigEndian.AppendUint16(b, w)
	return append(b, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xda, 0, 12)
}

// tiffHeader is the directory of a grey 8-bit TIFF, without its pixels.
func tiffHeader(w, h uint32) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\x05\x00")
	for _, e := range [][2]uint32{{256, w}, {257, h}, {258, 8}, {262, 1}, {277, 1}} {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = append(b, 4, 0, 1, 0, 0, 0) // one LONG
		b = binary.LittleEndian.AppendUint32(b, e[1])
	}
	return append(b, 0, 0, 0, 0)
}

func TestHugeHeadersTakeNoMemory(t *testing.T) {
	cases := map[string][]byte{
		"png 100000×100000":  pngHeader(100000, 100000, 8, 2, 0),
		"png wide":           pngHeader(1<<20, 2, 8, 0, 0),
		"png 16 bit, passes": pngHeader(9000, 9000, 16, 6, 1),
		"jpeg":               jpegHeader(65535, 65535, 0xc0),
		"jpeg progressive":   jpegHeader(9990, 9990, 0xc2),
		"gif":                []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"),
		"webp": []byte("RIFF\x40\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" +
			"\x00\x00\x00\x00\xff\xff\x00\xff\x3f\x00"),
		"tiff": tiffHeader(60000, 60000),
		"pgm":  []byte("P5 60000 60000 65535 "),
		"ppm":  []byte("P6 999999999 1 255 "),
		"bmp": append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00"+
			"\x28\x00\x00\x00\xff\xff\x00\x00\xff\x7f\x00\x00\x01\x00\x18\x00"), make([]byte, 24)...),
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := decodeBytes(b)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), "scale it down first") {
				t.Errorf("error %v", err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
				t.Errorf("took %d bytes to say so", took)
			}
		})
	}
}

func TestUnreadablePictures(t *testing.T) {
	cases := []struct{ name, data, want string }{
		{"empty", "", "empty"},
		{"text", "hello, world", "not a picture that can be read (" + Formats + ")"},
		{"one byte", "B", "not a picture"},
		{"heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC can't be read; convert it"},
		{"bare tiff", "II*\x00\x08\x00\x00\x00", "TIFF is cut off"},
		{"big tiff", "II+\x00\x08\x00\x00\x00", "BigTIFF can't be read; convert it"},
		{"plain ppm", "P3 1 1 255 1 2 3", "plain-text PGM or PPM can't be read; convert it"},
		{"ppm without a size", "P6 red", "its header has no width, height and largest sample"},
		{"ppm of 0×0", "P6 0 0 255 ", "damaged PPM: it is 0×0 pixels"},
		{"ppm of samples up to 0", "P6 1 1 0 \x00\x00\x00", "its largest sample is 0, not 1 to 65535"},
		{"cut ppm", "P6 2 2 255 \x01\x02", "PPM is cut off"},
		{"wave", "RIFF\x24\x00\x00\x00WAVEfmt ", "not a picture"},
		{"bare jpeg", "\xff\xd8\xff", "JPEG is cut off"},
		{"bare bmp", "BM", "BMP is cut off"},
		{"no pixels", string(pngHeader(0, 5, 8, 2, 0)), "PNG"},
		{"gif of 0×0", "GIF89a\x00\x00\x00\x00\x00\x00\x00", "damaged GIF: it is 0×0 pixels"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := decodeBytes([]byte(c.data))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestCutOff cuts every golden picture at many offsets. The result is an error or, after
// the pixels, the picture.
func TestCutOff(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldens, "in", "*"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 3000 || strings.HasSuffix(f, "animated.gif") {
			continue // an animation needs only its first frame
		}
		for n := 0; n < len(b); n += 1 + len(b)/60 {
			if _, err := decodeBytes(b[:n]); err == nil && n < len(b)*3/4 {
				t.Errorf("%s cut off at %d of %d bytes is read without an error", f, n, len(b))
			}
		}
	}
}

func TestAnimatedWebPIsRefused(t *testing.T) {
	_, err := ReadFile(filepath.Join(goldens, "in", "animated.webp"))
	if err == nil || !strings.Contains(err.Error(), "animated WebP can't be read") {
		t.Errorf("error %v", err)
	}
}

func TestErrorsStartWithThePath(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.jpg")
	if err := os.WriteFile(text, []byte("not a jpeg"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, dir, filepath.Join(dir, "missing.png"), os.DevNull} {
		_, err := ReadFile(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: error %v", path, err)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "missing.png")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v, not fs.ErrNotExist", err)
	}
}

func TestSixteenBitGreyIsScaled(t *testing.T) {
	m := image.NewGray16(image.Rect(0, 0, 3, 1))
	for x, v := range []uint16{0, 0x80ff, 0xffff} {
		m.SetGray16(x, 0, color.Gray16{Y: v})
	}
	im, err := decodeBytes(encoded(t, "png", m))
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{0, 0, 0, 0x80, 0x80, 0x80, 255, 255, 255}; !bytes.Equal(im.Pix, want) {
		t.Errorf("%v, want %v", im.Pix, want)
	}
}

func TestGIFFrameByGo(t *testing.T) {
	p := color.Palette{color.RGBA{1, 2, 3, 255}, color.RGBA{200, 100, 50, 255}}
	m := image.NewPaletted(image.Rect(0, 0, 5, 4), p)
	m.SetColorIndex(4, 3, 1)
	im, err := decodeBytes(encoded(t, "gif", m))
	if err != nil {
		t.Fatal(err)
	}
	if got := im.Pix[len(im.Pix)-3:]; !bytes.Equal(got, []uint8{200, 100, 50}) || im.Pix[0] != 1 {
		t.Errorf("last pixel %v, first %v", got, im.Pix[:3])
	}
}

// TestOrient checks each orientation by the positions of the pixels of a 3×2 picture.
func TestOrient(t *testing.T) {
	im := newImage(3, 2)
	for i := range im.Pix {
		im.Pix[i] = uint8(i / 3)
	}
	want := map[int][]uint8{
		1: {0, 1, 2, 3, 4, 5}, 2: {2, 1, 0, 5, 4, 3}, 3: {5, 4, 3, 2, 1, 0}, 4: {3, 4, 5, 0, 1, 2},
		5: {0, 3, 1, 4, 2, 5}, 6: {3, 0, 4, 1, 5, 2}, 7: {5, 2, 4, 1, 3, 0}, 8: {2, 5, 1, 4, 0, 3},
	}
	for o, w := range want {
		got := orient(im, o)
		if o >= 5 && (got.Width != 2 || got.Height != 3) {
			t.Errorf("orientation %d: %d×%d", o, got.Width, got.Height)
		}
		for i, v := range w {
			if got.Pix[3*i] != v || got.Pix[3*i+2] != v {
				t.Errorf("orientation %d: pixel %d is %d, want %d", o, i, got.Pix[3*i], v)
			}
		}
	}
}

func TestOrientationOfBadEXIF(t *testing.T) {
	entry := "\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
	cases := map[string]int{
		"":                                    1,
		"II*\x00":                             1,
		"II*\x00\xff\xff\xff\xff":             1,
		"II*\x00\x08\x00\x00\x00\xff\xff":     1,
		"II*\x00\x08\x00\x00\x00\x01\x00\x12": 1,
		"II*\x00\x08\x00\x00\x00\x01\x00" + entry:                                         6,
		"II*\x00\x08\x00\x00\x00\x01\x00" + strings.Replace(entry, "\x06", "\x09", 1):     1,
		"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x08\x00\x00": 8,
	}
	for tiff, want := range cases {
		if got := orientation([]byte(tiff)); got != want {
			t.Errorf("%q: orientation %d, want %d", tiff, got, want)
		}
	}
}

func TestBudgetWaits(t *testing.T) {
	b := newBudget(10)
	b.take(7)
	got := make(chan bool)
	go func() { b.take(5); close(got) }()
	select {
	case <-got:
		t.Fatal("took 12 of 10")
	case <-time.After(20 * time.Millisecond):
	}
	b.give(7)
	<-got
	b.give(5)
	if b.left != 10 {
		t.Errorf("%d left of 10", b.left)
	}
}
