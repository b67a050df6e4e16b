// Package nettest holds devices to whole nets of the family: what a pass gives must be
// what the plain reference in float64 gives, which package oracle holds to PyTorch's. It
// is for tests only.
package nettest
