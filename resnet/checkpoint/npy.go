package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"resnet-tui/tensor"
)

// npyMagic starts a file by numpy.save
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
//
//	"\x93NUMPY" │ version, 2 bytes │ n, 2 bytes (4 from version 2) │ header, n bytes │ data
//
// The header is a Python dictionary, padded with blanks so that the data is aligned:
// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}.
const npyMagic = "\x93NUMPY"

// npyName is the name of an npy file's only tensor.
const npyName = "array"

// maxNPYHeader bounds the header, in bytes.
const maxNPYHeader = 64 << 10

// npyTypes maps numpy's type codes, without the byte order, to types.
var npyTypes = map[string]DType{
	"f8": F64, "f4": F32, "f2": F16,
	"i8": I64, "i4": I32, "i2": I16, "i1": I8,
	"u8": U64, "u4": U32, "u2": U16, "u1": U8, "b1": Bool,
}

// ReadNPY reads an array that numpy.save wrote as float32. It may have any shape with at
// least one element and any floating-point, integer or boolean type. Its errors are
// those of Open and File.Load, and one for a file in another format.
func ReadNPY(path string) (*tensor.Tensor, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Format() != "npy" {
		return nil, fmt.Errorf("%s is not an .npy file but %s", path, f.Format())
	}
	return f.Load(npyName)
}

// WriteNPY writes an array to a file, as EncodeNPY does. After an error, path is
// unchanged; see WriteFile.
func WriteNPY(path string, t *tensor.Tensor) error {
	return WriteFile(path, func(w io.Writer) error { return EncodeNPY(w, t) })
}

// EncodeNPY writes an array of float32 in C order, in version 1.0 of the format, byte for
// byte as numpy.save does. Its only errors are those of w.
func EncodeNPY(w io.Writer, t *tensor.Tensor) error {
	extents := ""
	for _, d := range t.Shape {
		extents += strconv.Itoa(d) + ", "
	}
	if len(t.Shape) > 1 {
		extents = strings.TrimSuffix(extents, ", ") // only (n,) needs its comma
	}
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + strings.TrimSuffix(extents, " ") + "), }"
	const before = len(npyMagic) + 4 // bytes before the header; the data is aligned to 64
	header += strings.Repeat(" ", -(before+len(header)+1)&63) + "\n"
	start := le.AppendUint16([]byte(npyMagic+"\x01\x00"), uint16(len(header)))
	if _, err := w.Write(append(start, header...)); err != nil {
		return err
	}
	return writeFloats(w, t.Data)
}

// listNPY reads the header, and lists the file's only tensor.
func listNPY(src source) ([]named, error) {
	header, data, err := npyHeader(src)
	if err != nil {
		return nil, err
	}
	h, err := parseNPYHeader(header)
	if err != nil {
		return nil, err
	}
	v := &view{shape: h.shape, store: store{off: data, size: src.Size() - data}}
	if v.dtype, v.swap, err = npyType(h.descr); err != nil {
		return nil, err
	}
	if err := checkShape(h.shape); err != nil {
		return nil, fmt.Errorf("the array %w", err)
	}
	if want := int64(h.shape.Elems()) * v.dtype.Size(); want != v.store.size {
		return nil, fmt.Errorf("%v of %s are %d bytes, but %d follow the header", h.shape, h.descr, want, v.store.size)
	}
	if v.strides = rowMajor(h.shape); h.fortran {
		v.strides = columnMajor(h.shape)
	}
	return []named{{npyName, v}}, nil
}

// npyHeader reads the header's text, and returns the offset of the data.
func npyHeader(src source) (string, int64, error) {
	var fixed [12]byte
	if err := readFull(src, fixed[:min(12, src.Size())], 0); err != nil {
		return "", 0, err
	}
	n, at := int64(le.Uint16(fixed[8:])), int64(10)
	switch version := fixed[6]; {
	case src.Size() < 12:
		return "", 0, errors.New("the header ends too early")
	case version == 2 || version == 3:
		n, at = int64(le.Uint32(fixed[8:])), 12
	case version != 1:
		return "", 0, fmt.Errorf("version %d is unknown", version)
	}
	if n > maxNPYHeader || n > src.Size()-at {
		return "", 0, fmt.Errorf("the header claims to have %d bytes: "+
			"the file is damaged or the download is incomplete", n)
	}
	header := make([]byte, n)
	if err := readFull(src, header, at); err != nil {
		return "", 0, err
	}
	return string(header), at + n, nil
}

// npyType parses a type such as '<f4'. swap reports that it is big-endian.
func npyType(descr string) (d DType, swap bool, err error) {
	if descr != "" {
		d = npyTypes[descr[1:]]
	}
	if d == 0 || !strings.ContainsRune("<>|=", rune(descr[0])) {
		return 0, false, fmt.Errorf("the type %s can't be read: "+
			"save an array of float32, float64, float16 or integers", quote(descr))
	}
	return d, descr[0] == '>', nil
}

// columnMajor returns the strides of Fortran order, in which the first index varies
// fastest.
func columnMajor(shape tensor.Shape) []int {
	strides, n := make([]int, len(shape)), 1
	for i, d := range shape {
		strides[i] = n
		n *= d
	}
	return strides
}
