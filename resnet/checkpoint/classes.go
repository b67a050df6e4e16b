package checkpoint

import (
	"errors"
	"fmt"
)

// class is a class or function that a pickle names. None is ever imported or run: build
// makes a value from the arguments of a call; where it is nil, an object stands for the
// result.
type class struct {
	name  string
	build func(m *machine, args []any) (any, error)
	elem  elem // of a storage class or a torch.dtype, otherwise zero
}

// elem is the type of a storage's or tensor's elements. dtype is 0 for one that can't be read.
type elem struct {
	name  string // in PyTorch, as in float8_e4m3fn
	size  int64  // bytes per element
	dtype DType
}

// quoteName quotes a name only if it needs to be quoted or cut.
func quoteName(name string) string {
	if q := quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}

// lookup returns the class that a pickle names.
func lookup(module, name string) *class {
	usual := module
	if renamed, ok := modules[module]; ok {
		usual = renamed
	}
	if c, ok := known[usual+"."+name]; ok {
		return c
	}
	return &class{name: module + "." + name}
}

// modules maps the names that modules have in Python 2, and others of PyTorch, to those in known.
var modules = map[string]string{
	"__builtin__": "builtins", "copy_reg": "copyreg", "torch.storage": "torch", "torch.cuda": "torch",
}

// known holds the classes and functions whose values are read, by their full names.
// Anything else becomes an object.
var known = knownClasses()

// knownClasses makes the table known.
func knownClasses() map[string]*class {
	table := map[string]*class{}
	put := func(build func(*machine, []any) (any, error), names ...string) {
		for _, n := range names {
			table[n] = &class{name: n, build: build}
		}
	}
	put(newDict, dictClasses...)
	put(newDefaultDict, "collections.defaultdict")
	put(newSize, "torch.Size")
	put(reconstruct, "copyreg._reconstructor")
	put(newObject, "copyreg.__newobj__")
	put(newObjectNamed, "copyreg.__newobj_ex__")
	putTensors(put)
	for _, e := range elems {
		c := &class{name: "torch." + e.name, elem: e.elem}
		table[c.name] = c
		for _, other := range e.others {
			table["torch."+other] = &class{name: "torch." + other, elem: e.elem}
		}
	}
	table["torch.UntypedStorage"] = &class{name: "torch.UntypedStorage", elem: elem{"uint8", 1, U8}} // sizes in bytes
	return table
}

// dictClasses are dictionaries whose items are what was put into them.
var dictClasses = []string{
	"collections.OrderedDict", "builtins.dict", "collections.Counter",
	"yacs.config.CfgNode", "fvcore.common.config.CfgNode", "detectron2.config.config.CfgNode",
	"easydict.EasyDict", "addict.addict.Dict", "munch.Munch",
	"mmcv.utils.config.ConfigDict", "mmengine.config.config.ConfigDict",
	"lightning_fabric.utilities.data.AttributeDict", "lightning.fabric.utilities.data.AttributeDict",
	"pytorch_lightning.utilities.parsing.AttributeDict",
}

// elems are PyTorch's types of elements: the name of each as a torch.dtype, and its other
// names, of which those ending in Storage are of storage classes.
var elems = []struct {
	elem
	others []string
}{
	{elem{"float64", 8, F64}, []string{"double", "DoubleStorage"}},
	{elem{"float32", 4, F32}, []string{"float", "FloatStorage"}},
	{elem{"float16", 2, F16}, []string{"half", "HalfStorage"}},
	{elem{"bfloat16", 2, BF16}, []string{"BFloat16Storage"}},
	{elem{"int64", 8, I64}, []string{"long", "LongStorage"}},
	{elem{"int32", 4, I32}, []string{"int", "IntStorage"}},
	{elem{"int16", 2, I16}, []string{"short", "ShortStorage"}},
	{elem{"int8", 1, I8}, []string{"CharStorage"}},
	{elem{"uint64", 8, U64}, nil},
	{elem{"uint32", 4, U32}, nil},
	{elem{"uint16", 2, U16}, nil},
	{elem{"uint8", 1, U8}, []string{"ByteStorage"}},
	{elem{"bool", 1, Bool}, []string{"BoolStorage"}},

	{elem{"float8_e4m3fn", 1, 0}, []string{"Float8_e4m3fnStorage"}},
	{elem{"float8_e4m3fnuz", 1, 0}, []string{"Float8_e4m3fnuzStorage"}},
	{elem{"float8_e5m2", 1, 0}, []string{"Float8_e5m2Storage"}},
	{elem{"float8_e5m2fnuz", 1, 0}, []string{"Float8_e5m2fnuzStorage"}},
	{elem{"float8_e8m0fnu", 1, 0}, []string{"Float8_e8m0fnuStorage"}},
	{elem{"float4_e2m1fn_x2", 1, 0}, nil},
	{elem{"complex32", 4, 0}, []string{"chalf", "ComplexHalfStorage"}},
	{elem{"complex64", 8, 0}, []string{"cfloat", "ComplexFloatStorage"}},
	{elem{"complex128", 16, 0}, []string{"cdouble", "ComplexDoubleStorage"}},
	{elem{"qint8", 1, 0}, []string{"QInt8Storage"}},
	{elem{"quint8", 1, 0}, []string{"QUInt8Storage"}},
	{elem{"qint32", 4, 0}, []string{"QInt32Storage"}},
	{elem{"quint4x2", 1, 0}, []string{"QUInt4x2Storage"}},
	{elem{"quint2x4", 1, 0}, []string{"QUInt2x4Storage"}},
}

