package vision

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
)

// maxEXIF bounds how much of an EXIF block is read, in bytes: the orientation is in its
// first directory.
const maxEXIF = 64 << 10

// inspectJPEG reads the markers up to the first scan, to find the orientation and, in the
// frame header, the planes that the decoder will hold.
func inspectJPEG(rs io.ReadSeeker, _ image.Config, h *header) error {
	h.perPixel = jpegWorst
	r := bufio.NewReader(rs)
	if _, err := r.Discard(2); err != nil {
		return err
	}
	for {
		marker, size, err := jpegSegment(r)
		if err != nil || marker == 0xda {
			return endOf(err)
		}
		if marker != 0xe1 && !isSOF(marker) {
			if _, err := r.Discard(size); err != nil {
				return endOf(err)
			}
			continue
		}
		seg := make([]byte, size) // at most 64 KB
		if _, err := io.ReadFull(r, seg); err != nil {
			return endOf(err)
		}
		if isSOF(marker) {
			h.perPixel = jpegBytesPerPixel(seg, marker == 0xc2)
		} else if len(seg) > 6 && string(seg[:6]) == "Exif\x00\x00" {
			h.orientation = orientation(seg[6:])
		}
	}
}

// jpegSegment reads the next marker with a segment, and the segment's length in bytes.
func jpegSegment(r *bufio.Reader) (marker byte, size int, err error) {
	for {
		if _, err = r.ReadSlice(0xff); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, 0, err
		} else if err != nil {
			continue
		}
		for marker = 0xff; marker == 0xff; {
			if marker, err = r.ReadByte(); err != nil {
				return 0, 0, err
			}
		}
		if marker == 0 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd9 {
			continue // byte stuffing, and markers without a segment
		}
		var n [2]byte
		if _, err = io.ReadFull(r, n[:]); err != nil {
			return 0, 0, err
		}
		return marker, max(int(binary.BigEndian.Uint16(n[:]))-2, 0), nil
	}
}

// isSOF reports a marker that starts a frame that Go can decode.
func isSOF(marker byte) bool { return marker >= 0xc0 && marker <= 0xc2 }

// jpegWorst is the largest jpegBytesPerPixel: progressive CMYK.
const jpegWorst = 4 + 4*4 + 3 + 4

// jpegBytesPerPixel returns the bytes per pixel that decoding takes, from a frame header:
// the samples of all components and the result in RGB. A progressive JPEG has a 4-byte
// coefficient per sample as well, and CMYK another 4 bytes per pixel.
func jpegBytesPerPixel(sof []byte, progressive bool) float64 {
	if len(sof) < 6 || len(sof) < 6+3*int(sof[5]) || sof[5] == 0 {
		return jpegWorst // the decoder reports what is wrong
	}
	n := int(sof[5])
	var sum, hMax, vMax float64
	for i := range n {
		hv := sof[6+3*i+1]
		h, v := float64(hv>>4), float64(hv&15)
		sum += h * v
		hMax = max(hMax, h)
		vMax = max(vMax, v)
	}
	if hMax == 0 || vMax == 0 {
		return jpegWorst
	}
	samples := sum / (hMax * vMax)
	perPixel := samples + 3
	if progressive {
		perPixel += 4 * samples
	}
	if n == 4 {
		perPixel += 4
	}
	return perPixel
}

// inspectPNG looks for an eXIf chunk, which may come after the pixels.
func inspectPNG(r io.ReadSeeker, cfg image.Config, h *header) error {
	var head [29]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	h.perPixel = 3 + pngBytesPerPixel(cfg.ColorModel)
	if interlaced := head[28] != 0; interlaced {
		h.perPixel += h.perPixel - 3 // each pass is decoded as a picture of its own
	}
	if _, err := r.Seek(4, io.SeekCurrent); err != nil {
		return err
	}
	return chunks(r, func(b []byte) (string, int64) {
		return string(b[4:8]), int64(binary.BigEndian.Uint32(b))
	}, 4, func(id string, body func() []byte) bool {
		if id == "eXIf" {
			h.orientation = orientation(body())
		}
		return id != "IEND" && id != "eXIf"
	})
}

// pngBytesPerPixel returns the size of the decoder's pixels. A grey picture may have four
// channels: transparency can't be seen in the header's colour model.
func pngBytesPerPixel(m color.Model) float64 {
	switch m {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// inspectWebP looks for an EXIF chunk, which comes after the pixels.
func inspectWebP(r io.ReadSeeker, _ image.Config, h *header) error {
	h.perPixel = 3 + 12 // pixels, their alpha decoded as pixels, a transform's copy
	if _, err := r.Seek(12, io.SeekStart); err != nil {
		return err
	}
	return chunks(r, func(b []byte) (string, int64) {
		n := int64(binary.LittleEndian.Uint32(b[4:]))
		return string(b[:4]), n + n&1
	}, 0, func(id string, body func() []byte) bool {
		switch id {
		case "ANIM", "ANMF":
			h.animated = true
		case "EXIF":
			b := body()
			if len(b) > 6 && string(b[:6]) == "Exif\x00\x00" {
				b = b[6:]
			}
			h.orientation = orientation(b)
		}
		return id != "EXIF"
	})
}

// chunks reads a list of chunks: 8 bytes, which head parses to a name and a length, a body
// of that length and a tail of tail bytes. It calls each for every chunk until that returns
// false or the file ends. If the file ends too early, the decoder reports it.
func chunks(r io.ReadSeeker, head func([]byte) (string, int64), tail int64,
	each func(id string, body func() []byte) bool) error {
	for {
		var buf [8]byte
		if _, err := io.ReadFull(r, buf[:]); err != nil {
			return endOf(err)
		}
		id, size := head(buf[:])
		next, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		if !each(id, func() []byte {
			b, _ := io.ReadAll(io.LimitReader(r, min(size, maxEXIF)))
			return b
		}) {
			return nil
		}
		if _, err := r.Seek(next+size+tail, io.SeekStart); err != nil {
			return err
		}
	}
}

// endOf ignores the error at the end of a file.
func endOf(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// inspectBMP has nothing to look for: a BMP has no orientation.
func inspectBMP(_ io.ReadSeeker, _ image.Config, h *header) error {
	h.perPixel = 3 + 4
	return nil
}

// inspectTIFF looks for the orientation in the first directory, which may stand anywhere.
func inspectTIFF(r io.ReadSeeker, cfg image.Config, h *header) error {
	h.perPixel = 3 + 2*pngBytesPerPixel(cfg.ColorModel) // a strip may hold the whole picture once more
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	var order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	} = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	if _, err := r.Seek(int64(order.Uint32(head[4:])), io.SeekStart); err != nil {
		return err
	}
	dir, err := io.ReadAll(io.LimitReader(r, maxEXIF))
	if err != nil {
		return err
	}
	h.orientation = orientation(append(order.AppendUint32(head[:4:4], uint32(len(head))), dir...))
	return nil
}
