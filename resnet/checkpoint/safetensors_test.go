package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// stFile is a safetensors file with a header and n bytes of data.
func stFile(header string, n int) []byte {
	b := le.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func stTensor(name, dtype, shape string, from, to int) string {
	return fmt.Sprintf(`"%s":{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, name, dtype, shape, from, to)
}

func TestSafetensorsErrors(t *testing.T) {
	a := stTensor("a", "F32", "[2,3]", 0, 24)
	huge := stFile("{"+a+"}", 24)
	huge[7] = 0x7f // 2^63 and more
	long := stFile("{", 0)
	le.PutUint64(long, maxHeader+1)
	long = append(long, make([]byte, maxHeader+1)...)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"huge header", huge, "the header claims to have 9151314442816847"},
		{"long header", long, "at most 33554432 are possible"},
		{"cut", stFile("{"+a+"}", 23), `tensor a ends at byte 24 of the data, which has 23`},
		{"trailing", stFile("{"+a+"}", 25), "1 bytes at the end belong to no tensor"},
		{"twice", stFile("{"+a+","+stTensor("a", "F32", "[1]", 24, 28)+"}", 28), `duplicate tensor "a"`},
		{"overlap", stFile("{"+a+","+stTensor("b", "F32", "[1]", 20, 24)+"}", 24), `tensors "a" and "b" overlap`},
		{"same place", stFile("{"+a+","+stTensor("b", "F32", "[6]", 0, 24)+"}", 24), `tensors "a" and "b" overlap`},
		{
			"gap", stFile("{"+a+","+stTensor("b", "F32", "[1]", 28, 32)+"}", 32),
			`4 bytes before tensor "b" belong to no tensor`,
		},
		{"order", stFile("{"+stTensor("a", "F32", "[2]", 8, 0)+"}", 8), "offsets 8 to 0, which are out of order"},
		{"negative offset", stFile("{"+stTensor("a", "F32", "[2]", -8, 0)+"}", 8), "out of order"},
		{"bytes", stFile("{"+stTensor("a", "F16", "[2,3]", 0, 24)+"}", 24), "has 24 bytes, but 2×3 of F16 are 12"},
		{"negative extent", stFile("{"+stTensor("a", "F32", "[-2,-3]", 0, 24)+"}", 24), "negative extent"},
		{
			"overflow", stFile("{"+stTensor("a", "F32", "[4294967296,4294967296,4294967296]", 0, 0)+"}", 0),
			"more elements than any real tensor",
		},
		{
			"type", stFile("{"+stTensor("a", "F8_E4M3", "[4]", 0, 4)+"}", 4),
			"tensor a has the type float8_e4m3fn, which can't be read: save it as float32",
		},
		{"dims", stFile("{"+stTensor("a", "U8", "["+strings.Repeat("1,", 64)+"1]", 0, 1)+"}", 1), "65 dimensions"},
		{"no shape", stFile(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "lacks its shape"},
		{"one offset", stFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, 4), "two data_offsets"},
		{"null", stFile(`{"a":null}`, 0), "lacks its shape"},
		{
			"string as extent", stFile(`{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`, 4),
			"a string where it doesn't belong",
		},
		{
			"fraction", stFile(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}`, 6),
			"a number 1.5 where it doesn't belong",
		},
		{"metadata", stFile(`{"__metadata__":{"a":1}}`, 0), "__metadata__"},
		{"JSON cut", stFile(`{"a":{"dtype":"F32"`, 0), "ends too early"},
		{"invalid JSON", stFile(`{]}`, 9), "JSON is damaged"},
		{"after JSON", stFile(`{} {}`, 0), "something after"},
	} {
		_, err := open(memory(c.data), "file", "")
		wantError(t, c.name, err, c.want)
	}
	if f, err := open(memory(stFile("{}", 0)), "empty", ""); err != nil || len(f.Names()) != 0 {
		t.Errorf("a file without tensors: %v", err)
	}
}

// sequence fills each parameter with the values of the goldens.
type sequence struct{ fail string }

func (s sequence) Load(p tensor.Param, t *tensor.Tensor) error {
	if p.Name == s.fail {
		return errors.New("broken source")
	}
	for i := range t.Data {
		t.Data[i] = fill(F32, i)
	}
	return nil
}

