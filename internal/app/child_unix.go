//go:build unix

package app

import (
	"os"
	"syscall"
)

// interrupt asks a child to end, as ctrl+c does.
func interrupt(p *os.Process) error { return p.Signal(syscall.SIGINT) }
