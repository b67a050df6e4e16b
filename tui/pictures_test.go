package tui

import (
	"image"
	"image/color"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"resnet-tui/picture/terminal"
)

// flat is an image of one colour.
func flat(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetRGBA(i%w, i/w, c)
	}
	return img
}

// frame draws one frame of pictures and returns what is written.
func frame(p *pictures, w, h int, draw func(c *canvas)) string {
	var c canvas
	c.reset(w, h)
	p.begin(colorprofile.TrueColor, true)
	draw(&c)
	p.end(&c)
	return c.encode(NewStyles(ThemeDark, colorprofile.TrueColor, true))
}

func TestPictureInCells(t *testing.T) {
	p := newPictures("cells", false)
	img := flat(10, 10, color.RGBA{10, 20, 30, 255})
	var at rect
	got := frame(p, 8, 3, func(c *canvas) { at = p.draw(c, rect{1, 0, 6, 2}, "a", img) })
	if at != (rect{2, 0, 4, 2}) {
		t.Errorf("the picture stands at %v", at)
	}
	if want := "  \x1b[48;2;10;20;30m    \x1b[m"; got != want+"\n"+want+"\n" {
		t.Errorf("drawn as %q", got)
	}
	covered := frame(p, 8, 3, func(c *canvas) {
		p.draw(c, rect{1, 0, 6, 2}, "a", img)
		c.text(3, 0, 8, "xy", plainText)
	})
	if want := "  \x1b[48;2;10;20;30m \x1b[mxy\x1b[48;2;10;20;30m \x1b[m"; !strings.HasPrefix(covered, want) {
		t.Errorf("with text over it %q", covered)
	}
	if frame(p, 8, 3, func(*canvas) {}) != "\n\n" || len(p.shown) != 0 {
		t.Errorf("a picture that isn't drawn any more is kept: %v", p.shown)
	}
}

// An image is drawn once as long as neither it nor its size changes.
func TestPicturesAreKept(t *testing.T) {
	p := newPictures("cells", false)
	img := flat(10, 10, color.RGBA{10, 20, 30, 255})
	draw := func(c *canvas) { p.draw(c, rect{0, 0, 8, 4}, "a", img) }
	frame(p, 20, 10, draw)
	first := &p.shown["a"].cells[0]
	frame(p, 20, 10, draw)
	if &p.shown["a"].cells[0] != first {
		t.Error("the same image was drawn again")
	}
	img = flat(10, 10, color.RGBA{99, 20, 30, 255})
	if got := frame(p, 20, 10, draw); !strings.Contains(got, "48;2;99;20;30") {
		t.Errorf("another image is not drawn: %q", got)
	}
	frame(p, 20, 10, func(c *canvas) { draw(c); draw(c) })
	if len(p.shown) != 2 {
		t.Errorf("drawn twice, there are %d", len(p.shown))
	}
}

// step draws a frame as Model does, and returns it with what is written besides it.
func step(p *pictures, draw func(c *canvas)) (text, raw string) {
	text = frame(p, 20, 6, draw)
	return text, p.out.String()
}

// TestKittyPictures: an image is sent before the frame that shows it, the one before stays
// until then, and none is left behind.
func TestKittyPictures(t *testing.T) {
	p := newPictures("kitty", false)
	img := flat(10, 10, color.RGBA{10, 20, 30, 255})
	draw := func(c *canvas) { p.draw(c, rect{0, 0, 8, 4}, "a", img) }
	text, raw := step(p, draw)
	if strings.Contains(text, "\U0010eeee") || strings.Count(raw, "\x1b_Ga=T,U=1,") != 1 || !strings.Contains(raw, "c=8,r=4") {
		t.Fatalf("the first frame is %q, and sent is %.80q", text, raw)
	}
	if taken, changed := p.receive(tea.RawMsg{Msg: &p.out}); !taken || !changed {
		t.Fatal("nobody notices that the image has been sent")
	}
	first, raw := step(p, draw)
	if strings.Count(first, "\U0010eeee") != 32 || raw != "" {
		t.Fatalf("the second frame is %q, and sent is %.80q", first, raw)
	}
	img = flat(10, 10, color.RGBA{10, 20, 31, 255})
	second, raw := step(p, draw)
	if second != first || strings.Count(raw, "a=T") != 1 {
		t.Fatalf("while another image is sent, the frame is %q", second)
	}
	p.receive(tea.RawMsg{Msg: &p.out})
	if third, _ := step(p, draw); third == first || strings.Count(third, "\U0010eeee") != 32 {
		t.Fatalf("then the frame is %q", third)
	}
	_, raw = step(p, func(*canvas) {})
	if strings.Count(raw, "a=d,d=I") != 2 || len(p.shown) != 0 || p.ids.taken[1] || p.ids.taken[2] {
		t.Errorf("when it is gone, sent is %q", raw)
	}
	step(p, draw)
	if got := p.farewell(); strings.Count(got, "a=d,d=I") != 2 {
		t.Errorf("at the end %q is sent", got)
	}
}

