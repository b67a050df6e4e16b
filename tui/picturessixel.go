package tui

import (
	"io"
	"maps"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"resnet-tui/picture/terminal"
)

// The two blanks that stand where sixels are.
const (
	hardBlank = "\u00a0" // a space that doesn't break
	dotBlank  = "\u2800" // Braille without a dot
)

// sixelCells are blank, but not as other blanks are: so bubbletea doesn't clear them with
// the rest of a line, and a frame that writes them can be told. Each row has a number, in
// two kinds of blanks, lest a row be taken for another one and scrolled.
func sixelCells(w, h int) []terminal.Cell {
	cells := make([]terminal.Cell, 0, w*h)
	for y := range h {
		for x := range w {
			blank := hardBlank
			if (y+1)>>(x%10)&1 != 0 {
				blank = dotBlank
			}
			cells = append(cells, terminal.Cell{Text: blank})
		}
	}
	return cells
}

// endSixels collects the sixels of a frame: of the images that nothing covers. Where there
// were sixels before, a frame may have nothing to write, so these are replaced before it;
// all others are written with the frame that makes blanks for them.
func (p *pictures) endSixels(c *canvas) {
	now := map[rect]string{}
	for _, s := range p.shown {
		if s.by.drawing == terminal.Sixel && s.wholly(c) {
			now[s.at] = s.sixel
		}
	}
	if maps.Equal(now, p.onScreen) {
		return
	}
	var all strings.Builder
	for at, sixel := range now {
		text := ansi.SaveCursor + ansi.CursorPosition(at.x+1, at.y+1) + sixel + ansi.RestoreCursor
		all.WriteString(text)
		if p.onScreen[at] != sixel && p.meetsSixels(at) {
			p.out.text.WriteString(text)
		}
	}
	p.onScreen = now
	text := all.String()
	p.over.Store(&text)
}

// meetsSixels reports whether there were sixels in a rectangle in the last frame.
func (p *pictures) meetsSixels(r rect) bool {
	for q := range p.onScreen {
		if q.x < r.x+r.w && r.x < q.x+q.w && q.y < r.y+r.h && r.y < q.y+q.h {
			return true
		}
	}
	return false
}

// overlay returns what bubbletea writes, with the sixels over it if it may have harmed
// them: bubbletea writes more of a line than has changed, and shifts parts of lines. Where
// it writes a frame as one, they belong to that. Unlike all else of pictures, this runs in
// the goroutine that writes.
func (p *pictures) overlay(text string) string {
	over := p.over.Load()
	if over == nil || *over == "" || !harmsSixels(text) {
		return text
	}
	frame, whole := strings.CutSuffix(text, ansi.ResetModeSynchronizedOutput)
	if frame += *over; whole {
		frame += ansi.ResetModeSynchronizedOutput
	}
	return frame
}

// harmsSixels reports whether text writes cells of sixels, or inserts or deletes some.
func harmsSixels(text string) bool {
	if strings.Contains(text, hardBlank) || strings.Contains(text, dotBlank) {
		return true
	}
	for _, sequence := range strings.Split(text, "\x1b[")[1:] {
		rest := strings.TrimLeft(sequence, "0123456789")
		if strings.HasPrefix(rest, "@") || strings.HasPrefix(rest, "P") {
			return true
		}
	}
	return false
}

// overlaid is a terminal's output with pictures over what is written.
type overlaid struct {
	io.Writer
	overlay func(string) string
}

// Write writes a frame and what belongs over it at once.
func (o overlaid) Write(b []byte) (int, error) {
	n, err := o.Writer.Write([]byte(o.overlay(string(b))))
	if err == nil {
		n = len(b) // what was added doesn't count
	}
	return min(n, len(b)), err
}

// file is what bubbletea must know of a terminal to ask for its size.
type file interface {
	io.ReadWriteCloser
	Fd() uintptr
}

// overlaidFile is an overlaid terminal.
type overlaidFile struct {
	file
	overlaid
}

// Write writes as overlaid does.
func (o overlaidFile) Write(b []byte) (int, error) { return o.overlaid.Write(b) }

// under puts the pictures of a program, if it has any, over its output.
func (t streams) under(m tea.Model) streams {
	o, ok := m.(interface{ overlay(string) string })
	if !ok {
		return t
	}
	if t.out == nil {
		t.out = os.Stdout
	}
	over := overlaid{t.out, o.overlay}
	if f, ok := t.out.(file); ok {
		t.out = overlaidFile{f, over}
	} else {
		t.out = over
	}
	return t
}
