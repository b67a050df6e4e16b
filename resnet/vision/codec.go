package vision

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Formats names the formats that Decode can read, for messages and help.
const Formats = "JPEG, PNG, WebP, BMP, GIF, TIFF, PPM, PGM"

// Extensions are the file extensions, in lower case, that mark the pictures among the
// files of a folder.
var Extensions = []string{".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}

// codec is a file format. inspect reads what config doesn't report into a header.
type codec struct {
	name    string
	matches func(magic []byte) bool
	config  func(io.Reader) (image.Config, error)
	decode  func(io.Reader) (image.Image, error)
	inspect func(io.ReadSeeker, image.Config, *header) error
}

// codecs are the formats that can be read.
var codecs = []codec{
	{"JPEG", prefix("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode, inspectJPEG},
	{"PNG", prefix("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode, inspectPNG},
	{"WebP", riff("WEBP"), webp.DecodeConfig, webp.Decode, inspectWebP},
	{"BMP", prefix("BM"), bmp.DecodeConfig, bmp.Decode, inspectBMP},
	{"GIF", prefix("GIF87a", "GIF89a"), gif.DecodeConfig, gif.Decode, inspectGIF},
	{"TIFF", prefix("II*\x00", "MM\x00*"), tiff.DecodeConfig, tiff.Decode, inspectTIFF},
	{"PPM", prefix("P6"), pnmConfig, decodePNM, inspectPNM},
	{"PGM", prefix("P5"), pnmConfig, decodePNM, inspectPNM},
}

// foreign are formats that can't be read, but are named in the error.
var foreign = []struct {
	name    string
	matches func([]byte) bool
}{
	{"HEIC", brand("heic", "heix", "mif1", "msf1")},
	{"AVIF", brand("avif", "avis")},
	{"BigTIFF", prefix("II+\x00", "MM\x00+")},
	{"PBM", prefix("P1", "P4")},
	{"plain-text PGM or PPM", prefix("P2", "P3")},
	{"PAM", prefix("P7")},
	{"JPEG 2000", prefix("\x00\x00\x00\x0cjP  ")},
	{"JPEG XL", prefix("\xff\x0a", "\x00\x00\x00\x0cJXL ")},
	{"Photoshop", prefix("8BPS")},
	{"PDF", prefix("%PDF")},
	{"SVG", prefix("<svg")},
}

// prefix matches files that start with one of magics.
func prefix(magics ...string) func([]byte) bool {
	return func(b []byte) bool {
		return slices.ContainsFunc(magics, func(s string) bool { return bytes.HasPrefix(b, []byte(s)) })
	}
}

// riff matches RIFF files of a kind.
func riff(kind string) func([]byte) bool {
	return func(b []byte) bool { return len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == kind }
}

// brand matches files in the ISO base media format, by their brand.
func brand(kinds ...string) func([]byte) bool {
	return func(b []byte) bool {
		return len(b) >= 12 && string(b[4:8]) == "ftyp" && slices.Contains(kinds, string(b[8:12]))
	}
}

// sniff finds the format by the first bytes, and returns to the start.
func sniff(r io.ReadSeeker) (*codec, error) {
	var buf [16]byte
	n, err := io.ReadFull(r, buf[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if n == 0 {
		return nil, errors.New("the file is empty")
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	for i := range codecs {
		if codecs[i].matches(buf[:n]) {
			return &codecs[i], nil
		}
	}
	for _, f := range foreign {
		if f.matches(buf[:n]) {
			return nil, errors.New(f.name + " can't be read; convert it to one of " + Formats)
		}
	}
	return nil, errors.New("not a picture that can be read (" + Formats + ")")
}

// source remembers whether its end was reached. That distinguishes an incomplete file
// from a damaged one; the errors of decoders don't.
type source struct {
	io.ReadSeeker
	ended bool
}

// Read reads, and notes whether the end was reached.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.ReadSeeker.Read(p)
	s.ended = s.ended || errors.Is(err, io.EOF)
	return n, err
}
