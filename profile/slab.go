package profile

// slab hands out slices that are cut from larger allocations: a tree of
// thousands of rows takes dozens of allocations, not tens of thousands.
type slab[T any] struct{ free []T }

const slabSize = 64

// take returns n zero values, which can't be appended to in place.
func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		s.free = make([]T, max(n, slabSize))
	}
	t := s.free[:n:n]
	s.free = s.free[n:]
	return t
}

// concat is a slice of the values of others.
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
