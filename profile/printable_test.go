package profile

import "testing"

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"":                          "",
		"layer1.0 · 3×3, 犬 \\x1b":   "layer1.0 · 3×3, 犬 \\x1b",
		"a\x1b[31mb\a":              `a\x1b[31mb\a`,
		"two\nlines\r\tand\x7f":     `two\nlines\r\tand\x7f`,
		"\u009b31m\u0085":           `\u009b31m\u0085`,
		"\u202egnp.exe\u2066\u2069": `\u202egnp.exe\u2066\u2069`,
		"\u2028\u2029":              `\u2028\u2029`,
		"\x9b31m \xff":              `\x9b31m \xff`,
		"\ufffd is no error":        "\ufffd is no error",
	} {
		if got := Printable(s); got != want {
			t.Errorf("%q is printed %q, want %q", s, got, want)
		}
	}
	if got := PrintableLines("a\x1b\nb\n"); got != "a\\x1b\nb\n" {
		t.Errorf("lines are printed %q", got)
	}
}
