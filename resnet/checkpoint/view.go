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

const (
	maxInflated = 512 << 20 // bytes that are unpacked from a compressed entry at once
	maxDims     = 64        // dimensions of a tensor, as in PyTorch
)

// store is a range of bytes of which tensors are views: bytes [off, off+size) of the
// file, or if packed is set, the size bytes to which that inflates.
type store struct {
	off, size int64
	packed    *zip.File
}

// view is a tensor's position in a store. Strides and offset are in elements.
type view struct {
	dtype   DType
	shape   tensor.Shape
	strides []int
	offset  int64
	swap    bool // big-endian
	neg     bool // the values are the negatives of those in the store
	store   store
}

// rowMajor returns the strides of a contiguous tensor: the last index varies fastest.
func rowMajor(shape tensor.Shape) []int {
	strides, n := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = n
		n *= shape[i]
	}
	return strides
}

// checkShape bounds the dimensions and extents of a shape, so that the number of elements
// can't overflow. Extents may be 0 in a file.
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

// check returns an error if the view is impossible or exceeds its store.
func (v *view) check() error {
	if err := checkShape(v.shape); err != nil {
		return err
	}
	if len(v.strides) != len(v.shape) {
		return fmt.Errorf("has %d dimensions but %d strides", len(v.shape), len(v.strides))
	}
	room := v.store.size/v.dtype.Size() - 1 // index of the store's last element
	if v.shape.Elems() == 0 {
		return nil
	}
	// The last element is at offset + Σ (dᵢ−1)·sᵢ. Each term is compared with what is left,
	// so that the sum can't overflow.
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

// outside is the error of a view that exceeds its store.
func (v *view) outside() error {
	return fmt.Errorf("exceeds its storage: shape %v, strides %v, offset %d, %d bytes of %v",
		v.shape, v.strides, v.offset, v.store.size, v.dtype)
}

// span returns the number of elements from a view's first to its last.
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

// contiguous reports whether the elements follow one another in row-major order.
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
	if err := r.read(v, dst); err != nil {
		return err
	}
	if v.neg {
		for i, x := range dst {
			dst[i] = -x
		}
	}
	return nil
}

// inflate unpacks n bytes from off on. Memory grows with the bytes that are unpacked, not
// with what the entry claims to have.
func inflate(f *zip.File, off, n int64) ([]byte, error) {
	if n > maxInflated {
		return nil, fmt.Errorf("%s is compressed and needs %d MB to unpack, at most %d are possible: "+
			"save it without compression", quoteName(f.Name), n>>20, maxInflated>>20)
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

// damaged is the error of an entry that can't be unpacked.
func damaged(f *zip.File, err error) error {
	return fmt.Errorf("%s is damaged: %w", quoteName(f.Name), err)
}

// reader converts elements, which start at byte base.
type reader struct {
	r     io.ReaderAt
	base  int64
	dtype DType
	swap  bool
	vals  []float32 // scratch memory for gather
}

// read reads a view's elements.
func (r *reader) read(v *view, dst []float32) error {
	if v.contiguous() {
		return r.run(0, dst)
	}
	return r.gather(v.shape, v.strides, 0, dst)
}

const chunk = 64 << 10 // bytes that are read and converted at a time

// chunks keeps buffers for concurrent reads.
var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// run converts len(dst) consecutive elements, from index elem on.
func (r *reader) run(elem int64, dst []float32) error {
	if r.dtype == F32 && !r.swap && hostLittle { // the bytes are the values: read them in place
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

// hostLittle reports a little-endian machine, where float32 needs no conversion.
var hostLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// readFull reads exactly len(b) bytes from off on.
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

// swapBytes reverses the bytes of each element.
func swapBytes(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

const window = 256 << 10 // elements that gather holds at a time

// gather reads a strided tensor from index elem on. If it spans up to window elements,
// they are all read, and those of the tensor are picked from them; otherwise it is split
// along its first dimension.
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

// pick copies a strided tensor, whose first element is vals[0].
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
