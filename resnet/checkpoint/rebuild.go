package checkpoint

import (
	"errors"
	"fmt"
	"strings"

	"resnet-tui/tensor"
)

// torchTensor is a tensor as a pickle describes it: a view of a storage, or of a part of
// one.
type torchTensor struct {
	storage *storage
	skip    int64 // bytes of the storage before the part
	view    view  // its store is set by resolve
	// unreadable is why the values can't be read, in words that follow the tensor's name,
	// or nil. The shape may be unknown then.
	unreadable error
}

// resolve returns the complete view, once the storage's position is known.
func (t *torchTensor) resolve() (*view, error) {
	if t.unreadable != nil {
		return nil, t.unreadable
	}
	if t.storage.lost != nil {
		return nil, fmt.Errorf("can't be read: %w", t.storage.lost)
	}
	v := t.view
	v.store = t.storage.store
	if t.skip > v.store.size {
		return nil, errors.New("is a view of a storage that is too small")
	}
	v.store.off += t.skip
	v.store.size -= t.skip
	return &v, nil
}

// setState is torch.Tensor.__setstate__: old files set a tensor's view, or the tensor of
// a variable. What training needs besides is dropped.
func (t *torchTensor) setState(state any) error {
	items := itemsOf(state)
	switch len(items) {
	case 4:
		other, err := viewOf(items)
		if err != nil {
			return err
		}
		*t = *other
	case 5:
		other, ok := items[0].(*torchTensor)
		if !ok {
			return errArguments
		}
		*t = *other
	}
	return nil
}

// putTensors adds the functions and classes that make tensors.
func putTensors(put func(build func(*machine, []any) (any, error), names ...string)) {
	put(rebuildTensor, "torch._utils._rebuild_tensor",
		"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3")
	put(sameTensor, "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
		"torch._utils._rebuild_device_tensor_from_cpu_tensor")
	put(rebuildFromType, "torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2")
	put(newTensor, tensorClasses()...)
	for name, why := range unreadable {
		put(func(*machine, []any) (any, error) { return &torchTensor{unreadable: errors.New(why)}, nil }, name)
	}
	put(rebuildMeta, "torch._utils._rebuild_meta_tensor_no_storage")
	put(rebuildWrapper, "torch._utils._rebuild_wrapper_subclass")
}

// unreadable are the functions that rebuild tensors which aren't plain views of a
// storage: why such a tensor can't be read, and what to do.
var unreadable = map[string]string{
	"torch._utils._rebuild_qtensor":       "is quantized, and the nets here have floats: save it with dequantize()",
	"torch._utils._rebuild_sparse_tensor": "is sparse: save it dense, with to_dense()",
	"torch._utils._rebuild_nested_tensor": "is a nested tensor, which no net of this program has: save a plain one",
	"torch._utils._rebuild_device_tensor_from_numpy": "was saved from a device without storages, as a NumPy array: " +
		"move it to the CPU before it is saved, with cpu()",
	"torch._utils._rebuild_xla_tensor": "was saved from an XLA device, as a NumPy array: " +
		"move it to the CPU before it is saved, with cpu()",
}

// tensorClasses are the classes of tensors, also those of before PyTorch 0.4, which had
// one for each type of elements.
func tensorClasses() []string {
	names := []string{
		"torch.Tensor", "torch._tensor.Tensor", "torch.autograd.variable.Variable",
		"torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
	}
	for _, e := range elems {
		for _, n := range e.others {
			if kind, ok := strings.CutSuffix(n, "Storage"); ok {
				names = append(names, "torch."+kind+"Tensor")
			}
		}
	}
	return names
}

// newTensor is the call of a tensor class: with a tensor for the same one, otherwise
// without values, until BUILD sets them.
func newTensor(_ *machine, args []any) (any, error) {
	if len(args) > 0 {
		if t, ok := args[0].(*torchTensor); ok {
			return t, nil
		}
	}
	return &torchTensor{unreadable: errors.New("was made without values")}, nil
}

// rebuildTensor is torch._utils._rebuild_tensor (storage, offset, size, stride), _v2
// with (…, requires_grad, hooks, metadata), and _v3 with (…, requires_grad, hooks, dtype,
// metadata), where the metadata may be absent. Offset and strides are in elements.
func rebuildTensor(m *machine, args []any) (any, error) {
	t, err := viewOf(args)
	if err != nil {
		return nil, err
	}
	for _, arg := range args[min(6, len(args)):] {
		switch arg := arg.(type) {
		case *class:
			t.setElem(arg)
		case *dict:
			t.setMetadata(arg)
		}
	}
	return t, m.charge(len(t.view.shape) + len(t.view.strides))
}

