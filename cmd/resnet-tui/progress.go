package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress tells on stderr how far the work is: one line that changes on a
// terminal, elsewhere a line now and then. It may be used from any goroutine.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	every    time.Duration
	next     time.Time
	shown    bool
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, terminal: isTerminal(w), every: 10 * time.Second}
	if p.terminal {
		p.every = 100 * time.Millisecond
	}
	p.next = time.Now().Add(p.every)
	return p
}

// say shows how far the work is, if it is time to.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(p.every), true
	line := fmt.Sprintf(format, args...)
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K"+p.fit(line))
		return
	}
	fmt.Fprintln(p.w, line)
}

// fit cuts a line to the terminal's width: a longer one would take two rows,
// of which only the last is wiped.
func (p *progress) fit(line string) string {
	f, ok := p.w.(*os.File)
	if !ok {
		return line
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if cells := []rune(line); err == nil && width > 0 && len(cells) >= width {
		return string(cells[:width-1])
	}
	return line
}

// session is the Progress of a session's options.
func (p *progress) session(stage string, done, total int64) {
	if total > 0 {
		p.say("%s %d %%", stage, 100*done/total)
	}
}

// stay writes a line that stays.
func (p *progress) stay(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	fmt.Fprintln(p.w, line)
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}

func (p *progress) wipe() {
	if p.shown && p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.shown = false
}
