package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tty is a terminal on which a program runs as its session's first process. It answers
// the questions that answers holds, after a delay, in the order in which they are asked,
// and no others.
type tty struct {
	t       *testing.T
	master  *os.File
	cmd     *exec.Cmd
	ended   chan error
	mu      sync.Mutex
	out     bytes.Buffer
	answers map[string]string
	delay   time.Duration
}

// onTTY starts the real program, or another command, on a terminal.
func onTTY(t *testing.T, env []string, name string, args ...string) *tty {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	master := os.NewFile(uintptr(fd), "ptmx")
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Skip(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer slave.Close()
	p := &tty{t: t, master: master, ended: make(chan error, 1)}
	p.cmd = exec.Command(name, args...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.Env = append(os.Environ(), append([]string{"TERM=xterm-256color", "NO_COLOR="}, env...)...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read()
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill(); master.Close() })
	return p
}

// read takes what the program writes, and answers.
func (p *tty) read() {
	b := make([]byte, 1<<16)
	pending := make(chan lateAnswer, 100)
	defer close(pending)
	go p.answer(pending)
	for {
		n, err := p.master.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.out.Write(b[:n])
		answers, delay := p.answers, p.delay
		p.mu.Unlock()
		if text := answersTo(b[:n], answers); text != "" {
			pending <- lateAnswer{time.Now().Add(delay), text}
		}
	}
}

// lateAnswer is what a terminal writes, and when.
type lateAnswer struct {
	due  time.Time
	text string
}

// answersTo are the answers to the questions in what a program has written.
func answersTo(written []byte, answers map[string]string) (text string) {
	for i := range written {
		for question, answer := range answers {
			if bytes.HasPrefix(written[i:], []byte(question)) {
				text += answer
			}
		}
	}
	return text
}

// answer writes answers when they are due, one after the other.
func (p *tty) answer(pending <-chan lateAnswer) {
	for a := range pending {
		time.Sleep(time.Until(a.due))
		io.WriteString(p.master, a.text)
	}
}

// text is all that was written so far.
func (p *tty) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// await waits until the program has written something.
func (p *tty) await(want string) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); !strings.Contains(p.text(), want); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%q isn't written:\n%q", want, p.text())
		}
	}
}

// exit waits for the program's end, and returns its exit code.
func (p *tty) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.t.Fatalf("the program doesn't end:\n%q", p.text())
	}
	time.Sleep(20 * time.Millisecond) // for the last output
	return p.cmd.ProcessState.ExitCode()
}

// clean reports what the program has left switched on.
func (p *tty) clean() {
	p.t.Helper()
	text := p.text()
	for _, mode := range []string{"1049", "1002", "1006", "2004"} {
		if strings.LastIndex(text, "\x1b[?"+mode+"h") > strings.LastIndex(text, "\x1b[?"+mode+"l") {
			p.t.Errorf("mode %s is left on", mode)
		}
	}
	if strings.LastIndex(text, "\x1b[?25l") > strings.LastIndex(text, "\x1b[?25h") {
		p.t.Error("the cursor is left hidden")
	}
}

// screenOn opens the screen.
func screenOn(t *testing.T) *tty {
	p := onTTY(t, nil, binary, "--arch", "cifar_resnet20", "--no-history")
	p.await("\x1b[?1049h")
	p.await("layer1")
	return p
}

