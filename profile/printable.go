package profile

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s, which may come from a file, as it may be shown: what a terminal
// would obey, break a line at, or turn the direction of writing by stands there as an
// escape of Go's (\x1b, \n, \u009b, \u202e), and so do bytes that are no UTF-8. It
// doesn't change what can be shown as it is.
func Printable(s string) string {
	if safe(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if broken := r == utf8.RuneError && n == 1; broken || obeyed(r) {
			quoted := strconv.QuoteToASCII(s[i : i+n])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// safe reports whether all of s may be shown.
func safe(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, obeyed) }

// obeyed reports whether r is a control character, a line's end or a mark of direction.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// PrintableLines is Printable for a text of several lines, whose ends stay.
func PrintableLines(text string) string {
	if safe(strings.ReplaceAll(text, "\n", "")) {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Printable(line)
	}
	return strings.Join(lines, "\n")
}
