package vision

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// fashionDir is the folder in which Debian's package dataset-fashion-mnist installs the
// set.
const fashionDir = "/usr/share/datasets/fashion-mnist"

// The IDX format of MNIST and similar sets (yann.lecun.com/exdb/mnist), whose numbers are
// big-endian 32-bit integers:
//
//	0 0 8 3 │ number of images, rows, columns │ pixels, a byte each
//	0 0 8 1 │ number of labels                │ labels, a byte each
//
// In the magic number, 8 means unsigned bytes, and the last byte counts the extents.
const (
	idxImages = 0x00000803
	idxLabels = 0x00000801
	maxIDX    = 200_000 // items per file
)

// openFashion reads the images and labels of a split into memory.
func openFashion(dir string, o DataOptions) (Dataset, error) {
	if dir == "" {
		dir = fashionDir
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("Fashion-MNIST is not at %s: "+
				"install it (Debian: dataset-fashion-mnist) or give its folder, fashion-mnist:DIR", dir)
		}
	}
	stem := map[Split]string{Train: "train", Test: "t10k"}[o.Split]
	images, labels := stem+"-images-idx3-ubyte", stem+"-labels-idx1-ubyte"
	s := &byteSet{c: 1, h: 28, w: 28, classes: Labels("fashion-mnist", 10)}
	pix, err := readIDX(dir, images, idxImages, s.h, s.w)
	if err != nil {
		return nil, err
	}
	s.labels, err = readIDX(dir, labels, idxLabels)
	if err != nil {
		return nil, err
	}
	if err := s.split(pix); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, labels), err)
	}
	return s.finish(o, Norm{Mean: []float32{0.2860}, Std: []float32{0.3530}})
}

// split splits pix into images, and checks their number and labels.
func (s *byteSet) split(pix []uint8) error {
	size := s.c * s.h * s.w
	if n := len(pix) / size; n != len(s.labels) {
		return fmt.Errorf("%d labels for %d images", len(s.labels), n)
	}
	for i, l := range s.labels {
		if int(l) >= len(s.classes) {
			return fmt.Errorf("label %d of image %d is out of range: the classes are 0 to %d", l, i, len(s.classes)-1)
		}
		s.images = append(s.images, pix[i*size:(i+1)*size])
	}
	return nil
}

// readIDX returns the data of the file name or name.gz in dir. The header must have the
// magic number and, after the number of items, the extents.
func readIDX(dir, name string, magic uint32, extents ...int) ([]uint8, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		path += ".gz"
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s: neither %s nor %s.gz is there", dir, name, name)
		}
	}
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := decodeIDX(f, magic, extents)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// decodeIDX returns the data of an IDX stream, compressed with gzip or not.
func decodeIDX(f io.Reader, magic uint32, extents []int) ([]uint8, error) {
	r := bufio.NewReader(f)
	if b, _ := r.Peek(2); bytes.Equal(b, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("damaged gzip: %w", err)
		}
		r = bufio.NewReader(z)
	}
	n, err := idxHeader(r, magic, extents)
	if err != nil {
		return nil, err
	}
	size := n
	for _, e := range extents {
		size *= e
	}
	// The buffer grows with the data, not with what the header claims. One byte more is
	// read to notice a file that is too long.
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, io.LimitReader(r, int64(size)+1)); err != nil {
		return nil, fmt.Errorf("damaged or cut off after %d bytes of items: %w", buf.Len(), err)
	}
	if buf.Len() != size {
		return nil, fmt.Errorf("the header says %d items, %d bytes, but the file has %s",
			n, size, amount(buf.Len(), size))
	}
	return buf.Bytes(), nil
}

// amount describes how many bytes there were.
func amount(got, want int) string {
	if got > want {
		return "more"
	}
	return fmt.Sprint(got)
}

// idxHeader checks a header and returns its number of items.
func idxHeader(r io.Reader, magic uint32, extents []int) (int, error) {
	head := make([]uint32, 2+len(extents))
	for i := range head {
		if err := binary.Read(r, binary.BigEndian, &head[i]); err != nil {
			return 0, fmt.Errorf("the header is cut off or damaged: %w", err)
		}
		if head[0] != magic {
			return 0, fmt.Errorf("it starts with 0x%08x, but an IDX file of this kind with 0x%08x", head[0], magic)
		}
	}
	if head[1] < 1 || head[1] > maxIDX {
		return 0, fmt.Errorf("the header says %d items: 1 to %d can be read", head[1], maxIDX)
	}
	for i, e := range extents {
		if head[2+i] != uint32(e) {
			return 0, fmt.Errorf("the header says images of %v, but they must be %v", head[2:], extents)
		}
	}
	return int(head[1]), nil
}
