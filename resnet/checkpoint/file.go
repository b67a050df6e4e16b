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

// File is an open checkpoint. Its methods may be called from several
// goroutines; Close ends them all.
type File struct {
	name   string // for messages
	format string
	names  []string
	views  map[string]*view
	notes  map[string]string
	src    source
}

// Open recognises a file by its content and lists its tensors. Of a training
// checkpoint, which keeps weights beside an optimiser's state, it takes the
// weights; where there are several sets of weights the error names them, and
// path#name (checkpoint.pth#model_ema) opens one.
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

// Parse lists the tensors of a checkpoint in memory, which must not change
// while the File is open. name is for messages.
func Parse(name string, data []byte) (*File, error) {
	f, err := open(memoryFile{bytes.NewReader(data)}, name, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// splitKey cuts path#key, unless there is a file of the whole name.
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

// plainError says what the system found wrong in words without a system
// call's name.
func plainError(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", path, pe.Err)
	}
	return err
}

// format is a kind of file: how it begins, and how its tensors are listed.
type format struct {
	name  string
	match func(head []byte) bool
	list  func(src source, key string) (contents, error)
}

// contents is what a file holds.
type contents struct {
	tensors []named
	notes   map[string]string // safetensors' __metadata__
}

// plainly makes contents of a list of tensors alone.
func plainly(list func(src source, key string) ([]named, error)) func(source, string) (contents, error) {
	return func(src source, key string) (contents, error) {
		tensors, err := list(src, key)
		return contents{tensors: tensors}, err
	}
}

// named is a tensor of a file.
type named struct {
	name string
	view *view
}

func starts(magic string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
}

var formats = []format{
	{"npy", starts(npyMagic), plainly(listNPY)},
	{"torch zip", starts("PK\x03\x04"), plainly(listZip)},
	{"torch legacy", isLegacy, plainly(listLegacy)},
	{"safetensors", isSafetensors, listSafetensors},
}

// strangers are files that people take for checkpoints, and what to do.
var strangers = []struct{ magic, advice string }{
	{"\x89HDF\r\n\x1a\n", "this is an HDF5 file (Keras): convert it to safetensors first, see the README"},
	{"version https://git-lfs", "this is a Git LFS pointer, not the weights: run git lfs pull"},
	{"<", "this is a web page or XML, not weights: the download went wrong"},
	{"\x1f\x8b", "this file is compressed by gzip: unpack it first"},
	{"PK\x05\x06", "this zip archive is empty"},
	{"\x80", "this is a pickle, but not one that torch.save made: load it in Python and save its state_dict by torch.save or safetensors"},
}

// open lists the tensors of src, which the File then owns. name is for
// messages.
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
	for _, s := range strangers {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return nil, errors.New(s.advice)
		}
	}
	return nil, errors.New("this is none of .safetensors, .pth/.pt/.th by torch.save, .npy, or it is damaged at its start")
}

func newFile(src source, name, format string, c contents) (*File, error) {
	f := &File{name: name, format: format, src: src, notes: c.notes, views: make(map[string]*view, len(c.tensors))}
	for _, t := range c.tensors {
		if _, double := f.views[t.name]; double {
			return nil, fmt.Errorf("tensor %s is there twice", quote(t.name))
		}
		if err := t.view.check(); err != nil {
			return nil, fmt.Errorf("tensor %s %w", quote(t.name), err)
		}
		f.names = append(f.names, t.name)
		f.views[t.name] = t.view
	}
	return f, nil
}

// quote shows a name from a file: printable, and not endless.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// extents shows a shape, that of a scalar too.
func extents(s tensor.Shape) string {
	if len(s) == 0 {
		return "a scalar's"
	}
	return s.String()
}

// Format is "safetensors", "torch zip", "torch legacy" or "npy".
func (f *File) Format() string { return f.format }

// Names lists the tensors in the file's order.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Notes are what the file says about itself: safetensors' __metadata__, and
// nil in other formats. They must not be changed.
func (f *File) Notes() map[string]string { return f.notes }

// Info is a tensor's type and shape in the file; 0 and nil if there is no such
// tensor. A scalar's shape has no extents, and extents may be 0.
func (f *File) Info(name string) (DType, tensor.Shape) {
	v := f.views[name]
	if v == nil {
		return 0, nil
	}
	return v.dtype, append(tensor.Shape{}, v.shape...)
}

// Read converts a tensor to float32 into t, which has its shape. Numbers that
// float32 does not have are rounded to the nearest; true is 1.
func (f *File) Read(name string, t *tensor.Tensor) error {
	v := f.views[name]
	switch {
	case v == nil:
		return fmt.Errorf("%s has no tensor %s", f.name, quote(name))
	case !v.shape.Equal(t.Shape):
		return fmt.Errorf("%s: %s has the shape %s, not %s", f.name, quote(name), extents(v.shape), extents(t.Shape))
	}
	if err := v.read(f.src, t.Data); err != nil {
		return fmt.Errorf("%s: %s: %w", f.name, quote(name), err)
	}
	return nil
}

// Load reads a tensor into new memory, never more than the file's own size
// calls for.
func (f *File) Load(name string) (*tensor.Tensor, error) {
	_, shape := f.Info(name)
	if shape == nil {
		return nil, fmt.Errorf("%s has no tensor %s", f.name, quote(name))
	}
	if err := shape.Check(); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", f.name, quote(name), err)
	}
	if int64(shape.Elems()) > f.src.Size() {
		return nil, fmt.Errorf("%s: %s would unpack to the shape %v from a file of %d bytes", f.name, quote(name), shape, f.src.Size())
	}
	t := tensor.New(shape...)
	return t, f.Read(name, t)
}

// Close frees the file. Reads fail from then on.
func (f *File) Close() error { return f.src.Close() }
