//go:build amd64 && !linux && !noasm

package asm

// permitTiles says no: how to ask this system for AMX's tiles is not known here.
func permitTiles() bool { return false }
