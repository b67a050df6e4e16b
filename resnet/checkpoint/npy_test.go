package checkpoint

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

func TestNPY(t *testing.T) {
	four := tensor.Shape{2, 3, 4, 5}
	for _, c := range []struct {
		file  string
		dtype DType
		shape tensor.Shape
	}{
		{"f4", F32, four}, {"f8", F64, four}, {"f2", F16, four}, {"f4_big", F32, four}, {"f4_fortran", F32, four},
		{"i8", I64, four}, {"i2_big", I16, four}, {"u1", U8, four}, {"b1", Bool, four},
		{"f4_1d", F32, tensor.Shape{7}}, {"f4_0d", F32, tensor.Shape{}},
		{"f4_v2", F32, tensor.Shape{2, 3}}, {"f4_v3", F32, tensor.Shape{2, 3}},
	} {
		x, err := ReadNPY(golden(c.file + ".npy"))
		if err != nil {
			t.Error(err)
			continue
		}
		if !x.Shape.Equal(c.shape) {
			t.Errorf("%s: shape %v", c.file, x.Shape)
		}
		for k, v := range x.Data {
			if v != fill(c.dtype, k) {
				t.Errorf("%s: element %d is %v, want %v", c.file, k, v, fill(c.dtype, k))
				break
			}
		}
	}
	_, err := ReadNPY(golden("zip.pth"))
	wantError(t, "zip.pth", err, "is not an .npy file but torch zip")
}

// TestWriteNPY: files are those that numpy.save writes, byte for byte.
func TestWriteNPY(t *testing.T) {
	for _, name := range []string{"f4.npy", "f4_1d.npy", "f4_0d.npy"} {
		want, err := os.ReadFile(golden(name))
		if err != nil {
			t.Fatal(err)
		}
		x, err := ReadNPY(golden(name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := WriteNPY(path, x); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: wrote %q, want %q (%v)", name, got, want, err)
		}
	}
}

// npyFile returns a file of version 1.0 with n bytes of data.
func npyFile(header string, n int) []byte {
	b := le.AppendUint16([]byte(npyMagic+"\x01\x00"), uint16(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func TestNPYErrors(t *testing.T) {
	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
	swap := func(from, to string) []byte { return npyFile(strings.Replace(good, from, to, 1), 24) }
	version := npyFile(good, 24)
	version[6] = 9
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut", npyFile(good, 23), "2×3 of <f4 are 24 bytes, but 23 follow"},
		{"trailing", npyFile(good, 25), "25 follow"},
		{"version", version, "version 9 is unknown"},
		{"header", []byte(npyMagic + "\x02\x00\xff\xff\xff\xff{}"), "the header claims to have 4294967295 bytes"},
		{"object", swap("<f4", "|O"), `the type "|O" can't be read`},
		{"no type", swap("<f4", ""), `the type "" can't be read`},
		{"records", swap("'<f4'", "[('a', '<f4')]"), "records can't be read"},
		{"huge", swap("(2, 3)", "(99999999999, 99999999999)"), "more elements than any real tensor"},
		{"beyond int", swap("(2, 3)", "(99999999999999999999,)"), "an impossible shape"},
		{"negative", swap("(2, 3)", "(-2, 3)"), "an impossible shape"},
		{"dims", swap("(2, 3)", "("+strings.Repeat("1,", 65)+")"), "an impossible shape"},
		{"order", swap("False", "Maybe"), `no "False" where it is expected`},
		{"unknown", swap("'descr'", "'what'"), `an unknown entry "what"`},
		{"lacks", swap("'descr': '<f4', ", ""), "lacks descr"},
		{"comma", swap("'<f4',", "'<f4'"), "no comma"},
		{"open", swap("}", ""), "where it is expected"},
		{"after", swap("}", "} x"), "something after"},
		{"no dictionary", swap("{", "("), `no "{"`},
	} {
		_, err := open(memory(c.data), "file", "")
		wantError(t, c.name, err, c.want)
	}
	f, err := open(memory(swap("(2, 3)", "(2L, 3L)")), "python2", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, shape := f.Info(npyName); !shape.Equal(tensor.Shape{2, 3}) {
		t.Errorf("Python 2's shape: %v", shape)
	}
	empty, err := open(memory(npyFile(strings.Replace(good, "(2, 3)", "(0, 3)", 1), 0)), "empty", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = empty.Load(npyName)
	wantError(t, "empty array", err, "at least 1")
}
