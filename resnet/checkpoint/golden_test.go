package checkpoint

import (
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// The goldens are written by testdata/checkpoint/make.py.
func golden(name string) string { return filepath.Join("..", "..", "testdata", "checkpoint", name) }

func openGolden(t *testing.T, name string) *File {
	t.Helper()
	f, err := Open(golden(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// fill returns element k of every tensor in the goldens, as make.py does.
func fill(d DType, k int) float32 {
	v := 7 * k % 31
	switch d {
	case F64, F32, F16, BF16:
		return float32(v-15) / 8
	case I64, I32, I16, I8:
		return float32(v - 15)
	case Bool:
		return float32(v % 2)
	}
	return float32(v)
}

func checkFill(t *testing.T, f *File, name string) {
	t.Helper()
	d, shape := f.Info(name)
	x := &tensor.Tensor{Shape: shape, Data: make([]float32, shape.Elems())}
	if err := f.Read(name, x); err != nil {
		t.Error(err)
		return
	}
	for k, v := range x.Data {
		if v != fill(d, k) {
			t.Errorf("%s (%v %v): element %d is %v, want %v", name, d, shape, k, v, fill(d, k))
			return
		}
	}
}

func TestTypes(t *testing.T) {
	const common = "float64 F64 float32 F32 float16 F16 bfloat16 BF16 " +
		"int64 I64 int32 I32 int16 I16 int8 I8 uint8 U8 bool BOOL"
	for file, types := range map[string]string{
		"types.pth":         common + " uint16 U16 uint32 U32 uint64 U64",
		"types_legacy.pth":  common,
		"types.safetensors": common,
	} {
		f := openGolden(t, file)
		words := strings.Fields(types)
		if len(f.Names())*2 != len(words) {
			t.Errorf("%s has %v", file, f.Names())
		}
		for i := 0; i < len(words); i += 2 {
			if d, shape := f.Info(words[i]); d.String() != words[i+1] || !shape.Equal(tensor.Shape{3, 5}) {
				t.Errorf("%s: %s is %v %v", file, words[i], d, shape)
			}
			checkFill(t, f, words[i])
		}
	}
}

func TestNets(t *testing.T) {
	names := []string{
		"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
		"bn1.num_batches_tracked", "fc.weight", "fc.bias",
	}
	for _, c := range []struct {
		file, format string
		mapName      *strings.Replacer
	}{
		{"zip.pth", "torch zip", strings.NewReplacer()},
		{"zip_protocol4.pth", "torch zip", strings.NewReplacer()},
		{"legacy.pth", "torch legacy", strings.NewReplacer()},
		{"legacy_protocol5.pth", "torch legacy", strings.NewReplacer()},
		{"tar.pth", "torch tar", strings.NewReplacer()},
		{"training.pth", "torch zip", strings.NewReplacer("module.", "")},
		{"training_legacy.pth", "torch legacy", strings.NewReplacer("module.", "")},
		{"two_sets.pth#model", "torch zip", strings.NewReplacer()},
		{"two_sets.pth#model_ema", "torch zip", strings.NewReplacer("module.", "", "linear.", "fc.")},
	} {
		f := openGolden(t, c.file)
		if f.Format() != c.format {
			t.Errorf("%s: format %s", c.file, f.Format())
		}
		var got []string
		for _, name := range f.Names() {
			got = append(got, c.mapName.Replace(name))
			if !strings.HasSuffix(name, "num_batches_tracked") {
				checkFill(t, f, name)
			}
		}
		if !slices.Equal(got, names) {
			t.Errorf("%s: names %v", c.file, got)
		}
	}
	f := openGolden(t, "zip.pth")
	if x, err := f.Load("bn1.num_batches_tracked"); err != nil || len(x.Shape) != 0 || x.Data[0] != 3 {
		t.Errorf("scalar: %v, %v", x, err)
	}
}

func TestViews(t *testing.T) {
	for _, file := range []string{"views.pth", "views_legacy.pth"} {
		f := openGolden(t, file)
		if len(f.Names()) != 10 {
			t.Errorf("%s has %v", file, f.Names())
		}
		for _, name := range f.Names() {
			checkFill(t, f, name)
		}
	}
}

func TestOtherTorchFiles(t *testing.T) {
	f := openGolden(t, "parameters.pth")
	if len(f.Names()) != 7 {
		t.Errorf("parameters: %v", f.Names())
	}
	checkFill(t, f, "conv1.weight")
	checkFill(t, openGolden(t, "tensor.pth"), "tensor")

	for file, want := range map[string]string{
		"two_sets.pth#ema": `no set of weights "ema"; there are ` + golden("two_sets.pth#model") + " (8 tensors)",
		"whole_model.pth":  "it is a whole model, saved as a Python object (torch.nn.modules.linear.Linear)",
		"script.pt":        "TorchScript",
		"missing.pth":      "no such file",
		".":                "is a folder",
	} {
		_, err := Open(golden(file))
		wantError(t, file, err, want)
	}
}

// TestBeside: weights beside everything that people put into checkpoints.
func TestBeside(t *testing.T) {
	for _, file := range []string{"beside.pth", "beside_protocol4.pth", "beside_legacy.pth"} {
		f := openGolden(t, file)
		if len(f.Names()) != 8 {
			t.Errorf("%s has %v", file, f.Names())
		}
		checkFill(t, f, "conv1.weight")
		checkFill(t, f, "fc.bias")
	}
}

// TestLazy: negated and conjugated views are read as what they stand for.
func TestLazy(t *testing.T) {
	f := openGolden(t, "lazy.pth")
	for _, name := range []string{"negated", "transposed", "conjugate", "half", "parameter"} {
		checkFill(t, f, name)
	}
}

// TestKinds: tensors that aren't plain views are read where their values are in the
// file, and otherwise named.
func TestKinds(t *testing.T) {
	for _, kind := range []string{"subclass", "parameter", "buffer"} {
		checkFill(t, openGolden(t, "kinds.pth#"+kind), "fc.weight")
	}
	for kind, want := range map[string]string{
		"sparse": "is sparse: save it dense, with to_dense()", "csr": "is sparse", "meta": "holds no data",
		"nested": "is a nested tensor", "quantized": "is quantized", "by_channel": "is quantized",
		"complex":         "has the type complex64, which can't be read",
		"lazy":            "comes out of a Python object (torch.nn.parameter.UninitializedParameter)",
		"float8_e4m3fn":   "has the type float8_e4m3fn, which can't be read: save it as float32",
		"float8_e4m3fnuz": "has the type float8_e4m3fnuz, which", "float8_e5m2": "has the type float8_e5m2, which",
		"float8_e5m2fnuz": "has the type float8_e5m2fnuz, which", "float8_e8m0fnu": "has the type float8_e8m0fnu, which",
	} {
		_, err := Open(golden("kinds.pth#" + kind))
		wantError(t, kind, err, "tensor fc.weight "+want)
	}
}

func wantError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: error %v, want one line with %q", what, err, want)
	}
}

// checkOpened opens data and reads all its tensors. Nothing may panic, and errors must be
// one line of printable text.
func checkOpened(t *testing.T, data []byte) {
	t.Helper()
	f, err := open(memory(data), "file", "")
	if err != nil {
		for _, r := range err.Error() {
			if r < ' ' {
				t.Errorf("an error of more than one printable line: %q", err)
			}
		}
		return
	}
	for _, name := range f.Names() {
		if _, shape := f.Info(name); shape.Elems() <= 1<<20 {
			x := &tensor.Tensor{Shape: shape, Data: make([]float32, shape.Elems())}
			_ = f.Read(name, x) // may fail, as its data may
		}
	}
	_, _ = f.Source([]tensor.Param{{Name: "conv1.weight", Shape: tensor.Shape{4, 3, 3, 3}}})
}

// TestDamage: a file that is cut anywhere is an error, and a changed byte never makes a
// panic.
func TestDamage(t *testing.T) {
	for _, name := range []string{
		"zip.pth", "legacy.pth", "legacy_protocol5.pth", "types.safetensors", "f4_v3.npy", "views_legacy.pth",
	} {
		data, err := os.ReadFile(golden(name))
		if err != nil {
			t.Fatal(err)
		}
		for n := range data {
			if _, err := open(memory(data[:n:n]), name, ""); err == nil {
				t.Errorf("%s opens when cut to %d of %d bytes", name, n, len(data))
			}
			changed := slices.Clone(data)
			for _, b := range []byte{bits.Reverse8(data[n]), data[n] + 1} {
				changed[n] = b
				checkOpened(t, changed)
			}
		}
	}
}
