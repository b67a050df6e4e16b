package vision

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
)

// pnmHeader is the header of a binary Netpbm picture: "P5" (PGM, grey) or "P6" (PPM, RGB),
// then width, height and largest sample as decimal numbers, between which there may be
// comments from # to the end of the line, and one byte of white space.
type pnmHeader struct {
	channels, width, height, most int
}

// bytes returns the size of a sample: two bytes, the high one first, if one can't hold it.
func (h pnmHeader) bytes() int {
	if h.most > 255 {
		return 2
	}
	return 1
}

func readPNMHeader(r *bufio.Reader) (pnmHeader, error) {
	var magic [2]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return pnmHeader{}, err
	}
	h := pnmHeader{channels: 1}
	if magic[1] == '6' {
		h.channels = 3
	}
	for _, field := range []*int{&h.width, &h.height, &h.most} {
		var err error
		if *field, err = pnmNumber(r); err != nil {
			return h, err
		}
	}
	if h.most < 1 || h.most > 65535 {
		return h, fmt.Errorf("its largest sample is %d, not 1 to 65535", h.most)
	}
	return h, nil
}

// pnmNumber reads white space and comments, a decimal number, and the byte behind it.
func pnmNumber(r *bufio.Reader) (int, error) {
	n, digits := 0, 0
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch space := b == ' ' || b >= '\t' && b <= '\r'; {
		case b >= '0' && b <= '9' && digits < 9:
			n = 10*n + int(b-'0')
			digits++
		case space && digits > 0:
			return n, nil
		case b == '#' && digits == 0:
			if err := skipLine(r); err != nil {
				return 0, err
			}
		case !space:
			return 0, errors.New("its header has no width, height and largest sample")
		}
	}
}

// skipLine reads to the end of the line.
func skipLine(r *bufio.Reader) error {
	for {
		if b, err := r.ReadByte(); err != nil || b == '\n' || b == '\r' {
			return err
		}
	}
}

// pnmConfig reads the size of a picture.
func pnmConfig(r io.Reader) (image.Config, error) {
	h, err := readPNMHeader(bufio.NewReader(r))
	return image.Config{ColorModel: color.NRGBAModel, Width: h.width, Height: h.height}, err
}

// decodePNM decodes a picture whose size was checked.
func decodePNM(r io.Reader) (image.Image, error) {
	in := bufio.NewReader(r)
	h, err := readPNMHeader(in)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	line := make([]byte, h.width*h.channels*h.bytes())
	for y := range h.height {
		if _, err := io.ReadFull(in, line); err != nil {
			return nil, err
		}
		h.draw(m.Pix[y*m.Stride:], line)
	}
	return m, nil
}

// draw writes one row in RGBA.
func (h pnmHeader) draw(dst, line []byte) {
	for x := range h.width {
		for c := range 3 {
			dst[4*x+c] = h.sample(line, x*h.channels+min(c, h.channels-1))
		}
		dst[4*x+3] = 255
	}
}

// sample returns sample i of a row, scaled to 0 to 255 and rounded.
func (h pnmHeader) sample(line []byte, i int) uint8 {
	v := 0
	if h.bytes() == 2 {
		v = int(binary.BigEndian.Uint16(line[2*i:]))
	} else {
		v = int(line[i])
	}
	return uint8((min(v, h.most)*255 + h.most/2) / h.most)
}

// inspectPNM has nothing to look for: a Netpbm picture has no orientation.
func inspectPNM(_ io.ReadSeeker, _ image.Config, h *header) error {
	h.perPixel = 3 + 4
	return nil
}
