package vision

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CIFAR-10's binary format (https://www.cs.toronto.edu/~kriz/cifar.html): records of a
// label byte and 3×32×32 bytes of pixels, without a header:
//
//	label │ red, 32 rows of 32 bytes │ green │ blue
const (
	cifarRecord = 1 + 3*32*32 // bytes per record
	maxCIFAR    = 1 << 30     // bytes per file: six times the whole set
)

// openCIFAR reads a file, or the files of a split, into memory.
func openCIFAR(path string, o DataOptions) (Dataset, error) {
	files, err := cifarFiles(path, o.Split)
	if err != nil {
		return nil, err
	}
	s := &byteSet{c: 3, h: 32, w: 32, classes: Labels("cifar10", 10)}
	for _, f := range files {
		if err := s.addCIFAR(f); err != nil {
			return nil, err
		}
	}
	return s.finish(o, ImageNetNorm(3))
}

// cifarFiles returns path itself if it is a file, and the .bin files of the split if it
// is a folder.
func cifarFiles(path string, split Split) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	var files []string
	python := false
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		python = python || name == "batches.meta" || name == "test_batch" || strings.HasPrefix(name, "data_batch_")
		test := strings.Contains(name, "test")
		if filepath.Ext(name) == ".bin" && test == (split == Test) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 && python {
		return nil, fmt.Errorf("%s: this is CIFAR-10's \"python version\", pickled arrays as torchvision downloads them; "+
			"get the \"binary version\", cifar-10-binary.tar.gz", path)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no .bin file of the %s set "+
			"(test files have \"test\" in their name, training files don't)", path, split)
	}
	return files, nil
}

// addCIFAR adds the records of a file.
func (s *byteSet) addCIFAR(path string) error {
	data, err := readWhole(path, maxCIFAR)
	if err != nil {
		return err
	}
	if err := s.addRecords(data); err != nil {
		return fmt.Errorf("%s: not CIFAR-10's binary format: %w", path, err)
	}
	return nil
}

// addRecords adds records, without copying them. In errors they are counted from 0.
func (s *byteSet) addRecords(data []byte) error {
	n, rest := len(data)/cifarRecord, len(data)%cifarRecord
	if len(data) == 0 {
		return errors.New("the file is empty")
	}
	if rest != 0 {
		return fmt.Errorf("%d bytes are not a multiple of %d: record %d is cut off after %d bytes",
			len(data), cifarRecord, n, rest)
	}
	for i := range n {
		r := data[i*cifarRecord:][:cifarRecord]
		if int(r[0]) >= len(s.classes) {
			return fmt.Errorf("record %d has label %d, but the classes are 0 to %d", i, r[0], len(s.classes)-1)
		}
		s.labels = append(s.labels, r[0])
		s.images = append(s.images, r[1:])
	}
	return nil
}

// readWhole reads a file of up to limit bytes.
func readWhole(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, pathError(path, err)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s: %d MB are more than a file of this data set can have (at most %d)",
			path, info.Size()>>20, limit>>20)
	}
	data := make([]byte, info.Size())
	if n, err := f.ReadAt(data, 0); n < len(data) {
		return nil, pathError(path, errors.Join(errors.New("the file can't be read to its end"), err))
	}
	return data, nil
}
