//go:build unix && !linux

package tui

import (
	"os"

	"golang.org/x/sys/unix"
)

// redirect makes a stream's descriptor stand for another file.
func redirect(to, stream *os.File) error { return unix.Dup2(int(to.Fd()), int(stream.Fd())) }
