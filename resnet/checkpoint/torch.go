package checkpoint

import (
	"errors"
	"strconv"

	"resnet-tui/tensor"
)

// storage is a block of memory, of which the tensors of a torch.save file are views.
type storage struct {
	key   string
	dtype DType
	count int64 // elements
	// store is its position in the file. A legacy file has it only after the pickle.
	store store
}

// bytes returns the size in bytes.
func (s *storage) bytes() int64 { return s.count * s.dtype.Size() }

// torchTensor is a tensor as a pickle describes it: a view of a storage, or of a part of
// one.
type torchTensor struct {
	storage *storage
	skip    int64 // bytes of the storage before the part
	view    view  // its store is set by resolve
}

// resolve returns the complete view, once the storage's position is known.
func (t *torchTensor) resolve() (*view, error) {
	v := t.view
	v.store = t.storage.store
	if t.skip > v.store.size {
		return nil, errors.New("is a view of a storage that is too small")
	}
	v.store.off += t.skip
	v.store.size -= t.skip
	return &v, nil
}

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

// parseStorageID checks a persistent id and all its items.
func parseStorageID(id *tuple) (s storageID, err error) {
	items := id.items
	if len(items) > 0 && items[0] == "module" {
		return s, refusal("torch.nn.Module")
	}
	if len(items) < 5 || len(items) > 6 || items[0] != "storage" {
		return s, errors.New("it refers to something that isn't a storage")
	}
	var ok bool
	if s.class, ok = items[1].(*class); !ok || s.class.dtype == 0 {
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

// rebuildTensor is torch._utils._rebuild_tensor (storage, offset, size, stride), _v2
// with (…, requires_grad, hooks), and _v3 with (…, requires_grad, hooks, dtype,
// metadata). Offset and strides are in elements.
func rebuildTensor(m *machine, args []any) (any, error) {
	if len(args) < 4 {
		return nil, errArguments
	}
	ref, ok := args[0].(*storageRef)
	if !ok {
		return nil, errors.New("a tensor has no storage")
	}
	t := &torchTensor{storage: ref.storage, skip: ref.skip, view: view{dtype: ref.dtype}}
	if len(args) >= 7 {
		if c, ok := args[6].(*class); ok && c.dtype != 0 {
			t.view.dtype = c.dtype
		}
	}
	var hasOffset, hasShape, hasStrides bool
	t.view.offset, hasOffset = args[1].(int64)
	t.view.shape, hasShape = toInts(args[2])
	t.view.strides, hasStrides = toInts(args[3])
	if !hasOffset || !hasShape || !hasStrides {
		return nil, errors.New("a tensor's shape, strides or offset are not integers")
	}
	return t, m.charge(len(t.view.shape) + len(t.view.strides))
}

// toInts returns the items of a tuple of integers.
func toInts(v any) ([]int, bool) {
	t, ok := v.(*tuple)
	if !ok || len(t.items) > maxDims {
		return nil, false
	}
	ints := make([]int, len(t.items))
	for i, item := range t.items {
		n, ok := item.(int64)
		if !ok {
			return nil, false
		}
		ints[i] = int(n)
	}
	return ints, true
}

// rebuildParameter returns the tensor of a parameter, without what training adds to it.
func rebuildParameter(_ *machine, args []any) (any, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	if _, ok := args[0].(*torchTensor); !ok {
		return nil, errors.New("a parameter has no tensor")
	}
	return args[0], nil
}

// rebuildFromType rebuilds a tensor of a subclass or with attributes, which are dropped:
// (function, class, arguments, attributes).
func rebuildFromType(m *machine, args []any) (any, error) {
	if len(args) != 4 {
		return nil, errArguments
	}
	c, isClass := args[0].(*class)
	inner, isTuple := args[2].(*tuple)
	if !isClass || !isTuple || c.name == "torch._tensor._rebuild_from_type_v2" {
		return nil, errArguments
	}
	if c.build == nil {
		return nil, refusal(c.name)
	}
	return c.build(m, inner.items)
}
