package vision

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"runtime"
)

// Image is a decoded picture in 8-bit RGB: pixel (x, y) of the upright picture is
// Pix[3·(y·Width+x):][:3].
type Image struct {
	Width, Height int
	Pix           []uint8
}

// newImage returns a black picture.
func newImage(w, h int) *Image {
	return &Image{Width: w, Height: h, Pix: make([]uint8, 3*w*h)}
}

// Limits of pictures. A JPEG or GIF can't be wider than maxSide, and with it Go's
// decoders, which hold whole planes, stay under maxDecode.
const (
	maxSide   = 65535       // pixels per side
	maxPixels = 100_000_000 // pixels per picture
	maxDecode = 1 << 30     // bytes of all pictures that are being decoded
	// After a picture of this many bytes garbage is collected at once: otherwise the heap
	// would double first.
	largeDecode = 256 << 20
)

// ReadFile decodes the picture at path. Its errors are those of Decode and of the file
// system; all of them start with the path.
func ReadFile(path string) (*Image, error) {
	var im *Image
	err := withFile(path, false, func(got *Image) { im = got })
	return im, err
}

// Decode reads one picture from the start of r, which must be at offset 0. Of an animated
// GIF it reads the first frame. It returns an error for an unknown format, for a picture
// that is too large (before memory is allocated for it), for an animated WebP, and for a
// file that is cut off or damaged. It may be called concurrently; a call waits while
// others use too much memory.
func Decode(r io.ReadSeeker) (*Image, error) {
	var im *Image
	err := decode(r, maxPixels, false, func(got *Image) { im = got })
	return im, err
}

// withFile decodes the picture at path, upright unless asStored, and calls use with it,
// while its memory is still counted.
func withFile(path string, asStored bool, use func(*Image)) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := decode(f, maxPixels, asStored, use); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// openRegular opens a regular file. Pipes and devices are refused: they can't be read
// twice, and opening one may block for ever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: this is a folder, not a file", path)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: this is not a regular file; save it as one first", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	return f, nil
}

// pathError puts the path first, as in every error about a file, and drops the name of the
// system call.
func pathError(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// decode decodes a picture of up to pixels pixels, and calls use with it: turned upright,
// unless it is wanted as it is stored.
func decode(rs io.ReadSeeker, pixels int64, asStored bool, use func(*Image)) error {
	r := &source{ReadSeeker: rs}
	c, err := sniff(r)
	if err != nil {
		return err
	}
	r.ended = false // the first bytes of a short file reach its end
	h, err := c.header(r)
	if err != nil {
		return c.broken(r, err)
	}
	if asStored {
		h.orientation = 1
	}
	if err := h.check(c.name, pixels); err != nil {
		return err
	}
	memory.take(h.cost())
	defer release(h.cost())
	im, err := c.pixels(r, h)
	if err != nil {
		return c.broken(r, err)
	}
	use(orient(im, h.orientation))
	return nil
}

// release returns the memory of a picture to the budget.
func release(cost int64) {
	if cost >= largeDecode {
		runtime.GC()
	}
	memory.give(cost)
}

// header is what is known of a picture before its pixels are decoded.
type header struct {
	width, height int
	orientation   int          // EXIF: 1 to 8
	perPixel      float64      // bytes per pixel that decoding takes, including the result
	hidden        *hiddenColor // of a GIF; nil: none
	animated      bool
}

// cost returns an upper bound of the bytes that decoding and turning take.
func (h header) cost() int64 {
	per := h.perPixel
	if h.orientation != 1 {
		per += 3
	}
	return int64(per * float64(h.width) * float64(h.height))
}

// check returns an error if the picture can't or shouldn't be decoded.
func (h header) check(format string, pixels int64) error {
	w, ht := int64(h.width), int64(h.height)
	switch {
	case w < 1 || ht < 1:
		return fmt.Errorf("damaged %s: it is %d×%d pixels", format, w, ht)
	case w > maxSide || ht > maxSide || w*ht > pixels:
		return fmt.Errorf("%s of %d×%d pixels is too large: at most %d per side and %d million in all; "+
			"scale it down first", format, w, ht, maxSide, pixels/1_000_000)
	case h.cost() > maxDecode:
		return fmt.Errorf("%s of %d×%d pixels would take %d MB to decode, the limit is %d; scale it down first",
			format, w, ht, h.cost()>>20, maxDecode>>20)
	case h.animated:
		return fmt.Errorf("animated %s can't be read; extract a frame first", format)
	}
	return nil
}

// header reads everything that is needed before the pixels, and returns to the start.
func (c *codec) header(r *source) (header, error) {
	h := header{orientation: 1}
	cfg, err := c.config(bufio.NewReader(r))
	if err != nil {
		return h, err
	}
	h.width, h.height = cfg.Width, cfg.Height
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return h, err
	}
	if err := c.inspect(r, cfg, &h); err != nil {
		return h, err
	}
	_, err = r.Seek(0, io.SeekStart)
	r.ended = false
	return h, err
}

// pixels decodes the picture that h describes. In a GIF, the frame may be smaller than the
// canvas, whose rest gets a background colour.
func (c *codec) pixels(r *source, h header) (*Image, error) {
	m, err := c.decode(bufio.NewReader(r))
	if err != nil {
		return nil, err
	}
	canvas := image.Rect(0, 0, h.width, h.height)
	if m.Bounds().Empty() || !m.Bounds().In(canvas) {
		return nil, fmt.Errorf("a frame at %v exceeds the picture at %v", m.Bounds(), canvas)
	}
	im := newImage(h.width, h.height)
	return im, im.draw(m, c, h.hidden)
}

// broken describes the error of another package's decoder.
func (c *codec) broken(r *source, err error) error {
	if r.ended {
		return fmt.Errorf("%s is cut off or damaged: its data ends too early", c.name)
	}
	return fmt.Errorf("%s can't be decoded (%w): it is damaged, or uses an unsupported feature", c.name, err)
}
