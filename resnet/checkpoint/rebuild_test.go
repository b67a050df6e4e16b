package checkpoint

import (
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// typedStorage pickles the persistent id of a storage of n elements of a class in torch.
func typedStorage(class, key string, n byte) string {
	return "(" + text("storage") + "ctorch\n" + class + "\n" + text(key) + text("cpu") + "K" + string([]byte{n}) + "tQ"
}

// rebuilt pickles a call of a function in torch._utils for a tensor of n elements; more
// are its arguments after the hooks.
func rebuilt(function, storage string, n byte, more string) string {
	size := "K" + string([]byte{n}) + "\x85"
	return "ctorch._utils\n" + function + "\n(" + storage + "K\x00" + size + "K\x01\x85\x89N" + more + "tR"
}

// twoBytes pickles a tensor of the first two bytes of storage 0.
var twoBytes = rebuilt("_rebuild_tensor_v2", storageIDOf("0", 4, ""), 2, "")

// lost pickles a tensor whose storage isn't in the file.
var lost = tensorOf(storageIDOf("9", 1, ""), 0, 1)

// beside pickles a dictionary of a set of weights, "model", which is one tensor of bytes,
// and of another value.
func beside(other string) string {
	return "}" + text("x") + other + "s" + text("model") + "}" + text("w.weight") +
		tensorOf(storageIDOf("1", 2, ""), 0, 2) + "ss."
}

func openPickle(t *testing.T, pickle string) (*File, error) {
	t.Helper()
	data := "\x05\x06\x07\x08\x09\x0a\x0b\x0c"
	return open(memory(archiveOf(t, "a/data.pkl", pickle, "a/data/0", data, "a/data/1", data)), "file", "")
}

// TestObjectsBeside: whatever is beside the weights, they are read.
func TestObjectsBeside(t *testing.T) {
	object := "cmy\nThing\n)\x81"
	for name, other := range map[string]string{
		"object":         object,
		"attributes":     object + "}" + text("x") + "K\x01sb",
		"items":          object + "(" + text("weight") + "K\x01u",
		"dangerous":      "cos\nsystem\n" + text("x") + "\x85R",
		"whole module":   "ctorch.nn.modules.linear\nLinear\n)\x81}" + text("weight") + twoBytes + "sb",
		"unknown id":     "K\x07Q",
		"extension":      "\x82\x07)R",
		"missing data":   lost,
		"unknown type":   rebuilt("_rebuild_tensor_v2", typedStorage("NewStorage", "0", 1), 1, ""),
		"quantized":      "ctorch._utils\n_rebuild_qtensor\n(NNtR",
		"partial":        "cfunctools\npartial\ncmy\nf\n\x85R(cmy\nf\n)}NtbK\x01\x85R",
		"enum":           "cmy\nColor\nK\x02\x85R",
		"method":         "c__builtin__\ngetattr\n" + object + text("step") + "\x86R",
		"scheduler":      "}" + text("lr_lambdas") + "]" + object + "as",
		"frozen set":     "(K\x01\x91",
		"counter":        "ccollections\nCounter\n}\x85R",
		"dtype":          "ctorch\nfloat8_e5m2\n",
		"generator":      "ctorch\nGenerator\n)R(" + text("cpu") + "Ntb",
		"nested modules": object + "}" + text("_modules") + "}" + text("a") + object + "ssb",
	} {
		f, err := openPickle(t, beside(other))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if x, err := f.Load("w.weight"); err != nil || !slices.Equal(x.Data, []float32{5, 6}) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
}

// TestUnreadableTensors: a tensor of the chosen set that can't be read is named, with
// what to do about it.
func TestUnreadableTensors(t *testing.T) {
	bytes := storageIDOf("0", 4, "")
	float8 := "ctorch\nfloat8_e4m3fn\n"
	for tensor, want := range map[string]string{
		rebuilt("_rebuild_tensor_v3", bytes, 4, float8): "tensor w.weight has the type float8_e4m3fn, " +
			"which can't be read: save it as float32",
		rebuilt("_rebuild_tensor_v3", bytes, 4, "ctorch\nint1\n"):                         "has the type int1, which can't",
		rebuilt("_rebuild_tensor_v2", typedStorage("ComplexFloatStorage", "0", 1), 1, ""): "has the type complex64, which",
		rebuilt("_rebuild_tensor_v2", typedStorage("Float8_e5m2Storage", "0", 1), 1, ""):  "the type float8_e5m2, which",
		rebuilt("_rebuild_tensor_v2", typedStorage("NewStorage", "0", 1), 1, ""):          "has a type that can't be read",
		rebuilt("_rebuild_tensor_v2", bytes, 4, "}"+text("odd")+"\x88s"):                  `is marked as "odd"`,
		"ctorch._utils\n_rebuild_qtensor\n(NNtR":                                          "is quantized",
		"ctorch._utils\n_rebuild_sparse_tensor\n(NNtR":                                    "to_dense()",
		"ctorch._utils\n_rebuild_nested_tensor\n(NNNNtR":                                  "is a nested tensor",
		"ctorch._utils\n_rebuild_xla_tensor\n(NNNNtR":                                     "with cpu()",
		"ctorch._utils\n_rebuild_device_tensor_from_numpy\n(NNNNtR":                       "with cpu()",
		"ctorch._utils\n_rebuild_meta_tensor_no_storage\n(ctorch\nfloat32\nK\x02\x85K\x01\x85\x89tR": "tensor w.weight " +
			"holds no data",
		"ctorch._utils\n_rebuild_wrapper_subclass\n(cmy\nWrap\nNNNtR":    "(my.Wrap)",
		"ctorch._tensor\n_rebuild_from_type_v2\n(cmy\nf\ncmy\nSub\n)NtR": "(my.Sub)",
		"ctorch._utils\n_rebuild_parameter\n(cmy\nA\n)R\x89NtR":          "(my.A)",
		"ctorch.nn.parameter\nParameter\n)R":                             "made without values",
		lost:                                                             `lacks storage "9"`,
		tensorOf("cmy\nStorage\n)R", 0, 1):                               "no storage that can be read",
		rebuilt("_rebuild_tensor_v2", bytes, 4, "") + "s" + text("a.weight") + "cmy\nTensor\n)R": "tensor a.weight " +
			"comes out of a Python object (my.Tensor)",
	} {
		_, err := openPickle(t, oneTensor(tensor))
		wantError(t, tensor, err, want)
		if _, err := openPickle(t, beside("}"+text("y")+tensor+"s")); err != nil {
			t.Errorf("%q beside weights: %v", tensor, err)
		}
	}
}

// TestRebuiltTensors: the ways in which PyTorch's versions wrote a plain tensor.
func TestRebuiltTensors(t *testing.T) {
	bytes := storageIDOf("0", 4, "")
	const function = "ctorch._utils\n_rebuild_tensor_v2\n"
	inner := strings.TrimSuffix(strings.TrimPrefix(twoBytes, function), "R")
	old := "(" + bytes + "K\x01K\x02\x85K\x01\x85t" // storage, offset, size, stride
	for tensor, want := range map[string][]float32{
		twoBytes: {5, 6},
		rebuilt("_rebuild_tensor_v2", bytes, 2, "}"+text("neg")+"\x88s"):                     {-5, -6},
		rebuilt("_rebuild_tensor_v2", bytes, 2, "}"+text("neg")+"\x89s"):                     {5, 6},
		rebuilt("_rebuild_tensor_v2", bytes, 2, "}"+text("conj")+"\x88s"):                    {5, 6},
		rebuilt("_rebuild_tensor_v2", bytes, 2, "N"):                                         {5, 6},
		rebuilt("_rebuild_tensor_v3", bytes, 2, "ctorch\nuint16\n"):                          {0x605, 0x807},
		rebuilt("_rebuild_tensor_v3", bytes, 2, "ctorch\nuint16\n}"+text("neg")+"\x88s"):     {-0x605, -0x807},
		"ctorch._utils\n_rebuild_parameter\n(" + twoBytes + "\x89NtR":                        {5, 6},
		"ctorch._utils\n_rebuild_parameter_with_state\n(" + twoBytes + "\x89N}tR":            {5, 6},
		"ctorch._utils\n_rebuild_device_tensor_from_cpu_tensor\n(" + twoBytes + "NN\x89tR":   {5, 6},
		"ctorch.nn.parameter\nParameter\n(" + twoBytes + "\x88tR":                            {5, 6},
		"ctorch.autograd.variable\nVariable\n(" + twoBytes + "\x88tR":                        {5, 6},
		"ctorch\nByteTensor\n)R" + old + "b":                                                 {6, 7},
		"ctorch.cuda\nByteTensor\n)\x81" + old + "b":                                         {6, 7},
		"ctorch.nn.parameter\nParameter\n)\x81(" + twoBytes + "NN\x88\x89tb":                 {5, 6},
		twoBytes + "}" + text("a") + "K\x01sb":                                               {5, 6},
		twoBytes + "N\x88N\x87b":                                                             {5, 6},
		"ctorch._tensor\n_rebuild_from_type_v2\n(" + function + "cmy\nSub\n" + inner + "}tR": {5, 6},
	} {
		f, err := openPickle(t, oneTensor(tensor))
		if err != nil {
			t.Errorf("%q: %v", tensor, err)
			continue
		}
		if x, err := f.Load("w.weight"); err != nil || !slices.Equal(x.Data, want) {
			t.Errorf("%q: %v, %v, want %v", tensor, x, err, want)
		}
	}
}

// TestNegatedView: a strided view is negated too.
func TestNegatedView(t *testing.T) {
	v := &view{dtype: U8, shape: []int{2, 2}, strides: []int{1, 2}, neg: true, store: store{size: 4}}
	x := tensor.New(2, 2)
	if err := v.read(memory([]byte{1, 2, 3, 4}), x.Data); err != nil || !slices.Equal(x.Data, []float32{-1, -3, -2, -4}) {
		t.Errorf("%v, %v", x.Data, err)
	}
}

// TestOnlyObjects: where the tensors are only inside objects, the error names the class,
// and says what to save.
func TestOnlyObjects(t *testing.T) {
	module := func(class string) string {
		return class + ")\x81}(" + text("_parameters") + "}" + text("weight") + twoBytes +
			"s" + text("_modules") + "}ub"
	}
	for pickle, want := range map[string]string{
		module("cmy\nNet\n") + ".": "it is a whole model, saved as a Python object (my.Net), and nothing of a file " +
			"is ever run: load it in Python and save model.state_dict() instead",
		"}" + text("epoch") + "K\x01s" + text("net") + module("cmy\nNet\n") + "s.": `"net" is a whole model`,
		"}" + text("a") + "cmy\nConfig\n)Rs" + text("net") + "ctorch.nn.modules.linear\nLinear\n" +
			twoBytes + "\x85Rs.": `"net" is a whole model`,
		"cmy\nDict\n)R" + text("w.weight") + twoBytes + "s.": "it is a Python object (my.Dict)",
		"cos\nsystem\n" + text("x") + "\x85R.":               "it is a Python object (os.system)",
		"c\x1b[31m\nx\n)R.":                                  `("\x1b[31m.x")`,
		"}" + text("optimizer") + "}" + text("momentum_buffer") + twoBytes + "ss" + text("net") + module("cmy\nNet\n") +
			"s.": `"net" is a whole model`,
		"}" + text("sd") + "}" + text("fc.weight") + "cnumpy._core.multiarray\n_reconstruct\n)Rss.": "sd.fc.weight is a " +
			"NumPy array: save tensors, made with torch.from_numpy()",
		"}" + text("a") + "cmy\nConfig\n)Rs.": "no dictionary of tensors",
	} {
		_, err := openPickle(t, pickle)
		wantError(t, pickle, err, want)
	}
}
