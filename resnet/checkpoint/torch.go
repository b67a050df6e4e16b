package checkpoint

import (
	"errors"
	"fmt"
	"strconv"

	"resnet-tui/tensor"
)

// storage is memory that tensors of a torch.save file are views of.
type storage struct {
	key   string
	dtype DType
	count int64 // elements
	// store is where it lies; a legacy file tells only after the pickle.
	store store
}

func (s *storage) bytes() int64 { return s.count * s.dtype.Size() }

// torchTensor is a tensor as a pickle describes it: a view of a storage, or
// of a part of it.
type torchTensor struct {
	storage *storage
	skip    int64 // bytes of the storage before the part
	view    view  // its store is set by place
}

// place finishes the view once the storage is known.
func (t *torchTensor) place() (*view, error) {
	v := t.view
	v.store = t.storage.store
	if t.skip > v.store.size {
		return nil, errors.New("is a view of a storage that is too small")
	}
	v.store.off += t.skip
	v.store.size -= t.skip
	return &v, nil
}

// storageID is a persistent id: ("storage", class, key, location, count), and
// in legacy files a part of the storage, (key, offset, count), or None.
type storageID struct {
	class *class
	key   string
	count int64
	part  *storagePart
}

type storagePart struct{ offset, count int64 }

func parseStorageID(id *tuple) (s storageID, err error) {
	items := id.items
	if len(items) > 0 && items[0] == "module" {
		return s, refusal("torch.nn.Module")
	}
	if len(items) < 5 || len(items) > 6 || items[0] != "storage" {
		return s, errors.New("it refers to something that is no storage")
	}
	c, ok := items[1].(*class)
	if !ok || c.dtype == 0 {
		return s, errors.New("a storage has no type")
	}
	n, ok := toInt(items[4])
	if s = (storageID{class: c, count: int64(n)}); !ok || n < 0 || int64(n) > tensor.MaxElems {
		return s, fmt.Errorf("a storage has an impossible size")
	}
	switch key := items[2].(type) {
	case string:
		s.key = key
	case int64:
		s.key = strconv.FormatInt(key, 10)
	default:
		return s, errors.New("a storage has no name")
	}
	if len(items) == 6 && items[5] != nil {
		s.part, err = parsePart(items[5])
	}
	return s, err
}

func parsePart(v any) (*storagePart, error) {
	items := itemsOf(v)
	if len(items) != 3 {
		return nil, errors.New("a part of a storage is badly described")
	}
	offset, ok := toInt(items[1])
	count, ok2 := toInt(items[2])
	if !ok || !ok2 || offset < 0 || offset > tensor.MaxElems || count < 0 {
		return nil, errors.New("a part of a storage has an impossible place")
	}
	return &storagePart{int64(offset), int64(count)}, nil
}

// storageRef is what a persistent id becomes: a storage, or a part of one that
// begins skip bytes in.
type storageRef struct {
	*storage
	skip int64
}

// rebuildTensor is torch._utils._rebuild_tensor (storage, offset, size,
// stride), its _v2 with gradients and hooks, and its _v3 with a dtype:
// (…, requires_grad, hooks, dtype, metadata).
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
	offset, ok := toInt(args[1])
	shape, ok2 := toInts(args[2])
	strides, ok3 := toInts(args[3])
	if !ok || !ok2 || !ok3 {
		return nil, errors.New("a tensor's shape, strides or offset are no whole numbers")
	}
	t.view.offset, t.view.shape, t.view.strides = int64(offset), shape, strides
	return t, m.charge(len(shape) + len(strides))
}

// toInt is a whole number that fits.
func toInt(v any) (int, bool) {
	n, ok := v.(int64)
	return int(n), ok
}

func toInts(v any) (tensor.Shape, bool) {
	t, ok := v.(*tuple)
	if !ok || len(t.items) > maxDims {
		return nil, false
	}
	ints := make(tensor.Shape, len(t.items))
	for i, item := range t.items {
		if ints[i], ok = toInt(item); !ok {
			return nil, false
		}
	}
	return ints, true
}

// rebuildParameter wraps a tensor with what training needs of it.
func rebuildParameter(_ *machine, args []any) (any, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	if _, ok := args[0].(*torchTensor); !ok {
		return nil, errors.New("a parameter has no tensor")
	}
	return args[0], nil
}

// rebuildFromType is a tensor with attributes of its own: (function, class,
// arguments, attributes).
func rebuildFromType(m *machine, args []any) (any, error) {
	if len(args) != 4 {
		return nil, errArguments
	}
	c, ok := args[0].(*class)
	inner, ok2 := args[2].(*tuple)
	if !ok || !ok2 || c.name == "torch._tensor._rebuild_from_type_v2" {
		return nil, errArguments
	}
	if c.build == nil {
		return nil, refusal(c.name)
	}
	return c.build(m, inner.items)
}
