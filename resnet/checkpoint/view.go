package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"unsafe"

	"resnet-tui/tensor"
)

// maxInflated bounds what a compressed entry may unpack to in memory, and
// maxDims a tensor's dimensions (PyTorch's own bound).
const (
	maxInflated = 512 << 20
	maxDims     = 64
)

// store is a range of bytes that tensors are views of: bytes [off, off+size)
// of the file, or what packed inflates to.
type store struct {
	off, size int64
	packed    *zip.File
}

// view is a tensor's place in a store. Strides and offset count elements.
type view struct {
	dtype   DType
	shape   tensor.Shape
	strides []int
	offset  int64
	swap    bool // big-endian
	store   store
}

// rowMajor is the strides of a contiguous tensor.
func rowMajor(shape tensor.Shape) []int {
	strides, n := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = n
		n *= shape[i]
	}
	return strides
}

// checkShape bounds extents, which may be 0 in a file, so that products of
// them do not overflow.
func checkShape(shape tensor.Shape) error {
	if len(shape) > maxDims {
		return fmt.Errorf("has %d dimensions, at most %d are possible", len(shape), maxDims)
	}
	n := 1
	for _, d := range shape {
		if d < 0 {
			return fmt.Errorf("has the shape %v, with a negative extent", shape)
		}
		if d > tensor.MaxElems/max(n, 1) {
			return fmt.Errorf("has the shape %v, more elements than any real tensor", shape)
		}
		n *= max(d, 1)
	}
	return nil
}

// check reports a view that is impossible or reaches out of its store.
func (v *view) check() error {
	if err := checkShape(v.shape); err != nil {
		return err
	}
	if len(v.strides) != len(v.shape) {
		return fmt.Errorf("has %d dimensions but %d strides", len(v.shape), len(v.strides))
	}
	room := v.store.size/v.dtype.Size() - 1 // index of the last element that the store has
	if v.shape.Elems() == 0 {
		return nil
	}
	last := v.offset
	if last < 0 || last > room {
		return v.outside()
	}
	for i, d := range v.shape {
		if d == 1 {
			continue
		}
		s := int64(v.strides[i])
		if s < 0 {
			return errors.New("has a negative stride")
		}
		if s > 0 && int64(d-1) > (room-last)/s {
			return v.outside()
		}
		last += int64(d-1) * s
	}
	return nil
}

func (v *view) outside() error {
	return fmt.Errorf("reaches out of its storage: shape %v, strides %v, offset %d, %d bytes of %v",
		v.shape, v.strides, v.offset, v.store.size, v.dtype)
}

// span is the number of elements from a view's first to its last.
func span(shape tensor.Shape, strides []int) int {
	n := 1
	for i, d := range shape {
		if d == 0 {
			return 0
		}
		n += (d - 1) * strides[i]
	}
	return n
}

func (v *view) contiguous() bool {
	want := rowMajor(v.shape)
	for i, d := range v.shape {
		if d > 1 && v.strides[i] != want[i] {
			return false
		}
	}
	return true
}

// read converts the view's elements to float32 in row-major order.
func (v *view) read(src source, dst []float32) error {
	if len(dst) == 0 {
		return nil
	}
	n := int64(span(v.shape, v.strides)) * v.dtype.Size()
	r := &reader{r: src, base: v.store.off + v.offset*v.dtype.Size(), dtype: v.dtype, swap: v.swap}
	if v.store.packed != nil {
		data, err := inflate(v.store.packed, v.offset*v.dtype.Size(), n)
		if err != nil {
			return err
		}
		r.r, r.base = bytes.NewReader(data), 0
	} else {
		defer src.release(r.base, n)
	}
	if v.contiguous() {
		return r.run(0, dst)
	}
	return r.gather(v.shape, v.strides, 0, dst)
}

// inflate unpacks n bytes from off on. Memory grows with what is really there.
func inflate(f *zip.File, off, n int64) ([]byte, error) {
	if n > maxInflated {
		return nil, fmt.Errorf("%s is compressed and needs %d MB to unpack, at most %d are possible: save it without compression", quoteName(f.Name), n>>20, maxInflated>>20)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, off); err != nil {
		return nil, damaged(f, err)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, n); err != nil {
		return nil, damaged(f, err)
	}
	return b.Bytes(), nil
}

func damaged(f *zip.File, err error) error {
	return fmt.Errorf("%s is damaged: %w", quoteName(f.Name), err)
}

// reader converts elements that lie from base on.
type reader struct {
	r     io.ReaderAt
	base  int64
	dtype DType
	swap  bool
	vals  []float32 // gather's
}

const chunk = 64 << 10 // bytes read at once

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// run converts len(dst) elements that lie one after the other.
func (r *reader) run(elem int64, dst []float32) error {
	if r.dtype == F32 && !r.swap && hostLittle {
		raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(dst))), 4*len(dst))
		return readFull(r.r, raw, r.base+4*elem)
	}
	size := r.dtype.Size()
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for len(dst) > 0 {
		n := min(len(dst), chunk/int(size))
		b := buf[:int64(n)*size]
		if err := readFull(r.r, b, r.base+elem*size); err != nil {
			return err
		}
		if r.swap {
			swapBytes(b, int(size))
		}
		dtypes[r.dtype].decode(dst[:n], b)
		dst, elem = dst[n:], elem+int64(n)
	}
	return nil
}

var hostLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// readFull is ReadAt for callers that know how much there is.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func swapBytes(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

const window = 256 << 10 // elements that gather holds at once

// gather reads a strided tensor. A part that spans little is read whole and
// picked from; a part that spans much is cut along its first dimension.
func (r *reader) gather(shape tensor.Shape, strides []int, elem int64, dst []float32) error {
	n := span(shape, strides)
	if n <= window {
		if cap(r.vals) < n {
			r.vals = make([]float32, n)
		}
		if err := r.run(elem, r.vals[:n]); err != nil {
			return err
		}
		pick(shape, strides, r.vals, dst)
		return nil
	}
	inner := len(dst) / shape[0]
	for i := range shape[0] {
		if err := r.gather(shape[1:], strides[1:], elem+int64(i*strides[0]), dst[i*inner:(i+1)*inner]); err != nil {
			return err
		}
	}
	return nil
}

// pick copies a strided tensor out of vals, where its first element is.
func pick(shape tensor.Shape, strides []int, vals, dst []float32) {
	switch len(shape) {
	case 0:
		dst[0] = vals[0]
		return
	case 1:
		for i := range dst {
			dst[i] = vals[i*strides[0]]
		}
		return
	}
	inner := len(dst) / shape[0]
	for i := range shape[0] {
		pick(shape[1:], strides[1:], vals[i*strides[0]:], dst[i*inner:(i+1)*inner])
	}
}
