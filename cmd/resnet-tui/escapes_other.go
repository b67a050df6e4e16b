//go:build !windows

package main

// enableEscapes does nothing: only a Windows console has to be told that there will be
// escape sequences.
func enableEscapes(...any) {}
