package vision

import (
	"fmt"
	"os"
	"strings"
)

// Dataset is labelled images of one shape. It may be read from several
// goroutines.
type Dataset interface {
	Len() int
	Shape() (c, h, w int)
	Classes() []string
	// Read writes image i to dst, normalised, as C×H×W, and returns its class.
	Read(i int, dst []float32) (label int, err error)
}

// Split says which part of a data set is wanted.
type Split int

// The splits.
const (
	Test Split = iota
	Train
)

// String is the split's name in messages.
func (s Split) String() string { return [...]string{"test", "train"}[s] }

// DataOptions say how a data set is read.
type DataOptions struct {
	Split Split
	// Transform makes images of a folder's pictures; the zero value stands for
	// ForImageNet(3, 224, 224). Other sets come in a size of their own.
	Transform Transform
	Norm      Norm   // a list left nil is the data set's usual one
	Limit     int    // at most so many images, 0: all
	Seed      uint64 // of synthetic images
}

// DataSpecs is how data sets are named, for messages and help.
const DataSpecs = "cifar10:PATH, fashion-mnist[:DIR], folder:DIR, synthetic[:N]"

// OpenData opens the data set that spec names:
//
//	cifar10:PATH         a file in CIFAR-10's binary format, or a folder of them
//	fashion-mnist[:DIR]  IDX files, gzip'd or not; Debian's folder by default
//	folder:DIR           a class a subfolder; or train/ and val/ or test/ with such
//	synthetic[:N]        generated: N images for training, N/4 for testing
//
// A CIFAR-10 file is the whole set, whichever split is asked for; in a folder
// the files with "test" in their name are the test set, the others the
// training set.
//
// Limit takes the first images, of a folder an even sample, since its images
// are sorted by class.
func OpenData(spec string, o DataOptions) (Dataset, error) {
	kind, arg, given := strings.Cut(spec, ":")
	if o.Limit < 0 {
		return nil, fmt.Errorf("data set %s: a limit of %d images can't be met", spec, o.Limit)
	}
	if arg == "" && (given || kind == "cifar10" || kind == "folder") {
		return nil, fmt.Errorf("data set %q: what follows %s: is missing (known are %s)", spec, kind, DataSpecs)
	}
	switch kind {
	case "cifar10":
		return openCIFAR(arg, o)
	case "fashion-mnist":
		return openFashion(arg, o)
	case "folder":
		return openFolder(arg, o)
	case "synthetic":
		return openSynthetic(arg, o)
	}
	return nil, fmt.Errorf("data set %q is unknown: known are %s", spec, DataSpecs)
}

// HasTest reports whether the set that spec names keeps images for testing
// apart from those for training: a single CIFAR-10 file and a folder that is
// not split don't.
func HasTest(spec string) bool {
	kind, arg, _ := strings.Cut(spec, ":")
	switch kind {
	case "cifar10":
		info, err := os.Stat(arg)
		return err != nil || info.IsDir()
	case "folder":
		dir, err := splitDir(arg, Test)
		return err != nil || dir != arg
	}
	return true
}

// byteSet is a data set in memory, in the bytes that it came in.
type byteSet struct {
	c, h, w int
	classes []string
	labels  []uint8
	images  [][]uint8 // C×H×W each
	tables  []table   // a channel each
}

// finish checks the normalisation and applies the limit.
func (s *byteSet) finish(o DataOptions, usual Norm) (Dataset, error) {
	norm := o.Norm.or(usual)
	if err := norm.Check(s.c); err != nil {
		return nil, err
	}
	s.tables = norm.tables(s.c)
	if o.Limit > 0 && o.Limit < len(s.images) {
		s.images = s.images[:o.Limit]
	}
	return s, nil
}

func (s *byteSet) Len() int             { return len(s.images) }
func (s *byteSet) Shape() (c, h, w int) { return s.c, s.h, s.w }
func (s *byteSet) Classes() []string    { return s.classes }

func (s *byteSet) Read(i int, dst []float32) (int, error) {
	normalise(dst, s.images[i], s.tables)
	return int(s.labels[i]), nil
}

// normalise writes the planes of pix, one a table, to dst.
func normalise(dst []float32, pix []uint8, tables []table) {
	n := len(pix) / len(tables)
	for c := range tables {
		t := &tables[c]
		out := dst[c*n : (c+1)*n]
		for i, v := range pix[c*n : (c+1)*n] {
			out[i] = t[v]
		}
	}
}