// viewOf returns the tensor of (storage, offset, size, stride).
func viewOf(args []any) (*torchTensor, error) {
	if len(args) < 4 {
		return nil, errArguments
	}
	var hasOffset, hasShape, hasStrides bool
	t := &torchTensor{}
	t.view.offset, hasOffset = args[1].(int64)
	t.view.shape, hasShape = toInts(args[2])
	t.view.strides, hasStrides = toInts(args[3])
	if !hasOffset || !hasShape || !hasStrides {
		return nil, errors.New("a tensor's shape, strides or offset are not integers")
	}
	if ref, ok := args[0].(*storageRef); ok {
		t.skip = ref.skip
		t.setStorage(ref.storage)
	} else {
		t.setStorage(nil)
	}
	return t, nil
}

// setStorage sets the storage and the type of the elements; nil is one that isn't there.
func (t *torchTensor) setStorage(st *storage) {
	t.storage = st
	switch {
	case st == nil:
		t.unreadable = errors.New("has no storage that can be read")
	case st.elem.dtype == 0:
		t.unreadable = typeError(st.elem.name)
	default:
		t.view.dtype = st.elem.dtype
	}
}

// setElem sets the type of the elements, where it isn't that of the storage.
func (t *torchTensor) setElem(c *class) {
	if t.view.dtype = c.elem.dtype; c.elem.dtype == 0 {
		t.unreadable = typeError(strings.TrimPrefix(c.name, "torch."))
	}
}

// setMetadata applies what a lazy view does to its values: {"neg": True} negates them, and
// {"conj": True} changes nothing about real ones.
func (t *torchTensor) setMetadata(d *dict) {
	for i, k := range d.keys {
		switch on := d.vals[i] == true; {
		case on && k == "neg":
			t.view.neg = true
		case on && k != "conj":
			t.unreadable = fmt.Errorf("is marked as %s, which can't be read: save it after clone()", quote(k))
		}
	}
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

// sameTensor returns the tensor that is the first argument, without what training adds to
// a parameter.
func sameTensor(_ *machine, args []any) (any, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	switch t := args[0].(type) {
	case *torchTensor:
		return t, nil
	case *object:
		return outOf(t.class), nil
	}
	return nil, errors.New("a parameter has no tensor")
}

// outOf is a tensor that only code of the named class or function could make.
func outOf(name string) *torchTensor {
	return &torchTensor{unreadable: fmt.Errorf("comes out of a Python object (%s), and nothing of a file is ever run: "+
		"save it as a plain tensor", quoteName(name))}
}

// rebuildFromType rebuilds a tensor of a subclass or with attributes, which are dropped:
// (function, class, arguments, attributes).
func rebuildFromType(m *machine, args []any) (any, error) {
	if len(args) != 4 {
		return nil, errArguments
	}
	inner, isTuple := args[2].(*tuple)
	if !isTuple {
		return nil, errArguments
	}
	v, err := m.construct(args[0], inner.items)
	if _, isTensor := v.(*torchTensor); isTensor || err != nil {
		return v, err
	}
	if c, ok := args[1].(*class); ok {
		return outOf(c.name), nil
	}
	return outOf("unknown"), nil
}

// rebuildMeta is a tensor on the meta device: (dtype, size, strides, requires_grad).
func rebuildMeta(m *machine, args []any) (any, error) {
	t := &torchTensor{unreadable: errors.New(
		"holds no data, since it was on the meta device: save it from a device, after its weights are loaded")}
	if len(args) > 1 {
		if shape, ok := toInts(args[1]); ok && checkShape(shape) == nil {
			t.view.shape = tensor.Shape(shape)
		}
	}
	return t, m.charge(len(t.view.shape))
}

// rebuildWrapper is a tensor that wraps others: (class, dtype, …).
func rebuildWrapper(_ *machine, args []any) (any, error) {
	if len(args) > 0 {
		if c, ok := args[0].(*class); ok {
			return outOf(c.name), nil
		}
	}
	return nil, errArguments
}
