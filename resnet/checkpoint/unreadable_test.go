package checkpoint

import (
	"testing"

	"resnet-tui/tensor"
)

// TestUnreadTypes: a type that can't be read has PyTorch's name, and advice.
func TestUnreadTypes(t *testing.T) {
	for name, want := range map[string]string{
		"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu", "F4": "float4_e2m1fn_x2",
		"F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "F6_E2M3": "F6_E2M3",
	} {
		_, err := open(memory(stFile("{"+stTensor("conv1.weight", name, "[4]", 0, 4)+"}", 4)), "file", "")
		wantError(t, name, err, "tensor conv1.weight has the type "+want+", which can't be read: save it as float32")
	}
	_, err := open(memory(stFile("{"+stTensor("a", "C64", "[1]", 0, 8)+"}", 8)), "file", "")
	wantError(t, "complex", err, "has the type complex64, which can't be read: the nets here have real weights")
}

// TestIntegerWeights: integers are no weights, in either format, but counters are counts,
// and a file of them may be opened.
func TestIntegerWeights(t *testing.T) {
	net := func(weight string) []byte {
		d, ok := dtypeNamed(weight)
		if !ok {
			t.Fatal(weight)
		}
		n := int(d.Size())
		return stFile("{"+stTensor("fc.weight", weight, "[1]", 0, n)+","+
			stTensor("bn1.num_batches_tracked", "I64", "[]", n, n+8)+"}", n+8)
	}
	params := []tensor.Param{
		{Name: "fc.weight", Shape: tensor.Shape{1}}, {Name: "bn1.num_batches_tracked", Shape: tensor.Shape{}},
	}
	for dtype, want := range map[string]string{
		"I8": "int8", "U8": "uint8", "I32": "int32", "I64": "int64", "BOOL": "bool",
		"F64": "", "F32": "", "F16": "", "BF16": "",
	} {
		f, err := open(memory(net(dtype)), "net", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, take := range []func([]tensor.Param) error{
			func(p []tensor.Param) error { _, err := f.Source(p); return err },
			func(p []tensor.Param) error { _, err := f.Part(p); return err },
		} {
			err := take(params)
			if want == "" && err == nil {
				continue
			}
			wantError(t, dtype, err, "net: tensor fc.weight has the type "+want+": an integer weight without its scale")
		}
	}
	f, err := openPickle(t, oneTensor(twoBytes))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Source([]tensor.Param{{Name: "w.weight", Shape: tensor.Shape{2}}})
	wantError(t, "pickle", err, "tensor w.weight has the type uint8: an integer weight without its scale")
}
