package cpu

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const hugeBytes = 2 << 20

// region is memory outside the Go heap: zeroed, aligned to pages.
type region struct {
	mapped []byte
	data   []float32
}

// newRegion takes that many bytes of memory, in huge pages where the system has
// them: worth 3–4 % of a ResNet-50, as far as noise lets one say.
func newRegion(bytes int64) (*region, error) {
	if bytes == 0 {
		return &region{}, nil
	}
	size := int(bytes)
	if bytes >= hugeBytes {
		size += hugeBytes // to align; what is not touched costs nothing
	}
	m, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("can't get %d bytes of memory: %w", size, err)
	}
	start := unsafe.Pointer(unsafe.SliceData(m))
	if bytes >= hugeBytes {
		start = unsafe.Add(start, -uintptr(start)&(hugeBytes-1))
		// Only whole huge pages: a half-used one at the end would be resident.
		whole := unsafe.Slice((*byte)(start), int(bytes)&^(hugeBytes-1))
		_ = unix.Madvise(whole, unix.MADV_HUGEPAGE) // a kernel without them serves small ones
	}
	return &region{mapped: m, data: floats(start, int(bytes)/floatBytes)}, nil
}

// free gives the memory back.
func (r *region) free() {
	if r.mapped != nil {
		_ = unix.Munmap(r.mapped)
		r.mapped, r.data = nil, nil
	}
}

// discard gives back the whole pages of a part that nobody will read again.
func (r *region) discard(part []float32) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	page := uintptr(unix.Getpagesize())
	skip := -start & (page - 1)
	if size := uintptr(len(part)) * floatBytes; size >= skip+page {
		whole := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(part)), skip)), (size-skip)&^(page-1))
		_ = unix.Madvise(whole, unix.MADV_DONTNEED)
	}
}
