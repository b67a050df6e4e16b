package onnxcases

import (
	"encoding/binary"
	"errors"
)

// message is an encoded protocol-buffer message. Of the encoding only what
// ONNX uses is read: varints, 32- and 64-bit values, and byte strings.
type message []byte

var errWire = errors.New("not a well-formed protocol-buffer message")

// field is one field of a message: num holds a varint or a fixed-size value,
// bytes a string or an embedded message.
type field struct {
	number int
	num    uint64
	bytes  []byte
}

// each calls f for every field in order.
func (m message) each(f func(field) error) error {
	for len(m) > 0 {
		next, rest, err := m.next()
		if err != nil {
			return err
		}
		if err := f(next); err != nil {
			return err
		}
		m = rest
	}
	return nil
}

// next splits the first field off.
func (m message) next() (field, message, error) {
	key, n := binary.Uvarint(m)
	if n <= 0 {
		return field{}, nil, errWire
	}
	f, m := field{number: int(key >> 3)}, m[n:]
	switch key & 7 {
	case 0:
		if f.num, n = binary.Uvarint(m); n <= 0 {
			return field{}, nil, errWire
		}
		return f, m[n:], nil
	case 1:
		if len(m) < 8 {
			return field{}, nil, errWire
		}
		f.num = binary.LittleEndian.Uint64(m)
		return f, m[8:], nil
	case 2:
		size, n := binary.Uvarint(m)
		if n <= 0 || size > uint64(len(m)-n) {
			return field{}, nil, errWire
		}
		f.bytes = m[n : n+int(size)]
		return f, m[n+int(size):], nil
	case 5:
		if len(m) < 4 {
			return field{}, nil, errWire
		}
		f.num = uint64(binary.LittleEndian.Uint32(m))
		return f, m[4:], nil
	}
	return field{}, nil, errWire
}

// ints appends a repeated integer field, packed or not.
func (f field) ints(to []int) ([]int, error) {
	if f.bytes == nil {
		return append(to, int(f.num)), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errWire
		}
		to, b = append(to, int(v)), b[n:]
	}
	return to, nil
}
