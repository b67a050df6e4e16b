package checkpoint

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	maxPickle    = 128 << 20 // bytes of a pickle in a zip archive
	maxEntrySize = 1 << 40   // bytes of a storage
)

// archive is a zip file by torch.save
// (https://docs.pytorch.org/docs/stable/notes/serialization.html):
//
//	NAME/data.pkl   the pickle; tensors refer to storages by key
//	NAME/data/KEY   the bytes of a storage, uncompressed
//	NAME/byteorder  "little" or "big", since PyTorch 2.1
//	NAME/version    and others, which aren't needed
type archive struct {
	src     source
	entries map[string]*zip.File // by name, without NAME/
	storages
}

// storages are the storages that a pickle has referred to so far, by key.
type storages map[string]*storage

// listZip lists the tensors of an archive.
func listZip(src source) ([]*dictionary, error) {
	z, err := zip.NewReader(src, src.Size())
	if err != nil && z == nil {
		return nil, fmt.Errorf("the archive's directory is damaged, or the download is incomplete: %w", err)
	}
	a := &archive{src: src, storages: storages{}}
	if err := a.index(z); err != nil {
		return nil, err
	}
	if err := a.checkOrder(); err != nil {
		return nil, err
	}
	root, err := a.unpickle()
	if err != nil {
		return nil, err
	}
	return dictionariesOf(root)
}

// index finds the archive's only folder, and lists the entries in it.
func (a *archive) index(z *zip.Reader) error {
	root, found := "", false
	for _, f := range z.File {
		if dir, base := path.Split(f.Name); base == "data.pkl" {
			if found {
				return errors.New("the archive has more than one data.pkl")
			}
			root, found = dir, true
		}
	}
	if !found {
		return errors.New("the archive has no data.pkl, so torch.save did not make it")
	}
	a.entries = make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		name, inside := strings.CutPrefix(f.Name, root)
		if inside && (name == "constants.pkl" || strings.HasPrefix(name, "code/")) {
			return errors.New("this is a TorchScript program: " +
				"load it with torch.jit.load and save its state_dict with torch.save")
		}
		if _, double := a.entries[name]; double && inside {
			return fmt.Errorf("the archive has two entries called %s", quote(f.Name))
		}
		if inside {
			a.entries[name] = f
		}
	}
	return nil
}

// checkOrder refuses a file from a big-endian machine.
func (a *archive) checkOrder() error {
	f := a.entries["byteorder"]
	if f == nil {
		return nil // before PyTorch 2.1
	}
	order, err := readEntry(f, 16)
	if err != nil {
		return err
	}
	if string(order) != "little" {
		return fmt.Errorf("the byte order is %s, and only little-endian files can be read: "+
			"load it and save it again on a little-endian machine", quote(string(order)))
	}
	return nil
}

// readEntry reads a whole entry of up to most bytes.
func readEntry(f *zip.File, most int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are possible",
			quoteName(f.Name), f.UncompressedSize64, most)
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(f, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, damaged(f, err)
	}
	return data, nil
}

// unpickle interprets the archive's pickle.
func (a *archive) unpickle() (any, error) {
	data, err := readEntry(a.entries["data.pkl"], maxPickle)
	if err != nil {
		return nil, err
	}
	return unpickle(newCursor(bytes.NewReader(data), 0, int64(len(data))), a.storage)
}

// storage resolves a persistent id to an entry, whose bytes are read only with a tensor.
func (a *archive) storage(id any) (any, error) {
	if v, ok := foreign(id); ok {
		return v, nil
	}
	s, err := parseStorageID(id)
	if err != nil {
		return nil, err
	}
	if st := a.storages[s.key]; st != nil {
		return st.ref(s)
	}
	st := &storage{key: s.key, elem: s.class.elem, count: s.count}
	st.lost = a.find(st)
	a.storages[s.key] = st
	return st.ref(s)
}

// find sets a storage's position.
func (a *archive) find(st *storage) (err error) {
	f := a.entries["data/"+st.key]
	if f == nil {
		return fmt.Errorf("the archive lacks storage %s", quote(st.key))
	}
	if st.store, err = locate(f, a.src.Size()); err != nil {
		return err
	}
	if st.bytes() > st.store.size {
		return fmt.Errorf("storage %s should have %d bytes, but has %d", quote(st.key), st.bytes(), st.store.size)
	}
	return nil
}

// locate finds the position of an entry's bytes in the file. Those of a compressed entry
// are unpacked when they are read.
func locate(f *zip.File, fileSize int64) (store, error) {
	off, err := f.DataOffset()
	if err != nil {
		return store{}, damaged(f, err)
	}
	if f.UncompressedSize64 > maxEntrySize || f.Flags&1 != 0 {
		return store{}, fmt.Errorf("%s is encrypted or of an impossible size", quoteName(f.Name))
	}
	s := store{off: off, size: int64(f.UncompressedSize64)}
	switch f.Method {
	case zip.Store:
		if s.size > fileSize-off || f.CompressedSize64 != f.UncompressedSize64 {
			return s, fmt.Errorf("%s ends after the file's end: it is damaged or the download is incomplete",
				quoteName(f.Name))
		}
	case zip.Deflate:
		s.packed = f
	default:
		return s, fmt.Errorf("%s is compressed in an unknown way (method %d)", quoteName(f.Name), f.Method)
	}
	return s, nil
}

// ref returns a reference to a storage, or an error if an earlier one contradicts it.
func (s *storage) ref(id storageID) (*storageRef, error) {
	if s.elem != id.class.elem || s.count != id.count {
		return nil, fmt.Errorf("storage %s is described in two ways", quote(s.key))
	}
	ref := &storageRef{storage: s}
	if id.part != nil {
		ref.skip = id.part.offset * s.elem.size
	}
	return ref, nil
}
