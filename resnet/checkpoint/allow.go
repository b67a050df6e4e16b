package checkpoint

import (
	"errors"
	"fmt"
	"strings"
)

// class is a class or function that a pickle may name. build makes a value from the
// arguments of a call; if it is nil, the class may be named but not called.
type class struct {
	name  string
	build func(m *machine, args []any) (any, error)
	dtype DType // of a storage class or a torch.dtype, otherwise 0
}

// refusal is the error for a name that a pickle may not use.
type refusal string

// Error says why the name isn't allowed, and what to save instead.
func (r refusal) Error() string {
	name := string(r)
	switch {
	case strings.HasPrefix(name, "torch.") && strings.HasSuffix(name, "Storage"), quantised[name]:
		return fmt.Sprintf("%s: tensors of this kind can't be read; save them as float32", quoteName(name))
	case strings.HasPrefix(name, "torch.nn."),
		strings.HasPrefix(name, "torchvision.models."),
		strings.HasPrefix(name, "timm.models."):
		return fmt.Sprintf("refuses to run %s: the file holds a whole model as a Python object; "+
			"save model.state_dict() instead", quoteName(name))
	}
	return fmt.Sprintf("refuses to run %s: weights need only tensors, dictionaries, lists, numbers and strings, "+
		"and nothing else is ever run; if you trust the file, load it in Python and save just its state_dict",
		quoteName(name))
}

// quoteName quotes a name only if it needs to be quoted or cut.
func quoteName(name string) string {
	if q := quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}

// quantised are the functions that rebuild tensors whose values aren't plain numbers.
var quantised = map[string]bool{"torch._utils._rebuild_qtensor": true, "torch._utils._rebuild_sparse_tensor": true}

// lookup returns the class that a pickle names, or a refusal.
func lookup(module, name string) (*class, error) {
	usual := module
	if renamed, ok := modules[module]; ok {
		usual = renamed
	}
	if c, ok := allowed[usual+"."+name]; ok {
		return c, nil
	}
	return nil, refusal(module + "." + name)
}

// modules maps the names that modules have in Python 2 and NumPy 2 to those in allowed.
var modules = map[string]string{
	"__builtin__": "builtins", "copy_reg": "copyreg",
	"numpy._core.multiarray": "numpy.core.multiarray", "torch.storage": "torch",
}

// allowed holds everything that a pickle may name, by its full name. Anything else is
// refused.
var allowed = allow()

// allow makes the table of allowed names.
func allow() map[string]*class {
	table := map[string]*class{}
	put := func(build func(*machine, []any) (any, error), names ...string) {
		for _, n := range names {
			table[n] = &class{name: n, build: build}
		}
	}
	put(newDict, "collections.OrderedDict", "builtins.dict", "collections.Counter",
		"yacs.config.CfgNode", "easydict.EasyDict",
		"lightning_fabric.utilities.data.AttributeDict", "pytorch_lightning.utilities.parsing.AttributeDict")
	put(newDefaultDict, "collections.defaultdict")
	put(newSize, "torch.Size")
	put(reconstruct, "copyreg._reconstructor")
	put(nil, "builtins.object", "torch.Tensor", "torch._tensor.Tensor",
		"torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer")

	put(rebuildTensor, "torch._utils._rebuild_tensor",
		"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3")
	put(rebuildParameter, "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
	put(rebuildFromType, "torch._tensor._rebuild_from_type_v2")

	for _, n := range ignored {
		put(func(*machine, []any) (any, error) { return &opaque{n}, nil }, n)
	}
	for n, d := range torchTypes {
		table["torch."+n] = &class{name: "torch." + n, dtype: d}
	}
	table["torch.UntypedStorage"] = &class{name: "torch.UntypedStorage", dtype: U8} // its size is in bytes
	return table
}

// ignored is data that training checkpoints hold besides weights. None of it is used, so
// it is built as an empty placeholder.
var ignored = []string{
	"argparse.Namespace", "types.SimpleNamespace", "torch.device", "torch.serialization._get_layout",
	"numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
	"numpy.ndarray", "numpy.dtype", "_codecs.encode",
	"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "collections.deque",
	"builtins.bytes", "builtins.bytearray", "builtins.complex", "builtins.slice", "builtins.range",
	"builtins.int", "builtins.long", "builtins.float", "builtins.str", "builtins.bool",
	"datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone",
	"decimal.Decimal", "fractions.Fraction", "uuid.UUID",
	"pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath",
	"pathlib.PurePosixPath", "pathlib.PureWindowsPath",
	"pathlib._local.PosixPath", "pathlib._local.WindowsPath",
	"pathlib._local.PurePosixPath", "pathlib._local.PureWindowsPath",
}

// torchTypes are PyTorch's storage classes and dtypes.
var torchTypes = map[string]DType{
	"DoubleStorage": F64, "FloatStorage": F32, "HalfStorage": F16, "BFloat16Storage": BF16,
	"LongStorage": I64, "IntStorage": I32, "ShortStorage": I16, "CharStorage": I8, "ByteStorage": U8,
	"BoolStorage": Bool,
	"float64":     F64, "double": F64, "float32": F32, "float": F32, "float16": F16, "half": F16, "bfloat16": BF16,
	"int64": I64, "long": I64, "int32": I32, "int": I32, "int16": I16, "short": I16, "int8": I8,
	"uint64": U64, "uint32": U32, "uint16": U16, "uint8": U8, "bool": Bool,
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
		return from, nil
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
// base's state. The class must be one that may be called.
func reconstruct(m *machine, args []any) (any, error) {
	if len(args) != 3 {
		return nil, errArguments
	}
	c, ok := args[0].(*class)
	switch {
	case !ok || c.name == "copyreg._reconstructor":
		return nil, errArguments
	case c.build == nil:
		return nil, refusal(c.name)
	case args[2] == nil:
		return c.build(m, nil)
	}
	return c.build(m, args[2:])
}