// TestStrayOutput: what a driver writes to the process's streams does not touch the
// screen, and is said when that is gone.
func TestStrayOutput(t *testing.T) {
	p := screenOn(t)
	write := func(fd int, text string) {
		t.Helper()
		f, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/%d", p.cmd.Process.Pid, fd), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write(1, "driver: hello\n")
	write(2, "driver: \x1b[31mwarning\n")
	time.Sleep(100 * time.Millisecond)
	if strings.Contains(p.text(), "driver:") {
		t.Error("it is on the screen")
	}
	io.WriteString(p.master, "q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.clean()
	_, after, _ := strings.Cut(p.text(), "\x1b[?1049l")
	for _, line := range []string{"driver: hello", "warning"} {
		if strings.Count(after, line) != 1 || strings.Contains(after, "\x1b[31m") {
			t.Errorf("after the screen: %q, want %q once", after, line)
		}
	}
}

// TestCrashIsSeen: a crash is told on the terminal, though nothing else is.
func TestCrashIsSeen(t *testing.T) {
	p := screenOn(t)
	p.cmd.Process.Signal(syscall.SIGQUIT)
	if code := p.exit(); code != 2 || !strings.Contains(p.text(), "goroutine ") {
		t.Errorf("exit code %d, %q", code, p.text())
	}
}

// TestSignalsRestoreTheTerminal: whatever ends the screen, the terminal is given back.
func TestSignalsRestoreTheTerminal(t *testing.T) {
	// Under nohup this process ignores SIGHUP, and so would those that it starts. What it
	// catches they get as usual.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		p := screenOn(t)
		p.cmd.Process.Signal(s)
		if code := p.exit(); code != exitFailed {
			t.Errorf("%v: exit code %d", s, code)
		}
		p.clean()
	}
}

// TestClosedTerminal: a program whose terminal is gone ends, though nobody tells it.
func TestClosedTerminal(t *testing.T) {
	p := onTTY(t, nil, "/bin/sh", "-c", `trap "" HUP; exec "$0" --arch cifar_resnet20 --no-history`, binary)
	p.await("layer1")
	p.master.Close()
	if code := p.exit(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// TestHangUpIsIgnored: what nohup starts goes on when its terminal hangs up.
func TestHangUpIsIgnored(t *testing.T) {
	p := onTTY(t, nil, "/bin/sh", "-c", `trap "" HUP; exec "$0" --arch cifar_resnet20 --no-history`, binary)
	p.await("layer1")
	p.cmd.Process.Signal(syscall.SIGHUP)
	time.Sleep(200 * time.Millisecond)
	io.WriteString(p.master, "q")
	if code := p.exit(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
}

// TestStopWithoutAShell: the kernel doesn't stop a process that nobody could continue.
// Then ctrl-z says so and q quits; behind another process of the session, of which the
// program can't know that it is alone too, the screen comes back.
func TestStopWithoutAShell(t *testing.T) {
	p := screenOn(t)
	io.WriteString(p.master, "\x1a")
	p.await("no shell")
	io.WriteString(p.master, "q")
	if code := p.exit(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	p.clean()

	p = onTTY(t, nil, "/bin/sh", "-c", `"$0" --arch cifar_resnet20 --no-history; exit $?`, binary)
	p.await("layer1")
	io.WriteString(p.master, "\x1a")
	p.await("\x1b[?1049l")
	before := len(p.text())
	for end := time.Now().Add(10 * time.Second); !strings.Contains(p.text()[before:], "\x1b[?1049h"); {
		if time.Sleep(2 * time.Millisecond); time.Now().After(end) {
			t.Fatal("the screen doesn't come back")
		}
	}
	io.WriteString(p.master, "q")
	if code := p.exit(); code != exitDone {
		t.Errorf("behind a shell: exit code %d", code)
	}
	p.clean()
}

// TestLateAnswers: what the terminal answers after q is not left for the shell to read.
func TestLateAnswers(t *testing.T) {
	const shell = `"$0" --arch cifar_resnet20 --no-history; read -t 1 -n 80 x; echo "GOT[${x@Q}]"`
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	p := onTTY(t, nil, bash, "--norc", "-c", shell, binary)
	p.mu.Lock()
	p.delay, p.answers = 120*time.Millisecond, map[string]string{
		"\x1b]11;?": "\x1b]11;rgb:1a1a/1b1b/2626\x1b\\", "\x1b[c": "\x1b[?62;22c",
		"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[?u": "\x1b[?0u",
	}
	p.mu.Unlock()
	p.await("\x1b[?1049h")
	io.WriteString(p.master, "q")
	p.await("GOT[")
	p.await("]")
	if !strings.Contains(p.text(), "GOT['']") {
		t.Errorf("left for the shell: %q", p.text()[strings.Index(p.text(), "GOT["):])
	}
}

// TestSilentTerminal: a terminal that answers nothing costs a moment at the end, not more.
func TestSilentTerminal(t *testing.T) {
	p := screenOn(t)
	io.WriteString(p.master, "q")
	p.await("\x1b[?1049l")
	began := time.Now()
	if code := p.exit(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 2*time.Second { // 0.2 s on an idle machine
		t.Errorf("the end takes %v", took)
	}
}

// TestNothingIsAsked: help and errors ask the terminal nothing, whose answer they would
// wait for, and take no key. Where no colour is wanted there are no escape sequences.
func TestNothingIsAsked(t *testing.T) {
	questions := []string{"\x1b]10;", "\x1b]11;", "\x1b[c", "$p", "\x1b[?u", "\x1b[6n", "\x1b[>q", "\x1bP"}
	for _, args := range [][]string{
		{"--help"}, {"run", "--help"}, {"help", "nothing"}, {"--bogus"}, {"bogus"}, {"--weights", "nope.pth"},
		{"man", "too", "much"}, {"completion", "no-shell"}, {"completion", "bash", "extra"}, {"--version"},
	} {
		for _, env := range []string{"NO_COLOR=", "NO_COLOR=yes", "TERM=dumb"} {
			p := onTTY(t, []string{env}, binary, args...)
			p.exit()
			text := p.text()
			asks := func(q string) bool { return strings.Contains(text, q) }
			if i := slices.IndexFunc(questions, asks); i >= 0 {
				t.Errorf("%s %q asks %q", env, args, questions[i])
			}
			if env != "NO_COLOR=" && strings.Contains(text, "\x1b") {
				t.Errorf("%s %q writes escape sequences: %q", env, args, text)
			}
		}
	}
}

// TestTypedAhead: what is typed while help is printed is there for the shell.
func TestTypedAhead(t *testing.T) {
	p := onTTY(t, nil, "/bin/sh", "-c", `"$0" --help >/dev/tty; read x; echo "GOT[$x]"`, binary)
	io.WriteString(p.master, "next command\n")
	p.await("GOT[next command]")
}
