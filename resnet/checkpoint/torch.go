package checkpoint

import (
	"errors"
	"strconv"

	"resnet-tui/tensor"
)

// storage is a block of memory, of which the tensors of a torch.save file are views.
type storage struct {
	key   string
	elem  elem
	count int64 // elements
	// store is its position in the file. A legacy file has it only after the pickle.
	store store
	// lost is why the storage isn't in the file, which matters only for tensors that are read.
	lost error
}

// bytes returns the size in bytes.
func (s *storage) bytes() int64 { return s.count * s.elem.size }

// storageID is a persistent id: ("storage", class, key, location, count), and in legacy
// files also a part of the storage, (key, offset, count), or None. Counts and offsets are
// in elements.
type storageID struct {
	class *class
	key   string
	count int64
	part  *storagePart // nil: the whole storage
}

// storagePart is a part of a storage, in elements.
type storagePart struct{ offset, count int64 }

// foreign returns what a persistent id stands for that isn't a storage: the class in
// ("module", class, file, source), or an object for one of another kind.
func foreign(id any) (any, bool) {
	items := itemsOf(id)
	switch {
	case len(items) > 1 && items[0] == "module":
		return items[1], true
	case len(items) == 0 || items[0] != "storage":
		return &object{"persistent id", []any{id}}, true
	}
	return nil, false
}

// parseStorageID checks a persistent id and all its items.
func parseStorageID(id any) (s storageID, err error) {
	items := itemsOf(id)
	if len(items) < 5 || len(items) > 6 {
		return s, errors.New("a storage is described with too few items or too many")
	}
	var ok bool
	if s.class, ok = items[1].(*class); !ok {
		return s, errors.New("a storage has no type")
	}
	if s.count, ok = items[4].(int64); !ok || s.count < 0 || s.count > tensor.MaxElems {
		return s, errors.New("a storage has an impossible size")
	}
	if s.key, ok = storageKey(items[2]); !ok {
		return s, errors.New("a storage has no name")
	}
	if len(items) == 6 && items[5] != nil {
		s.part, err = parsePart(items[5])
	}
	return s, err
}

// storageKey returns a storage's key, which old files write as a number.
func storageKey(v any) (string, bool) {
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10), true
	}
	key, ok := v.(string)
	return key, ok
}

// parsePart checks (key, offset, count). The key names the part and isn't needed.
func parsePart(v any) (*storagePart, error) {
	items := itemsOf(v)
	if len(items) != 3 {
		return nil, errors.New("invalid part of a storage")
	}
	offset, hasOffset := items[1].(int64)
	count, hasCount := items[2].(int64)
	if !hasOffset || !hasCount || offset < 0 || offset > tensor.MaxElems || count < 0 {
		return nil, errors.New("a part of a storage has an impossible position")
	}
	return &storagePart{offset, count}, nil
}

// storageRef is a resolved persistent id: a storage, or a part of one that starts after
// skip bytes.
type storageRef struct {
	*storage
	skip int64
}
