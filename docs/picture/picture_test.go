package main

import (
	"encoding/xml"
	"io"
	"math/bits"
	"strings"
	"testing"
)

// TestGlyphs: braille has a dot per bit, bars the width of their eighths, lines
// an arm per direction.
func TestGlyphs(t *testing.T) {
	for r := rune(0x2801); r <= 0x28FF; r++ {
		if n := strings.Count(glyph(r), "<circle"); n != bits.OnesCount(uint(r-0x2800)) {
			t.Fatalf("%c has %d dots", r, n)
		}
	}
	for r, want := range map[rune]string{
		'█': `height="16.00"`, '▄': `y="8.00"`, '▌': `width="3.95"`, '▏': `width="1.02"`, '▒': `opacity="0.5"`,
	} {
		if s := glyph(r); !strings.Contains(s, want) {
			t.Errorf("%c is %s, without %s", r, s, want)
		}
	}
	for r, arms := range map[rune]int{'│': 2, '┼': 4, '┗': 2, '┤': 3, 'a': 0, '⊕': 0} {
		if n := strings.Count(glyph(r), "<rect"); n != arms {
			t.Errorf("%c has %d arms, want %d", r, n, arms)
		}
	}
}

// TestDraw: the drawing is well-formed XML, text is escaped and as wide as its cells,
// colours are kept.
func TestDraw(t *testing.T) {
	var out strings.Builder
	screen := "\x1b[38;2;86;180;233m<b>&\x1b[0m  x\n\x1b[7mmarked\x1b[0m ⣀\n"
	if err := draw(strings.NewReader(screen), &out, 10, 2); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`textLength="31.2" lengthAdjust="spacingAndGlyphs" fill="#56b4e9"`, "&lt;b&gt;&amp;",
		`fill="` + ink + `"/>`, "<circle",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
	for d := xml.NewDecoder(strings.NewReader(out.String())); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSextants: a character of six blocks draws as many as it has.
func TestSextants(t *testing.T) {
	for r, want := range map[rune]int{'🬀': 1, '🬂': 2, '🬓': 2, '🬔': 3, '🬎': 4, '🬊': 3, '🬻': 5} {
		if n := strings.Count(glyph(r), "<rect"); n != want {
			t.Errorf("%c has %d blocks, want %d", r, n, want)
		}
	}
}
