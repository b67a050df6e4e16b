package vision

import (
	"fmt"
	"os"
	"strings"
)

// Dataset is a set of labelled images of one shape. Its methods may be called
// concurrently.
type Dataset interface {
	// Len returns the number of images.
	Len() int
	// Shape returns the channels, height and width of the images.
	Shape() (c, h, w int)
	// Classes returns the names of the classes, by label. It must not be changed.
	Classes() []string
	// Read writes image i to dst, normalised, as C×H×W, and returns its label. It returns
	// an error if the image can't be read.
	Read(i int, dst []float32) (label int, err error)
}

// Split selects a part of a data set.
type Split int

// The splits.
const (
	Test Split = iota
	Train
)

// String returns the split's name in messages.
func (s Split) String() string { return [...]string{"test", "train"}[s] }

// DataOptions determine how a data set is read. The zero value reads the test images.
type DataOptions struct {
	Split Split
	// Transform is applied to the pictures of a folder; the zero value stands for
	// ForImageNet(3, 224, 224). The images of other sets have a fixed size.
	Transform Transform
	Norm      Norm   // nil lists stand for the data set's usual ones
	Limit     int    // use at most this many images; 0: all
	Seed      uint64 // for synthetic images
}

// DataSpecs lists the specs that OpenData accepts, for messages and help.
const DataSpecs = "cifar10:PATH, fashion-mnist[:DIR], folder:DIR, synthetic[:N]"

// OpenData opens the data set that spec names:
//
//	cifar10:PATH         a file in CIFAR-10's binary format, or a folder of them
//	fashion-mnist[:DIR]  IDX files, gzip'd or not; Debian's folder by default
//	folder:DIR           one subfolder per class; or train/ and val/ or test/ with these
//	synthetic[:N]        generated: N images for training, N/4 for testing
//
// A single CIFAR-10 file is read whole, whichever split is asked for; in a folder, the
// files with "test" in their name are the test set, and the others the training set.
//
// Limit takes the first images, except in a folder, whose images are sorted by class:
// there it takes an even sample.
//
// An unknown spec, a file that is missing, damaged or of another format, and a
// normalisation that doesn't fit the images are errors.
func OpenData(spec string, o DataOptions) (Dataset, error) {
	kind, arg, given := strings.Cut(spec, ":")
	if o.Limit < 0 {
		return nil, fmt.Errorf("data set %s: the limit of %d images must not be negative", spec, o.Limit)
	}
	if arg == "" && (given || kind == "cifar10" || kind == "folder") {
		return nil, fmt.Errorf("data set %q: the part after %s: is missing (known are %s)", spec, kind, DataSpecs)
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

// HasTest reports whether the data set that spec names has test images separate from
// those for training. A single CIFAR-10 file and a folder without splits don't.
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

// byteSet is a data set that is held in memory, as the bytes of its files.
type byteSet struct {
	c, h, w int
	classes []string
	labels  []uint8
	images  [][]uint8 // C×H×W each
	norm    Norm
	tables  []table // of norm, one per channel
}

// finish checks the normalisation and applies the limit.
func (s *byteSet) finish(o DataOptions, usual Norm) (Dataset, error) {
	norm := o.Norm.or(usual)
	if err := norm.Check(s.c); err != nil {
		return nil, err
	}
	s.norm, s.tables = norm, norm.tables(s.c)
	if o.Limit > 0 && o.Limit < len(s.images) {
		s.images = s.images[:o.Limit]
	}
	return s, nil
}

func (s *byteSet) Len() int             { return len(s.images) }
func (s *byteSet) Shape() (c, h, w int) { return s.c, s.h, s.w }
func (s *byteSet) Classes() []string    { return s.classes }
func (s *byteSet) normalisation() Norm  { return s.norm }

func (s *byteSet) Read(i int, dst []float32) (int, error) {
	normalise(dst, s.images[i], s.tables)
	return int(s.labels[i]), nil
}

// normalise writes the planes of pix to dst. There is one table per plane.
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
