//go:build unix

package tui

import (
	"io"
	"os"
	"os/signal"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// How long answers that are still due are waited for, and how long a process may take
// to stop itself.
const (
	answerTime = 200 * time.Millisecond
	stopTime   = 100 * time.Millisecond
)

// hold takes the terminal that the streams are, and returns its own streams; nil if
// they are no terminal. It is made raw here and not by bubbletea alone, so that it
// stays so until the last answer has been read.
func (s streams) hold() (*tty, streams) {
	if s.in != nil || s.out != nil {
		return nil, s
	}
	t := &tty{in: os.Stdin, out: os.Stdout, others: newDiversion()}
	if t.others != nil {
		t.out = t.others.out
	}
	if !t.makeRaw() {
		return nil, s
	}
	s.in, s.out = terminalIn{t.in, t}, terminalOut{t.out, t}
	return t, s
}

// makeRaw makes keys come as they are pressed, without an echo.
func (t *tty) makeRaw() bool {
	if !term.IsTerminal(int(t.out.Fd())) {
		return false
	}
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return false
	}
	t.before = before
	t.others.begin()
	return true
}

// release gives the terminal back as it was found.
func (t *tty) release() {
	t.settle()
	_ = term.Restore(int(t.in.Fd()), t.before) // it may be gone
	t.others.end()
}

// settle reads the answers that are due, as long as it may take.
func (t *tty) settle() {
	b := make([]byte, 256)
	for end := time.Now().Add(answerTime); t.due.Load() > 0 && t.readable(time.Until(end)); {
		if n, err := (terminalIn{t.in, t}).Read(b); n == 0 || err != nil {
			return
		}
	}
}

// readable waits until there is input. macOS can't poll terminals, but select them.
func (t *tty) readable(wait time.Duration) bool {
	fd := int(t.in.Fd())
	for end := time.Now().Add(wait); ; {
		left := unix.NsecToTimeval(max(time.Until(end), 0).Nanoseconds())
		var set unix.FdSet
		set.Set(fd)
		n, err := unix.Select(fd+1, &set, nil, nil, &left)
		if err != unix.EINTR {
			return n > 0 && err == nil
		}
	}
}

// options are what bubbletea needs to stop by our hands. Its own way, for ctrl-z, waits
// for a signal to go on; where the kernel stops nobody, since no shell is there to
// continue them, it would wait for ever.
func (t *tty) options() []tea.ProgramOption {
	return []tea.ProgramOption{tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
		if _, ok := msg.(tea.SuspendMsg); !ok {
			return msg
		}
		if !hasShell() {
			return alone{}
		}
		return tea.Exec(stopping{t}, func(error) tea.Msg { return tea.ResumeMsg{} })()
	})}
}

// hasShell reports whether the parent is in the same session. If not, this process is
// the session's first, and nobody could continue it.
func hasShell() bool {
	parent := os.Getppid()
	if parent == 0 {
		return false // the first process of a container
	}
	theirs, err := unix.Getsid(parent)
	ours, _ := unix.Getsid(0)
	return err == nil && theirs == ours
}

// stopping is the time from ctrl-z to fg, as a command that has the terminal.
type stopping struct{ t *tty }

func (stopping) SetStdin(io.Reader)  {}
func (stopping) SetStdout(io.Writer) {}
func (stopping) SetStderr(io.Writer) {}

// Run stops the process, and returns when it continues, or at once if it can't stop.
func (s stopping) Run() error {
	s.t.release()
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	_ = unix.Kill(0, unix.SIGTSTP) // all of a pipeline, as the terminal's own ctrl-z does
	select {
	case <-continued:
	case <-time.After(stopTime):
	}
	signal.Stop(continued)
	s.t.makeRaw()
	return nil
}
