package checkpoint

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"strings"

	"resnet-tui/tensor"
)

// isTar looks for the mark in the header of the first entry.
func isTar(head []byte) bool { return len(head) >= 262 && string(head[257:262]) == "ustar" }

// listTar lists the tensors of a tar archive, as torch.save made them before PyTorch 0.1.9
// (legacy_load in https://github.com/pytorch/pytorch/blob/main/torch/serialization.py):
//
//	sys_info  pickle: byte order, sizes of types; may be absent
//	storages  pickle n, and n times: pickle (key, location, class), number of elements
//	          (8 bytes), elements; then pickle [(key, key of a storage, offset, count), …],
//	          which are parts of storages
//	tensors   pickle n, and n times: pickle (key, key of a storage, class), number of
//	          dimensions and 4 unused bytes, extents, strides, offset (8 bytes each)
//	pickle    the object; tensors and storages are referred to by key
func listTar(src source) ([]*dictionary, error) {
	a := &tarArchive{src: src, storages: storages{}, tensors: map[string]*torchTensor{}}
	if err := a.index(); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		read func(*cursor) error
	}{
		{"sys_info", readMachine}, {"storages", a.readStorages}, {"tensors", a.readTensors},
	} {
		in, ok := a.open(part.name)
		if !ok && part.name == "sys_info" {
			continue
		}
		if err := part.read(in); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	in, _ := a.open("pickle")
	root, err := unpickle(in, a.resolve)
	if err != nil {
		return nil, err
	}
	return dictionariesOf(root)
}

// tarArchive is a tar archive by torch.save.
type tarArchive struct {
	src      source
	entries  map[string]store
	tensors  map[string]*torchTensor // by key
	storages                         // by key
}

// maxTarEntries bounds the entries that are looked at; torch.save made four.
const maxTarEntries = 64

// index finds the positions of the entries.
func (a *tarArchive) index() error {
	a.entries = map[string]store{}
	file := io.NewSectionReader(a.src, 0, a.src.Size())
	for r := tar.NewReader(file); len(a.entries) < maxTarEntries; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("the archive is damaged, or the download is incomplete: %w", err)
		}
		at, err := file.Seek(0, io.SeekCurrent) // the reader doesn't read ahead
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeReg && !isSparse(h) {
			a.entries[h.Name] = store{off: at, size: h.Size}
		}
	}
	for _, name := range []string{"storages", "tensors", "pickle"} {
		s, ok := a.entries[name]
		if !ok {
			return fmt.Errorf("the archive has no %s, so torch.save did not make it: unpack it first", name)
		}
		if s.size > a.src.Size()-s.off {
			return errShort
		}
	}
	return nil
}

// isSparse reports an entry whose bytes don't lie together.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// open returns a cursor over an entry, if there is one.
func (a *tarArchive) open(name string) (*cursor, bool) {
	s, ok := a.entries[name]
	return newCursor(a.src, s.off, s.off+s.size), ok
}

// readMachine reads the description of the machine.
func readMachine(in *cursor) error {
	info, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	return checkMachine(info)
}

// unpickleCount reads a pickle that is the number of those that follow.
func unpickleCount(in *cursor) (int64, error) {
	v, err := unpickle(in, nil)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int64)
	if !ok || n < 0 {
		return 0, errors.New("it doesn't start with a number")
	}
	return n, nil
}

// unpickleEntry reads a pickle of a key and two more items.
func unpickleEntry(in *cursor) (key string, items []any, err error) {
	v, err := unpickle(in, nil)
	if err != nil {
		return "", nil, err
	}
	items = itemsOf(v)
	if len(items) != 3 {
		return "", nil, errors.New("an entry isn't three items")
	}
	key, ok := storageKey(items[0])
	if !ok {
		return "", nil, errors.New("an entry has no key")
	}
	return key, items, nil
}

