package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"resnet-tui/tensor"
)

// File is an open checkpoint. Its methods may be called concurrently. After Close, or if
// the file is truncated, Read and Load return an error. A File from Parse needn't be
// closed.
type File struct {
	name   string // for messages
	path   string // as it was opened, without a key
	format string
	names  []string
	views  map[string]*view
	sets   []*Set
	notes  map[string]string
	src    source
}

// Open recognises a file by its content and lists its tensors. A training checkpoint may
// hold several sets of weights, and an optimiser's state as well: Source chooses the set
// that fits a net. path#key opens only what stands under a key, such as
// checkpoint.pth#model_ema: a path of keys joined by dots, or a prefix of names. Keys that
// are numbers may be part of it. A dot at its end leaves out what lies below: "#." is the
// outermost dictionary.
//
// It returns an error if the file can't be read, isn't in one of the package's formats,
// is damaged or incomplete, if only code of the file could make its weights, or if there is
// nothing under the key.
func Open(path string) (*File, error) {
	path, key := splitKey(path)
	src, err := openSource(path)
	if err != nil {
		return nil, plainError(path, err)
	}
	f, err := openBeside(src, path, key)
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
	list  func(src source) (contents, error)
}

// contents are what a file holds, and what it says about itself: tensors, or in a pickle
// dictionaries of tensors.
type contents struct {
	tensors      []named
	dictionaries []*dictionary
	notes        map[string]string // safetensors' __metadata__
}

// all are the dictionaries; a file of plain tensors is one.
func (c *contents) all() []*dictionary {
	if c.dictionaries != nil {
		return c.dictionaries
	}
	return []*dictionary{{tensors: c.tensors}}
}

// plain adapts the list function of a format that holds tensors and nothing else.
func plain(list func(src source) ([]named, error)) func(source) (contents, error) {
	return func(src source) (contents, error) {
		tensors, err := list(src)
		return contents{tensors: tensors}, err
	}
}

// pickled adapts the list function of a format that is a pickle.
func pickled(list func(src source) ([]*dictionary, error)) func(source) (contents, error) {
	return func(src source) (contents, error) {
		found, err := list(src)
		return contents{dictionaries: found}, err
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
	{"npy", starts(npyMagic), plain(listNPY)},
	{"torch zip", starts("PK\x03\x04"), pickled(listZip)},
	{"torch legacy", isLegacy, pickled(listLegacy)},
	{"torch tar", isTar, pickled(listTar)},
	{"safetensors", isSafetensors, listSafetensors},
}

// lookalikes are formats that people mistake for checkpoints, and what to do about them.
var lookalikes = []struct{ magic, advice string }{
	{"\x89HDF\r\n\x1a\n", "this is an HDF5 file (Keras): convert it to safetensors first, see the README"},
	{"version https://git-lfs", "this is a Git LFS pointer, not the weights: run git lfs pull"},
	{"<", "this is a web page or XML, not weights: the download went wrong"},
	{"\x1f\x8b", "this file is compressed with gzip: unpack it first"},
	{"{", "this is JSON, and no weights"},
	{"PK\x05\x06", "this zip archive is empty"},
	{"\x80", "this is a pickle, but not one that torch.save made: " +
		"load it in Python and save its state_dict with torch.save or safetensors"},
}

// openBeside is open for a file that may be an index of others in its folder.
func openBeside(src source, path, key string) (*File, error) {
	head, err := headOf(src)
	if err != nil {
		return nil, err
	}
	if !isIndex(head) {
		return open(src, path, key)
	}
	all, d, err := openShards(src, path)
	if err != nil {
		return nil, err
	}
	f := &File{name: filepath.Base(path), path: path, format: "shards", src: all}
	if err := f.take([]*dictionary{d}, key); err != nil {
		all.Close()
		return nil, err
	}
	return f, nil
}

// open lists the tensors of src, which the File then owns. path is for errors.
func open(src source, path, key string) (*File, error) {
	fm, err := formatOf(src)
	if err != nil {
		return nil, err
	}
	c, err := fm.list(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fm.name, err)
	}
	f := &File{name: filepath.Base(path), path: path, format: fm.name, src: src, notes: c.notes}
	return f, f.take(c.all(), key)
}

// headOf reads as much of a file's start as is needed to recognise it.
func headOf(src source) ([]byte, error) {
	head := make([]byte, min(512, src.Size()))
	return head, readFull(src, head, 0)
}

// formatOf recognises a file by its content.
func formatOf(src source) (*format, error) {
	head, err := headOf(src)
	if err != nil {
		return nil, err
	}
	for i, fm := range formats {
		if fm.match(head) {
			return &formats[i], nil
		}
	}
	for _, s := range lookalikes {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return nil, errors.New(s.advice)
		}
	}
	return nil, errors.New("not a checkpoint (.safetensors, .pth/.pt/.th by torch.save, .npy), or damaged at its start")
}

// take selects what a key names among the file's dictionaries. Without a key it is those
// that hold weights, if any do.
func (f *File) take(all []*dictionary, key string) error {
	found := under(all, key)
	if len(found) == 0 {
		return unknownKey(f.path, key, all)
	}
	if slices.ContainsFunc(found, (*dictionary).hasWeights) {
		found = slices.DeleteFunc(slices.Clone(found), func(d *dictionary) bool { return !d.hasWeights() })
	}
	for _, d := range found {
		d.check()
	}
	f.list(found)
	if slices.ContainsFunc(f.sets, func(s *Set) bool { return s.err == nil }) {
		return nil
	}
	return f.sets[0].err
}

// list takes in the tensors of dictionaries. Of several, names have the dictionary's path
// in front; where that makes two the same, the first counts.
func (f *File) list(found []*dictionary) {
	f.views = map[string]*view{}
	for _, d := range found {
		for _, s := range setsOf(d) {
			s.file = f
			f.sets = append(f.sets, s)
		}
		for _, t := range d.tensors {
			name := t.name
			if len(found) > 1 && d.path != "" {
				name = d.path + "." + name
			}
			if f.views[name] == nil {
				f.names = append(f.names, name)
				f.views[name] = t.view
			}
		}
	}
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

// Format returns "safetensors", "torch zip", "torch legacy", "torch tar", "npy" or
// "shards".
func (f *File) Format() string { return f.format }

// Names lists the names of the tensors in the file's order. Where the file holds several
// dictionaries of them, the keys that lead to a dictionary stand before its names.
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
	if v == nil {
		return fmt.Errorf("%s has no tensor %s", f.name, quote(name))
	}
	return f.readView(name, v, t)
}

// readView reads a tensor into t.
func (f *File) readView(name string, v *view, t *tensor.Tensor) error {
	if !v.shape.Equal(t.Shape) {
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