func TestWriteSafetensors(t *testing.T) {
	params := []tensor.Param{{Name: "b", Shape: tensor.Shape{20000, 3}}, {Name: `a "quoted"`, Shape: tensor.Shape{1}}}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	for range 2 { // the second replaces the first
		if err := WriteSafetensors(path, params, sequence{}, map[string]string{"format": "pt"}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Names(); !slices.Equal(got, []string{"b", `a "quoted"`}) {
		t.Errorf("names %v", got)
	}
	for _, p := range params {
		if d, shape := f.Info(p.Name); d != F32 || !shape.Equal(p.Shape) {
			t.Errorf("%s: %v %v", p.Name, d, shape)
		}
		checkFill(t, f, p.Name)
	}
	if f.views["b"].store.off%8 != 0 {
		t.Error("the data is not aligned")
	}
}

// TestWriteFails: after an error, the file holds what it held before, and no temporary
// file is left.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "net.safetensors")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := tensor.Param{Name: "a", Shape: tensor.Shape{2}}
	err := WriteSafetensors(path, []tensor.Param{a}, sequence{fail: "a"}, nil)
	wantError(t, "source", err, "was not written: broken source")
	wantError(t, "twice", WriteSafetensors(path, []tensor.Param{a, a}, sequence{}, nil), "duplicate tensor a")
	err = WriteSafetensors(path, []tensor.Param{{Name: "a", Shape: tensor.Shape{0}}}, sequence{}, nil)
	wantError(t, "shape", err, "at least 1")
	wantError(t, "folder", WriteSafetensors(filepath.Join(dir, "no", "x"), nil, sequence{}, nil), "no such file")
	if got, err := os.ReadFile(path); err != nil || string(got) != "before" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestWriteHalf: notes are read back, and weights become float16.
func TestWriteHalf(t *testing.T) {
	params := []tensor.Param{
		{Name: "w", Shape: tensor.Shape{4}, Role: tensor.Weight},
		{Name: "b", Shape: tensor.Shape{1}, Role: tensor.Bias},
	}
	path, notes := filepath.Join(t.TempDir(), "net.safetensors"), map[string]string{"net": "a small one"}
	if err := WriteHalf(path, params, values{"w": {1, -0.1, 65504, 6e-8}, "b": {0.1}}, notes); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse("embedded", data)
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.Load("w")
	if err != nil || !slices.Equal(w.Data, []float32{1, -0.0999755859375, 65504, 0x1p-24}) {
		t.Errorf("w %v, %v", w, err)
	}
	if b, err := f.Load("b"); err != nil || b.Data[0] != 0.1 {
		t.Errorf("b %v, %v", b, err)
	}
	if got := f.Notes(); got["net"] != "a small one" {
		t.Errorf("notes %v", got)
	}
	err = WriteHalf(path, params, values{"w": {1, 2, 65520, 4}, "b": {0}}, nil)
	wantError(t, "overflow", err, "w: 65520 is too large for float16")
}

// values is a source of given values.
type values map[string][]float32

func (v values) Load(p tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, v[p.Name])
	return nil
}

// TestFloatToHalf: every float16 round-trips, and numbers in between are rounded to
// nearest even.
func TestFloatToHalf(t *testing.T) {
	for h := range uint16(0x7c00) {
		v := halfToFloat(h)
		for sign := range uint16(2) {
			x := v * (1 - 2*float32(sign))
			if got, ok := floatToHalf(x); !ok || got != h|sign<<15 && x != 0 {
				t.Fatalf("%g gave %#x, want %#x", x, got, h|sign<<15)
			}
		}
		if h == 0x7bff {
			continue
		}
		next := halfToFloat(h + 1)
		middle := (v + next) / 2 // exact in float32
		even := h + h&1
		for x, want := range map[float32]uint16{
			middle: even, math.Nextafter32(middle, v): h, math.Nextafter32(middle, next): h + 1,
		} {
			if got, _ := floatToHalf(x); got != want {
				t.Fatalf("%g between %g and %g gave %#x, want %#x", x, v, next, got, want)
			}
		}
	}
	for _, v := range []float32{65520, -1e30, float32(math.Inf(1)), float32(math.NaN())} {
		if _, ok := floatToHalf(v); ok {
			t.Errorf("%g was converted to float16", v)
		}
	}
}
