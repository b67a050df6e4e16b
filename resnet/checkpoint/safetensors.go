package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"resnet-tui/tensor"
)

// maxHeader bounds the header, in bytes; a net of a thousand tensors has 0.1 MB.
const maxHeader = 32 << 20

// isSafetensors looks for the header's first byte, after its length.
func isSafetensors(head []byte) bool {
	return len(head) > 8 && head[8] == '{'
}

// stEntry is one tensor in the header. Pointers distinguish missing fields from
// empty ones.
type stEntry struct {
	DType   string   `json:"dtype"`
	Shape   *[]int64 `json:"shape"`
	Offsets *[]int64 `json:"data_offsets"` // start and end in the data, in bytes
}

// listSafetensors reads the header of a file with this layout
// (https://huggingface.co/docs/safetensors); all numbers are little-endian:
//
//	n, 8 bytes │ header, n bytes of JSON │ data
//	           │ {"name": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [0, 37632]}, …}
//
// The tensors are contiguous and row-major, and must fill the data without gaps or
// overlaps.
func listSafetensors(src source) (contents, error) {
	var size [8]byte
	if err := readFull(src, size[:], 0); err != nil {
		return contents{}, err
	}
	n := le.Uint64(size[:])
	switch rest := uint64(src.Size() - 8); {
	case n > rest:
		return contents{}, fmt.Errorf("the header claims to have %d bytes, but the file has %d: "+
			"it is damaged or the download is incomplete", n, rest)
	case n > maxHeader:
		return contents{}, fmt.Errorf("the header claims to have %d bytes, at most %d are possible", n, maxHeader)
	}
	header := make([]byte, n)
	if err := readFull(src, header, 8); err != nil {
		return contents{}, err
	}
	data := store{off: 8 + int64(n), size: src.Size() - 8 - int64(n)}
	c, err := parseHeader(header, data)
	if err != nil {
		return contents{}, err
	}
	return c, checkLayout(c.tensors, data)
}

// parseHeader reads the header token by token: decoded into a map, a JSON object would
// hide duplicate names and lose the order.
func parseHeader(header []byte, data store) (contents, error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return contents{}, errors.New("the header is not a JSON object")
	}
	var c contents
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return c, headerError(err)
		}
		name, _ := key.(string)
		if name == "__metadata__" {
			if err := dec.Decode(&c.notes); err != nil {
				return c, fmt.Errorf("__metadata__: %w", headerError(err))
			}
			continue
		}
		var e stEntry
		if err := dec.Decode(&e); err != nil {
			return c, fmt.Errorf("tensor %s: %w", quote(name), headerError(err))
		}
		v, err := e.view(data)
		if err != nil {
			return c, fmt.Errorf("tensor %s %w", quoteName(name), err)
		}
		c.tensors = append(c.tensors, named{name, v})
	}
	if _, err := dec.Token(); err != nil {
		return c, headerError(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return c, errors.New("the header has something after its JSON object")
	}
	return c, nil
}

// headerError words a JSON error in terms of the header.
func headerError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the header's JSON ends too early")
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("the header's JSON has a %s where it doesn't belong", wrong.Value)
	}
	return fmt.Errorf("the header's JSON is damaged: %w", err)
}

// view checks an entry and returns it as a view of data.
func (e *stEntry) view(data store) (*view, error) {
	if e.Shape == nil || e.Offsets == nil || len(*e.Offsets) != 2 {
		return nil, errors.New("lacks its shape or its two data_offsets")
	}
	d, ok := dtypeNamed(e.DType)
	if !ok {
		return nil, typeError(cmp.Or(unreadTypes[e.DType], e.DType))
	}
	shape := make(tensor.Shape, 0, min(len(*e.Shape), maxDims))
	for _, n := range *e.Shape {
		shape = append(shape, int(n))
	}
	if err := checkShape(shape); err != nil {
		return nil, err
	}
	from, to := (*e.Offsets)[0], (*e.Offsets)[1]
	want := int64(shape.Elems()) * d.Size()
	switch {
	case from < 0 || to < from:
		return nil, fmt.Errorf("has the offsets %d to %d, which are out of order", from, to)
	case to > data.size:
		return nil, fmt.Errorf("ends at byte %d of the data, which has %d: "+
			"the file is damaged or the download is incomplete", to, data.size)
	case to-from != want:
		return nil, fmt.Errorf("has %d bytes, but %v of %v are %d", to-from, shape, d, want)
	}
	at := store{off: data.off + from, size: want}
	return &view{dtype: d, shape: shape, strides: rowMajor(shape), store: at}, nil
}

// checkLayout returns an error if tensors overlap or bytes belong to no tensor.
func checkLayout(list []named, data store) error {
	order := slices.Clone(list)
	slices.SortStableFunc(order, func(a, b named) int {
		if c := a.view.store.off - b.view.store.off; c != 0 {
			return int(c)
		}
		return int(a.view.store.size - b.view.store.size)
	})
	next, before := data.off, ""
	for _, t := range order {
		s := t.view.store
		switch {
		case s.off < next:
			return fmt.Errorf("tensors %s and %s overlap", quote(before), quote(t.name))
		case s.off > next:
			return fmt.Errorf("%d bytes before tensor %s belong to no tensor", s.off-next, quote(t.name))
		}
		next, before = s.off+s.size, t.name
	}
	if rest := data.off + data.size - next; rest > 0 {
		return fmt.Errorf("%d bytes at the end belong to no tensor", rest)
	}
	return nil
}