// errArguments is the error of a call with arguments that the function doesn't take.
var errArguments = errors.New("a call has the wrong arguments")

// newDict makes a dictionary: empty, from pairs (as Python 2 wrote an OrderedDict) or
// from a dictionary.
func newDict(m *machine, args []any) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	switch from := args[0].(type) {
	case *dict:
		if err := m.charge(2 * len(from.keys)); err != nil {
			return nil, err
		}
		for i, k := range from.keys {
			d.set(k, from.vals[i])
		}
		return d, nil
	case *list:
		if err := m.charge(2 * len(from.items)); err != nil {
			return nil, err
		}
		for _, pair := range from.items {
			kv := itemsOf(pair)
			if len(kv) != 2 {
				return nil, errArguments
			}
			d.set(kv[0], kv[1])
		}
		return d, nil
	}
	return nil, errArguments
}

// newDefaultDict ignores the first argument, which makes the values of missing entries.
func newDefaultDict(m *machine, args []any) (any, error) {
	return newDict(m, args[min(1, len(args)):])
}

// newSize makes a torch.Size, which is a tuple.
func newSize(_ *machine, args []any) (any, error) {
	if len(args) == 1 {
		if t, ok := args[0].(*tuple); ok {
			return t, nil
		}
	}
	return nil, errArguments
}

// itemsOf returns the items of a list or tuple, and nil for anything else.
func itemsOf(v any) []any {
	switch v := v.(type) {
	case *list:
		return v.items
	case *tuple:
		return v.items
	}
	return nil
}

// reconstruct makes an object as protocols 0 and 1 do, from a class, its base and the
// base's state.
func reconstruct(m *machine, args []any) (any, error) {
	if len(args) != 3 {
		return nil, errArguments
	}
	if args[2] == nil {
		return m.construct(args[0], nil)
	}
	return m.construct(args[0], args[2:])
}

// newObject is NEWOBJ as protocols 0 and 1 write it: (class, argument, …).
func newObject(m *machine, args []any) (any, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	return m.construct(args[0], args[1:])
}

// newObjectNamed is NEWOBJ_EX as protocols 0 to 3 write it: (class, arguments, named arguments).
func newObjectNamed(m *machine, args []any) (any, error) {
	if len(args) != 3 {
		return nil, errArguments
	}
	positional, ok := args[1].(*tuple)
	if !ok {
		return nil, errArguments
	}
	v, err := m.construct(args[0], positional.items)
	if o, ok := v.(*object); ok {
		o.parts = append(o.parts, args[2])
	}
	return v, err
}

// construct calls a class on behalf of another call, which may not be one of those that
// call others: they could nest without end.
func (m *machine) construct(callee any, args []any) (any, error) {
	if c, ok := callee.(*class); ok && nesting[c.name] {
		return nil, fmt.Errorf("%s calls itself", c.name)
	}
	return m.call(callee, args)
}

// nesting are the functions that call their argument.
var nesting = map[string]bool{
	"copyreg._reconstructor": true, "copyreg.__newobj__": true, "copyreg.__newobj_ex__": true,
	"torch._tensor._rebuild_from_type": true, "torch._tensor._rebuild_from_type_v2": true,
}