// TestKittyNames: more images than names are drawn with blocks.
func TestKittyNames(t *testing.T) {
	p := newPictures("kitty", false)
	img := flat(2, 2, color.RGBA{10, 20, 30, 255})
	text, raw := step(p, func(c *canvas) {
		for i := range 128 {
			p.draw(c, rect{i % 20, i / 25, 1, 1}, string(rune('A'+i)), img)
		}
	})
	if n := strings.Count(raw, "a=T"); n != 127 || !strings.Contains(text, "48;2;10;20;30") {
		t.Errorf("%d of 128 images are sent, and the frame is %q", n, text)
	}
}

// TestSixelPictures: an image is written with the frame that has its blank cells, replaced
// in place at once, never while something covers it, and again whenever a frame may have
// harmed it.
func TestSixelPictures(t *testing.T) {
	p := newPictures("sixel", false)
	img := flat(10, 10, color.RGBA{10, 20, 30, 255})
	draw := func(c *canvas) { p.draw(c, rect{2, 1, 8, 4}, "a", img) }
	const begin, end = "\x1b7\x1b[2;3H\x1bP0;1;0q\"1;1;64;64", "\x1b8"
	text, raw := step(p, draw)
	if raw != "" || strings.ContainsAny(strings.Split(text, "\n")[1][2:], " ") {
		t.Fatalf("the first frame is %q, and before it %.40q is written", text, raw)
	}
	over, ok := strings.CutPrefix(p.overlay(text), text)
	if !ok || !strings.HasPrefix(over, begin) || !strings.HasSuffix(over, end) {
		t.Fatalf("over it %.60q is written", over)
	}
	const synchronized = "\x1b[?2026l"
	if got := p.overlay(text + synchronized); got != text+over+synchronized {
		t.Error("the image doesn't belong to the frame")
	}
	for part, harms := range map[string]bool{"\x1b[2;1Hx": false, "\x1b[12@x": true, "\x1b[P": true, "P": false, "\x1b[K": false} {
		if got := p.overlay(part) != part; got != harms {
			t.Errorf("%q harms images: %v", part, got)
		}
	}
	if again, raw := step(p, draw); again != text || raw != "" {
		t.Fatalf("the same frame again writes %.40q", raw)
	}
	img = flat(10, 10, color.RGBA{10, 20, 99, 255})
	if again, raw := step(p, draw); again != text || !strings.HasPrefix(raw, begin) || raw == over {
		t.Fatalf("another image writes %.40q", raw)
	}
	img = flat(10, 10, color.RGBA{10, 99, 99, 255})
	covered, raw := step(p, func(c *canvas) { draw(c); c.text(4, 2, 20, "box", plainText) })
	if raw != "" || p.overlay(covered) != covered {
		t.Errorf("while it is covered %.40q is written", raw)
	}
	if text, raw := step(p, draw); raw != "" || !strings.Contains(p.overlay(text), begin) {
		t.Errorf("uncovered, %.40q is written before the frame, and nothing over it", raw)
	}
	if gone, raw := step(p, func(*canvas) {}); raw != "" || strings.TrimSpace(gone) != "" || p.overlay(text) != text {
		t.Errorf("when it is gone, %.40q is written and the frame is %q", raw, gone)
	}
}

// TestSixelRows: bubbletea takes no row of sixels for another one.
func TestSixelRows(t *testing.T) {
	rows := map[string]bool{}
	cells := sixelCells(12, 100)
	for y := range 100 {
		var row strings.Builder
		for _, c := range cells[12*y : 12*y+12] {
			row.WriteString(c.Text)
		}
		if rows[row.String()] || ansi.StringWidth(row.String()) != 12 || strings.Contains(row.String(), " ") {
			t.Errorf("row %d is %q", y, row.String())
		}
		rows[row.String()] = true
	}
}

