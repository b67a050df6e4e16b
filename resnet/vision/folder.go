package vision

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folderSet is a set of pictures in files, one folder per class, which are decoded when
// they are read.
type folderSet struct {
	t       Transform
	classes []string
	files   []labelled
	skipped Skipped
}

// labelled is a picture's file and label.
type labelled struct {
	path  string
	label int
}

// openFolder lists the pictures of a split; they are decoded when they are read.
func openFolder(dir string, o DataOptions) (Dataset, error) {
	t := o.Transform
	if t.Channels == 0 {
		t = ForImageNet(3, 224, 224)
	}
	t.Norm = o.Norm.or(t.Norm)
	if err := t.Check(); err != nil {
		return nil, err
	}
	dir, err := splitDir(dir, o.Split)
	if err != nil {
		return nil, err
	}
	s := &folderSet{t: t, skipped: Skipped{}}
	if s.classes, err = subfolders(dir); err != nil {
		return nil, err
	}
	if len(s.classes) == 0 {
		return nil, fmt.Errorf("%s: no subfolders; each class needs one, with its pictures in it", dir)
	}
	for i, class := range s.classes {
		if err := s.addClass(filepath.Join(dir, class), i); err != nil {
			return nil, err
		}
	}
	s.files = evenly(s.files, o.Limit)
	return s, nil
}

// splitDir returns the folder of a split if dir has one folder for training and one for
// testing, and dir itself otherwise.
func splitDir(dir string, split Split) (string, error) {
	names, err := subfolders(dir)
	if err != nil {
		return "", err
	}
	folders := map[string]string{} // by split
	for _, n := range names {
		switch n {
		case "train":
			folders["train"] = n
		case "val", "test":
			folders["test"] = n // val comes after test and wins: ImageNet has labels only for val
		}
	}
	if len(folders) == 2 {
		return filepath.Join(dir, folders[split.String()]), nil
	}
	return dir, nil
}

// subfolders lists the names of the folders in dir, including links to folders, sorted.
func subfolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, pathError(dir, err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// addClass adds the pictures in dir and its subfolders, in the order of their paths.
func (s *folderSet) addClass(dir string, label int) error {
	before := len(s.files)
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return pathError(dir, err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return pathError(path, err)
		}
		switch {
		case d.IsDir():
		case isPicture(d.Name()):
			s.files = append(s.files, labelled{path, label})
		default:
			s.skipped.add(d.Name())
		}
		return nil
	})
	if err == nil && len(s.files) == before {
		err = fmt.Errorf("%s: no picture of this class (%s)", dir, Formats)
	}
	return err
}

// evenly takes n files at even distances, or all of them if n is 0.
func evenly(files []labelled, n int) []labelled {
	if n == 0 || n >= len(files) {
		return files
	}
	some := make([]labelled, n)
	for i := range some {
		some[i] = files[i*len(files)/n]
	}
	return some
}

func (s *folderSet) Len() int             { return len(s.files) }
func (s *folderSet) Shape() (c, h, w int) { return s.t.Channels, s.t.Height, s.t.Width }
func (s *folderSet) Classes() []string    { return s.classes }
func (s *folderSet) normalisation() Norm  { return s.t.Norm }

func (s *folderSet) Read(i int, dst []float32) (int, error) {
	f := s.files[i]
	return f.label, s.t.read(f.path, dst)
}
