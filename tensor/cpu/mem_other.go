//go:build !linux

package cpu

import "unsafe"

// region is zeroed memory, aligned to cache lines.
type region struct{ data []float32 }

func newRegion(bytes int64) (*region, error) {
	const slack = lineBytes / floatBytes
	all := make([]float32, int(bytes)/floatBytes+slack)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(all)))&(lineBytes-1)) / floatBytes
	return &region{data: all[skip : len(all)-slack+skip]}, nil
}

func (r *region) free() { r.data = nil }

// discard can give nothing back before the whole region is free.
func (r *region) discard([]float32) {}
