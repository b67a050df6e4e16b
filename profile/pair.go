package profile

// Pair holds what two nets, A and B, have at the same path. At most one of A and
// B is nil: that net has nothing there.
type Pair[T any] struct {
	Path string `json:"path"`
	A    *T     `json:"a,omitempty"`
	B    *T     `json:"b,omitempty"`
}

// Align pairs the elements of two lists by path: first those of a in order, then
// those that only b has, in order. Paths must be unique within each list. The
// pairs point into a and b, whose elements they share.
//
// The blocks of a net and of its plain twin have the same paths and pair
// completely.
func Align[T any](a, b []T, path func(*T) string) []Pair[T] {
	var pairs []Pair[T]
	index := make(map[string]int, len(a))
	for i := range a {
		p := path(&a[i])
		index[p] = len(pairs)
		pairs = append(pairs, Pair[T]{Path: p, A: &a[i]})
	}
	for i := range b {
		p := path(&b[i])
		if at, ok := index[p]; ok {
			pairs[at].B = &b[i]
		} else {
			pairs = append(pairs, Pair[T]{Path: p, B: &b[i]})
		}
	}
	return pairs
}
