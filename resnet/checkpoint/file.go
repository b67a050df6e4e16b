package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"resnet-tui/tensor"
)

// File is an open checkpoint. Its methods may be called concurrently. After Close, or if
// the file is truncated, Read and Load return an error. A File from Parse needn't be
// closed.
type File struct {
	name   string // for messages
	format string
	names  []string
	views  map[string]*view
	notes  map[string]string
	src    source
}

// Open recognises a file by its content and lists its tensors. From a training
// checkpoint, which holds an optimiser's state as well, it takes the weights. If there
// are several sets of weights, the error names them, and path#name, such as
// checkpoint.pth#model_ema, opens one.
//
// It returns an error if the file can't be read, isn't in one of the package's formats,
// is damaged or incomplete, or if only code of the file could make its weights.
func Open(path string) (*File, error) {
	path, key := splitKey(path)
	src, err := openSource(path)
	if err != nil {
		return nil, plainError(path, err)
	}
	f, err := open(src, filepath.Base(path), key)
	if err != nil {
		src.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Parse opens a checkpoint in memory. data must not change while the File is open. name
// stands for the path in errors.
func Parse(name string, data []byte) (*File, error) {
	f, err := open(memoryFile{bytes.NewReader(data)}, name, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// splitKey splits path#key, unless a file has the whole as its name.
func splitKey(path string) (file, key string) {
	i := strings.LastIndexByte(path, '#')
	if i < 0 {
		return path, ""
	}
	if _, err := os.Stat(path); err == nil {
		return path, ""
	}
	return path[:i], path[i+1:]
}

// plainError drops the name of the system call from an error.
func plainError(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", path, pe.Err)
	}
	return err
}

// format is a file format: how to recognise it by the first bytes, and how to list the
// tensors.
type format struct {
	name  string
	match func(head []byte) bool
	list  func(src source, key string) (contents, error)
}

// contents are the tensors of a file, and what it says about itself.
type contents struct {
	tensors []named
	notes   map[string]string // safetensors' __metadata__
}

// withoutNotes adapts the list function of a format without notes.
func withoutNotes(list func(src source, key string) ([]named, error)) func(source, string) (contents, error) {
	return func(src source, key string) (contents, error) {
		tensors, err := list(src, key)
		return contents{tensors: tensors}, err
	}
}

// named is a tensor of a file, and its name.
type named struct {
	name string
	view *view
}

// starts matches files that start with magic.
func starts(magic string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
}

// formats are tried in this order; at most one matches.
var formats = []format{
	{"npy", starts(npyMagic), withoutNotes(listNPY)},
	{"torch zip", starts("PK\x03\x04"), withoutNotes(listZip)},
	{"torch legacy", isLegacy, withoutNotes(listLegacy)},
	{"safetensors", isSafetensors, listSafetensors},
}

// lookalikes are formats that people mistake for checkpoints, and what to do about them.
var lookalikes = []struct{ magic, advice string }{
	{"\x89HDF\r\n\x1a\n", "this is an HDF5 file (Keras): convert it to safetensors first, see the README"},
	{"version https://git-lfs", "this is a Git LFS pointer, not the weights: run git lfs pull"},
	{"<", "this is a web page or XML, not weights: the download went wrong"},
	{"\x1f\x8b", "this file is compressed with gzip: unpack it first"},
	{"PK\x05\x06", "this zip archive is empty"},
	{"\x80", "this is a pickle, but not one that torch.save made: " +
		"load it in Python and save its state_dict with torch.save or safetensors"},
}

// open lists the tensors of src, which the File then owns. name is for errors.
func open(src source, name, key string) (*File, error) {
	head := make([]byte, min(64, src.Size()))
	if err := readFull(src, head, 0); err != nil {
		return nil, err
	}
	for _, fm := range formats {
		if !fm.match(head) {
			continue
		}
		c, err := fm.list(src, key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fm.name, err)
		}
		return newFile(src, name, fm.name, c)
	}
	for _, s := range lookalikes {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return nil, errors.New(s.advice)
		}
	}
	return nil, errors.New("not a checkpoint (.safetensors, .pth/.pt/.th by torch.save, .npy), or damaged at its start")
}

// newFile checks that names are unique and that every tensor lies within the file.
func newFile(src source, name, format string, c contents) (*File, error) {
	views := make(map[string]*view, len(c.tensors))
	f := &File{name: name, format: format, src: src, notes: c.notes, views: views}
	for _, t := range c.tensors {
		if _, double := f.views[t.name]; double {
			return nil, fmt.Errorf("duplicate tensor %s", quote(t.name))
		}
		if err := t.view.check(); err != nil {
			return nil, fmt.Errorf("tensor %s %w", quote(t.name), err)
		}
		f.names = append(f.names, t.name)
		f.views[t.name] = t.view
	}
	return f, nil
}

// quote quotes a name from a file, so that it is printable, and bounds its length.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// extents formats a shape, also that of a scalar.
func extents(s tensor.Shape) string {
	if len(s) == 0 {
		return "of a scalar"
	}
	return s.String()
}

// Format returns "safetensors", "torch zip", "torch legacy" or "npy".
func (f *File) Format() string { return f.format }

// Names lists the names of the tensors in the file's order.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Notes returns what the file says about itself: the __metadata__ of safetensors, and
// nil in other formats. The map must not be changed.
func (f *File) Notes() map[string]string { return f.notes }

// Info returns a tensor's type and shape in the file, or 0 and nil if there is no such
// tensor. A scalar's shape is empty but not nil, and extents may be 0.
func (f *File) Info(name string) (DType, tensor.Shape) {
	v := f.views[name]
	if v == nil {
		return 0, nil
	}
	return v.dtype, append(tensor.Shape{}, v.shape...)
}

// Read converts a tensor to float32 and writes it to t, which must have the same shape.
// Numbers are rounded to the nearest float32; true becomes 1. It returns an error if
// there is no such tensor, if the shape is another, or if the file can't be read.
func (f *File) Read(name string, t *tensor.Tensor) error {
	v := f.views[name]
	switch {
	case v == nil:
		return fmt.Errorf("%s has no tensor %s", f.name, quote(name))
	case !v.shape.Equal(t.Shape):
		return fmt.Errorf("%s: %s has the shape %s, not %s",
			f.name, quote(name), extents(v.shape), extents(t.Shape))
	}
	if err := v.read(f.src, t.Data); err != nil {
		return fmt.Errorf("%s: %s: %w", f.name, quote(name), err)
	}
	return nil
}

// Load reads a tensor into a new one. Besides the errors of Read it returns one for a
// tensor without elements, and one for a tensor with more elements than the file has
// bytes: so a small file, such as a compressed one, can't make it allocate much memory.
func (f *File) Load(name string) (*tensor.Tensor, error) {
	_, shape := f.Info(name)
	if shape == nil {
		return nil, fmt.Errorf("%s has no tensor %s", f.name, quote(name))
	}
	if err := shape.Check(); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", f.name, quote(name), err)
	}
	if int64(shape.Elems()) > f.src.Size() {
		return nil, fmt.Errorf("%s: %s would unpack to the shape %v from a file of %d bytes",
			f.name, quote(name), shape, f.src.Size())
	}
	t := tensor.New(shape...)
	return t, f.Read(name, t)
}

// Close closes the file, after reads in progress have finished.
func (f *File) Close() error { return f.src.Close() }
