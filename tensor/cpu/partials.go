package cpu

import "unsafe"

// partials are sums of type T over the pieces of a view. They lie in the scratch
// memory that workers share and are added in a fixed order: the result does not
// depend on the threads.
type partials[T any] struct {
	grid
	env *env
}

func newPartials[T any](sc *schedule, v *view) *partials[T] {
	p := &partials[T]{grid: newGrid(v), env: sc.env}
	sc.needShared(p.bytes())
	return p
}

func (p *partials[T]) bytes() int {
	var t T
	return roundUp(p.pieces()*int(unsafe.Sizeof(t)), lineBytes)
}

func (p *partials[T]) at(piece int) *T {
	var t T
	return (*T)(unsafe.Add(p.env.shared, piece*int(unsafe.Sizeof(t))))
}

// phase adds up each piece, strip by strip.
func (p *partials[T]) phase(add func(w *worker, sum *T, s strip)) phase {
	return phase{over: p.v, pieces: p.pieces(), run: func(w *worker, piece, _ int) {
		var zero T
		sum := p.at(piece)
		*sum = zero
		p.strips(piece, func(s strip) { add(w, sum, s) })
	}}
}

// each calls f for the sums of a block's pieces, in order.
func (p *partials[T]) each(block int, f func(sum *T)) {
	for i := range p.parts {
		f(p.at(block*p.parts + i))
	}
}

// all calls f for the sums of all pieces, in order.
func (p *partials[T]) all(f func(sum *T)) {
	for i := range p.pieces() {
		f(p.at(i))
	}
}
