package profile

import (
	"math/bits"
	"strings"
)

// asciiForms are the characters of screen and reports as they look where there is
// nothing beyond ASCII: as wide as they were, and as near to them as that allows.
var asciiForms = forms(
	"─━┄╴⋯", '-', "│┃┆╷┤├", '|', "┃", '#', "┆", ':', "┌┐└┘┏┓┗┛┴╭╮╯╰", '+', "╳✗✕×", 'x', "⊕", '+',
	"█▉", '#', "▊▋▌▐", '=', "▍▎▏", '-', "▁", '_', "▀", '"', "▂", '.', "▃", '-', "▄", '=', "▅", '+', "▆", '*', "▇", '%', "▒", ':', "░", '.',
	"÷", '/', "▸▶→›⟩", '>', "▾↓", 'v', "◀←‹⟨", '<', "▲▴↑", '^', "⇄", '=', "●", '*', "◌○", 'o', "✓", 'y',
	"·⋅", '.', "–−", '-', "…", '.', "±", '~', "‖", '|', "∂", 'd', "Δ", 'D', "≠", '!', "≤", '<', "½", '/', "²", '2',
	"µμ", 'u', "σ", 's', "Σ", 'S', "α", 'a', "ε", 'e', "√", 'V', "°", 'o', "∏", 'P', "λ", 'l', "γ", 'g', "π", 'p', "χ", 'x',
	"\u00a0\u202f\u2009", ' ', "¼", '/', "¾", '/', "³", '3', "⁴", '4', "⁶", '6', "⁷", '7', "⁸", '8', "⁹", '9', "⁰", '0',
	"⁻", '-', "⌊⌋", '|', "’‘", '\'', "“”", '"', "—", '-', "⌈⌉", '|', "∈", 'e', "∞", '8', "≈", '~', "¹", '1', "⁵", '5',
)

// forms makes the table of runs of characters and what they become; the last one counts.
func forms(pairs ...any) map[rune]rune {
	all := map[rune]rune{}
	for i := 0; i < len(pairs); i += 2 {
		for _, r := range pairs[i].(string) {
			all[r] = pairs[i+1].(rune)
		}
	}
	return all
}

// ASCIIForm is a character's form in ASCII, a question mark for one that has none.
func ASCIIForm(r rune) rune {
	if r < 0x80 {
		return r
	}
	if r >= 0x2800 && r < 0x2900 {
		return brailleForm(uint8(r - 0x2800))
	}
	if r >= 0x1fb00 && r <= 0x1fb3b {
		return sextantForm(uint8(r - 0x1fb00 + 1))
	}
	if form, ok := asciiForms[r]; ok {
		return form
	}
	return '?'
}

// sextantForm is the form of a cell of three lines of two parts, by where most of it is. n is
// its number among Unicode's, which are bits from the upper left part on; nothing, all and
// either column have characters of their own.
func sextantForm(n uint8) rune {
	const upper, lower, left, right = 0b000011, 0b110000, 0b010101, 0b101010
	if n >= left {
		n++
	}
	if n >= right {
		n++
	}
	switch above, below := bits.OnesCount8(n&upper), bits.OnesCount8(n&lower); {
	case bits.OnesCount8(n) > 4:
		return '#'
	case above > below:
		return '\''
	case above < below:
		return '.'
	}
	return ':'
}

// brailleForm is the form of a cell of a plot: how many of its dots are set, and whether
// they stand above or below.
func brailleForm(dots uint8) rune {
	const upper, middle = 0x1b, 0x36 // the dots of the first two lines, and of the two between
	switch n := bits.OnesCount8(dots); {
	case n == 0:
		return ' '
	case n > 5:
		return '#'
	case dots&^middle == 0:
		return '-'
	case dots&^upper == 0:
		return '\''
	case dots&upper == 0:
		return '.'
	}
	return ':'
}

// ASCII returns a text in ASCII. Each character becomes one, so that what is aligned in
// cells stays so; letters of scripts whose characters are wider may shift a line.
func ASCII(text string) string { return strings.Map(ASCIIForm, text) }
