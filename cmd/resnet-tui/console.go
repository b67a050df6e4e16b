package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"resnet-tui/internal/app"
)

// console says on stderr how far the work is, in one line that changes on a terminal,
// elsewhere in a line now and then, and what the user should know besides. It is safe
// for concurrent use.
type console struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	every    time.Duration
	next     time.Time
	shown    bool
	muted    bool            // while the screen is shown
	said     map[string]bool // lines that stay
}

func newConsole(w io.Writer) *console {
	c := &console{w: w, terminal: isTerminal(w), every: 10 * time.Second}
	if c.terminal {
		c.every = 100 * time.Millisecond
	}
	c.next = time.Now().Add(c.every)
	return c
}

// listener is what a use case reports to.
func (c *console) listener() app.Listener {
	return app.Listener{
		Progress: func(p app.Progress) { c.say(p.Text) },
		Notice:   func(m app.Message) { c.stay(joinLines(m.Named(flagName))) },
	}
}

// mute drops what comes from now on, or no longer.
func (c *console) mute(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.muted = on
}

// say shows how far the work is, if it is time to.
func (c *console) say(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.muted || now.Before(c.next) {
		return
	}
	c.next, c.shown = now.Add(c.every), true
	line = shown(line)
	if c.terminal {
		fmt.Fprint(c.w, "\r\x1b[K"+c.fit(line))
		return
	}
	fmt.Fprintln(c.w, line)
}

// fit cuts a line to the terminal's width: a longer one would take two rows,
// of which only the last is wiped.
func (c *console) fit(line string) string {
	f, ok := c.w.(*os.File)
	if !ok {
		return line
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if cells := []rune(line); err == nil && width > 0 && len(cells) >= width {
		return string(cells[:width-1])
	}
	return line
}

// stay writes a line that stays, once: a sweep would say it for each of its profiles.
func (c *console) stay(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.muted || c.said[line] {
		return
	}
	if c.said == nil {
		c.said = map[string]bool{}
	}
	c.said[line] = true
	c.wipe()
	fmt.Fprintln(c.w, shown(line))
}

// clear removes the line of progress.
func (c *console) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe()
}

func (c *console) wipe() {
	if c.shown && c.terminal {
		fmt.Fprint(c.w, "\r\x1b[K")
	}
	c.shown = false
}