// readStorages reads where the storages are.
func (a *tarArchive) readStorages(in *cursor) error {
	n, err := unpickleCount(in)
	if err != nil {
		return err
	}
	for range n {
		if in, err = a.readStorage(in); err != nil {
			return err
		}
	}
	parts, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	for _, p := range itemsOf(parts) {
		if err := a.addPart(itemsOf(p)); err != nil {
			return err
		}
	}
	return nil
}

// readStorage reads where a storage is, and returns a cursor behind it.
func (a *tarArchive) readStorage(in *cursor) (*cursor, error) {
	key, items, err := unpickleEntry(in)
	if err != nil {
		return nil, err
	}
	c, ok := items[2].(*class)
	if !ok || c.elem.size == 0 {
		return nil, fmt.Errorf("storage %s has elements of an unknown size", quote(key))
	}
	st := &storage{key: key, elem: c.elem}
	if st.count, err = in.uint(8); err != nil {
		return nil, err
	}
	if st.count < 0 || st.count > (in.end-in.pos)/c.elem.size {
		return nil, errShort
	}
	st.store = store{off: in.pos, size: st.bytes()}
	a.storages[key] = st
	return newCursor(a.src, in.pos+st.bytes(), in.end), nil
}

// addPart adds a storage that is a part of another: (key, key of that, offset, count).
func (a *tarArchive) addPart(items []any) error {
	if len(items) != 4 {
		return errors.New("a part of a storage isn't four items")
	}
	key, hasKey := storageKey(items[0])
	of, _ := storageKey(items[1])
	whole := a.storages[of]
	offset, hasOffset := items[2].(int64)
	count, hasCount := items[3].(int64)
	if !hasKey || whole == nil || !hasOffset || !hasCount {
		return errors.New("a part of a storage has no key, storage, offset or count")
	}
	if offset < 0 || count < 0 || offset > whole.count || count > whole.count-offset {
		return fmt.Errorf("part %s exceeds storage %s", quote(key), quote(of))
	}
	st := &storage{key: key, elem: whole.elem, count: count}
	st.store = store{off: whole.store.off + offset*st.elem.size, size: st.bytes()}
	a.storages[key] = st
	return nil
}

// readTensors reads the tensors' views of storages.
func (a *tarArchive) readTensors(in *cursor) error {
	n, err := unpickleCount(in)
	if err != nil {
		return err
	}
	for range n {
		key, items, err := unpickleEntry(in)
		if err != nil {
			return err
		}
		of, _ := storageKey(items[1])
		t, err := readTarView(in, a.storages[of])
		if err != nil {
			return fmt.Errorf("tensor %s: %w", quote(key), err)
		}
		a.tensors[key] = t
	}
	return nil
}

// readTarView reads the shape, strides and offset of a tensor, which has no storage if st
// is nil.
func readTarView(in *cursor, st *storage) (*torchTensor, error) {
	dims, err := in.uint(4)
	if err != nil {
		return nil, err
	}
	if dims > maxDims {
		return nil, fmt.Errorf("has %d dimensions, at most %d are possible", dims, maxDims)
	}
	if err := in.skip(4); err != nil {
		return nil, err
	}
	numbers := make([]int, 2*dims)
	for i := range numbers {
		n, err := in.uint(8)
		if err != nil {
			return nil, err
		}
		numbers[i] = int(n)
	}
	offset, err := in.uint(8)
	if err != nil {
		return nil, err
	}
	t := &torchTensor{view: view{
		shape: tensor.Shape(numbers[:dims]), strides: numbers[dims:], offset: offset,
	}}
	t.setStorage(st)
	return t, nil
}

// resolve resolves a persistent id: the key of a tensor or storage, or (class, file,
// source) for the class of a module.
func (a *tarArchive) resolve(id any) (any, error) {
	if items := itemsOf(id); len(items) > 0 {
		return items[0], nil
	}
	key, _ := storageKey(id)
	if t := a.tensors[key]; t != nil {
		return t, nil
	}
	if st := a.storages[key]; st != nil {
		return &storageRef{storage: st}, nil
	}
	return nil, errors.New("it refers to a tensor or storage that isn't in the archive")
}
