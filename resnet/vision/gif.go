package vision

import (
	"bufio"
	"image"
	"image/color"
	"io"
)

// hiddenColor is the palette entry that a GIF declares transparent. Go's decoder replaces
// it; Pillow's convert("RGB") shows it, and so does this package.
type hiddenColor struct {
	index uint8
	color color.RGBA
}

// inspectGIF reads the blocks up to the first frame, to find its transparent colour.
func inspectGIF(rs io.ReadSeeker, cfg image.Config, h *header) error {
	h.perPixel = 3 + 2 // the frame twice, while it is deinterlaced
	r := bufio.NewReader(rs)
	palette, _ := cfg.ColorModel.(color.Palette)
	if _, err := r.Discard(13 + 3*len(palette)); err != nil {
		return err
	}
	transparent := -1
	for {
		block, err := r.ReadByte()
		if err != nil {
			return endOf(err)
		}
		switch block {
		case 0x21: // extension
			index, err := gifExtension(r)
			if err != nil {
				return endOf(err)
			}
			if index != noControl {
				transparent = index
			}
		case 0x2c: // frame
			if transparent >= 0 {
				h.hidden, err = gifHidden(r, palette, transparent)
			}
			return endOf(err)
		default:
			return nil // the decoder reports what is wrong
		}
	}
}

// noControl stands for an extension that isn't about transparency.
const noControl = -2

// gifExtension reads an extension and returns the transparent index that it sets, −1 if
// it declares no index transparent, or noControl if it is about something else.
func gifExtension(r *bufio.Reader) (int, error) {
	label, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	index := noControl
	for {
		n, err := r.ReadByte()
		if err != nil || n == 0 {
			return index, err
		}
		if label == 0xf9 && n == 4 {
			var b [4]byte
			if _, err := io.ReadFull(r, b[:]); err != nil {
				return 0, err
			}
			index = -1
			if b[0]&1 != 0 {
				index = int(b[3])
			}
			continue
		}
		if _, err := r.Discard(int(n)); err != nil {
			return 0, err
		}
	}
}

// gifHidden reads a frame's descriptor, and looks up the transparent colour in the frame's
// own palette or else in the file's.
func gifHidden(r *bufio.Reader, global color.Palette, index int) (*hiddenColor, error) {
	var d [9]byte
	if _, err := io.ReadFull(r, d[:]); err != nil {
		return nil, err
	}
	hid := &hiddenColor{index: uint8(index), color: color.RGBA{A: 255}}
	if local := d[8]&0x80 != 0; !local {
		if index < len(global) {
			hid.color = global[index].(color.RGBA)
		}
		return hid, nil
	}
	if index >= 2<<(d[8]&7) {
		return hid, nil
	}
	var rgb [3]byte
	if _, err := r.Discard(3 * index); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(r, rgb[:]); err != nil {
		return nil, err
	}
	hid.color = color.RGBA{rgb[0], rgb[1], rgb[2], 255}
	return hid, nil
}
