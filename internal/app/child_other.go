//go:build !unix

package app

import "os"

// interrupt ends a child: there is no way to ask it.
func interrupt(p *os.Process) error { return p.Kill() }
