package profile

// slab cuts slices from larger allocations, so that a tree of thousands of rows
// takes dozens of allocations instead of tens of thousands. The slices live as long
// as any of those cut from the same allocation: a slab is for values of one owner.
type slab[T any] struct{ free []T }

// slabSize is the number of values per allocation, if no single slice needs more.
const slabSize = 64

// take returns n zero values. The capacity is n, so that appending can't reach the
// values of other slices.
func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		s.free = make([]T, max(n, slabSize))
	}
	t := s.free[:n:n]
	s.free = s.free[n:]
	return t
}

// concat returns the values of several slices as one.
func (s *slab[T]) concat(parts ...[]T) []T {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	all := s.take(n)[:0]
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
