//go:build unix

package tui

import (
	"io"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"resnet-tui/profile"
)

// diversion keeps what others write off the screen: drivers of GPUs, and libraries below
// them, write warnings to the process's streams whenever they like. It goes to a file
// meanwhile, and to stderr when the screen is gone.
type diversion struct {
	file     *os.File
	out, err *os.File // the streams themselves; err is nil if that is no terminal
}

// newDiversion makes one that is off; nil if there is no place for it.
func newDiversion() *diversion {
	file, err := os.CreateTemp("", "resnet-tui-*.log")
	if err != nil {
		return nil
	}
	d := &diversion{file: file}
	_ = os.Remove(file.Name()) // it lives as long as it is open
	if d.out = copyOf(os.Stdout); d.out == nil {
		_ = file.Close()
		return nil
	}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		d.err = copyOf(os.Stderr)
	}
	return d
}

// copyOf is another descriptor of a stream; nil if there can be none.
func copyOf(f *os.File) *os.File {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// begin sends the streams elsewhere. A crash still tells the terminal.
func (d *diversion) begin() {
	if d == nil {
		return
	}
	_ = redirect(d.file, os.Stdout)
	if d.err != nil {
		_ = redirect(d.file, os.Stderr)
		_ = debug.SetCrashOutput(d.err, debug.CrashOptions{})
	}
}

// end gives the streams back, and says what was written meanwhile.
func (d *diversion) end() {
	if d == nil {
		return
	}
	_ = redirect(d.out, os.Stdout)
	if d.err != nil {
		_ = redirect(d.err, os.Stderr)
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	}
	_, _ = d.file.Seek(0, io.SeekStart)
	text, _ := io.ReadAll(io.LimitReader(d.file, maxDiverted))
	_ = d.file.Truncate(0)
	_, _ = d.file.Seek(0, io.SeekStart)
	for line := range strings.Lines(string(text)) {
		_, _ = os.Stderr.WriteString(profile.Printable(strings.TrimRight(line, "\r\n")) + "\n")
	}
}

// maxDiverted is how much is said in the end: a driver may repeat itself.
const maxDiverted = 16 << 10