// TestPicturesAsTheTerminalCan goes by the answers as bubbletea reads them.
func TestPicturesAsTheTerminalCan(t *testing.T) {
	for _, c := range []struct {
		name, graphics string
		ascii          bool
		answers        string
		want           terminal.Drawing
	}{
		{"silent", "auto", false, "", terminal.Cells},
		{"kitty", "", false, "\x1bP>|kitty(0.43.1)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;52c", terminal.Kitty},
		{"without placeholders", "auto", false, "\x1bP>|WezTerm 2025\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[?65;4;6;18;22c", terminal.Sixel},
		{"refuses", "auto", false, "\x1bP>|kitty(0.1)\x1b\\\x1b_Gi=31;EINVAL:no\x1b\\\x1b[?62c", terminal.Cells},
		{"only ASCII", "auto", true, "\x1b[?62;4c", terminal.ASCII},
		{"forced", "cells", false, "\x1b[?62;4c", terminal.Cells},
		{"no pictures", "none", false, "\x1b[?62;4c", terminal.None},
	} {
		p := newPictures(c.graphics, c.ascii)
		answered(p, c.answers)
		if got := p.drawing(); got != c.want {
			t.Errorf("%s: drawing %d, want %d", c.name, got, c.want)
		}
		if strings.Contains(c.answers, "6;20;10t") && (p.cellW != 10 || p.cellH != 20) {
			t.Errorf("%s: cells are %d×%d", c.name, p.cellW, p.cellH)
		}
	}
	p := newPictures("auto", false)
	answered(p, "\x1bP>|kitty(0.43.1)\x1b\\\x1b_Gi=31;OK\x1b\\")
	for colours, want := range map[colorprofile.Profile]terminal.Drawing{
		colorprofile.ANSI256: terminal.Kitty, colorprofile.ANSI: terminal.Cells, colorprofile.ASCII: terminal.ASCII,
	} {
		p.begin(colours, colours > colorprofile.ASCII)
		if got := p.drawing(); got != want {
			t.Errorf("with colours %v the drawing is %d, want %d", colours, got, want)
		}
	}
}

// TestTmuxIsAsked for what it can pass on.
func TestTmuxIsAsked(t *testing.T) {
	for text, want := range map[string]terminal.Drawing{
		"1 xterm-kitty\n": terminal.Kitty, "on xterm-ghostty": terminal.Kitty, "all xterm-kitty": terminal.Kitty,
		"0 xterm-kitty": terminal.Cells, "1 xterm-256color": terminal.Cells, " \n": terminal.Cells,
	} {
		p := newPictures("auto", false)
		p.ask([]string{"TERM=tmux-256color", "TMUX=/tmp/tmux-0/default,1,0"})
		p.receive(tmuxAnswer(text))
		if got := p.drawing(); got != want {
			t.Errorf("%q: drawing %d, want %d", text, got, want)
		}
	}
}

// answered gives pictures what bubbletea makes of a terminal's answers.
func answered(p *pictures, text string) {
	var d uv.EventDecoder
	for b := []byte(text); len(b) > 0; {
		n, e := d.Decode(b)
		if v, ok := e.(uv.TerminalVersionEvent); ok {
			e = tea.TerminalVersionMsg(v)
		}
		p.receive(e)
		b = b[n:]
	}
}

// TestAskedOnlyWhenItMatters: not where the answer changes nothing, and not terminals that
// would show the question.
func TestAskedOnlyWhenItMatters(t *testing.T) {
	for _, c := range []struct {
		graphics, term string
		asks           bool
	}{
		{"auto", "xterm-256color", true}, {"sixel", "xterm-256color", true}, {"ascii", "xterm-256color", false},
		{"none", "xterm-256color", false}, {"auto", "linux", false}, {"auto", "dumb", false},
	} {
		if got := newPictures(c.graphics, false).ask([]string{"TERM=" + c.term}) != nil; got != c.asks {
			t.Errorf("--graphics %s on %s: asked %v, want %v", c.graphics, c.term, got, c.asks)
		}
	}
}
