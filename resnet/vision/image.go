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

// Image is a decoded picture: 8-bit RGB, interleaved, row-major and upright.
// len(Pix) == 3·Width·Height.
type Image struct {
	Width, Height int
	Pix           []uint8
}

func newImage(w, h int) *Image {
	return &Image{Width: w, Height: h, Pix: make([]uint8, 3*w*h)}
}

// What a picture may ask for. A JPEG or GIF can't be wider than maxSide, and
// Go's decoders, which hold whole planes, stay under maxDecode with it.
const (
	maxSide   = 65535
	maxPixels = 100_000_000
	maxDecode = 1 << 30 // bytes, for all pictures that are being decoded at once
	// After a picture of this size the garbage is collected at once: left to
	// itself the heap would double before that.
	largeDecode = 256 << 20
)

// ReadFile decodes the picture at path. Its errors start with the path.
func ReadFile(path string) (*Image, error) {
	var im *Image
	err := withFile(path, func(got *Image) { im = got })
	return im, err
}

// Decode reads one picture from r, which must stand at its start, of an
// animated GIF the first frame. It fails for a format that it doesn't know, a
// picture that is too large (before taking memory for it), and a file that is
// cut off or damaged.
func Decode(r io.ReadSeeker) (*Image, error) {
	var im *Image
	err := decode(r, maxPixels, func(got *Image) { im = got })
	return im, err
}

// withFile decodes the picture at path and hands it to use, while the memory
// that it takes still counts.
func withFile(path string, use func(*Image)) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := decode(f, maxPixels, use); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// openRegular opens a file for reading. A pipe or device is refused: it can't
// be read twice, and opening one may wait for ever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: is a folder, not a file", path)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file; save it as one first", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	return f, nil
}

// pathError puts the path first, as every error of this package does.
func pathError(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// decode hands the picture to use. The limit of pixels is the caller's so that
// tests can lower it.
func decode(rs io.ReadSeeker, pixels int64, use func(*Image)) error {
	r := &source{ReadSeeker: rs}
	c, err := sniff(r)
	if err != nil {
		return err
	}
	h, err := c.header(r)
	if err != nil {
		return c.broken(r, err)
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

// release gives the memory of a picture back.
func release(cost int64) {
	if cost >= largeDecode {
		runtime.GC()
	}
	memory.give(cost)
}

// header is what a file says about its picture before the pixels.
type header struct {
	width, height int
	orientation   int     // EXIF: 1 to 8
	perPixel      float64 // bytes that decoding holds for each pixel, RGB included
	hidden        *hiddenColor
	animated      bool
}

// cost is an upper bound of the bytes that decoding and turning take.
func (h header) cost() int64 {
	per := h.perPixel
	if h.orientation != 1 {
		per += 3
	}
	return int64(per * float64(h.width) * float64(h.height))
}

// check refuses a picture by its header.
func (h header) check(format string, pixels int64) error {
	w, ht := int64(h.width), int64(h.height)
	switch {
	case w < 1 || ht < 1:
		return fmt.Errorf("damaged %s: it is %d×%d pixels", format, w, ht)
	case w > maxSide || ht > maxSide || w*ht > pixels:
		return fmt.Errorf("%s of %d×%d pixels is too large: at most %d a side and %d million in all; scale it down first",
			format, w, ht, maxSide, pixels/1_000_000)
	case h.cost() > maxDecode:
		return fmt.Errorf("%s of %d×%d pixels would take %d MB to decode, the limit is %d; scale it down first",
			format, w, ht, h.cost()>>20, maxDecode>>20)
	case h.animated:
		return fmt.Errorf("animated %s can't be read; extract a frame first", format)
	}
	return nil
}

// header reads everything in front of the pixels.
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

// pixels decodes the picture that h describes. A frame that is smaller than
// its canvas (GIF) lies on the canvas's first colour.
func (c *codec) pixels(r *source, h header) (*Image, error) {
	m, err := c.decode(bufio.NewReader(r))
	if err != nil {
		return nil, err
	}
	canvas := image.Rect(0, 0, h.width, h.height)
	if m.Bounds().Empty() || !m.Bounds().In(canvas) {
		return nil, fmt.Errorf("pixels of %v in a picture of %v", m.Bounds(), canvas)
	}
	im := newImage(h.width, h.height)
	return im, im.draw(m, c, h.hidden)
}

// broken words what another package's decoder said.
func (c *codec) broken(r *source, err error) error {
	if r.ended {
		return fmt.Errorf("%s is cut off or damaged: its data ends too early", c.name)
	}
	return fmt.Errorf("%s can't be decoded (%w): it is damaged, or of a kind that isn't supported", c.name, err)
}
