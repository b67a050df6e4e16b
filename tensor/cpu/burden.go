//go:build !slowlayer

package cpu

// burden slows nothing down. Only a program built with the tag slowlayer can, to test
// that a comparison finds what is slower.
type burden struct{}

func (burden) begin()                 {}
func (burden) end(*schedule, *launch) {}
