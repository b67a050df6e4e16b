package profile

// Pair is what two nets have at one path; A or B is nil for a net that has
// nothing there.
type Pair[T any] struct {
	Path string `json:"path"`
	A    *T     `json:"a,omitempty"`
	B    *T     `json:"b,omitempty"`
}

// Align pairs the elements of two lists by path: first those of a in order, then
// those that only b has. Within a list every element has a path of its own.
// The pairs point into a and b. The blocks of a net and its plain twin pair
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
