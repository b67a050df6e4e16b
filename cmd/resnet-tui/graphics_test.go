package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func beyondASCII(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// TestLocales: what is printed keeps to what the locale has.
func TestLocales(t *testing.T) {
	for _, c := range []struct {
		all, lang string
		ascii     bool
	}{
		{"", "", false}, {"C.UTF-8", "", false}, {"", "de_DE.utf8", false}, {"", "de_DE.UTF-8@euro", false},
		{"C", "de_DE.UTF-8", true}, {"", "POSIX", true}, {"", "de_DE", true}, {"", "de_DE.ISO-8859-1", true},
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", "")
		t.Setenv("LANG", c.lang)
		for _, args := range [][]string{{"summary", "--depth", "18"}, {"summary", "--help"}, {"summary", "--size", "1…"}} {
			_, out, errs := inProcess(t, args...)
			if beyondASCII(out+errs) == c.ascii {
				t.Errorf("LC_ALL=%s LANG=%s %q: %.200s", c.all, c.lang, args, out+errs)
			}
		}
	}
	t.Setenv("LC_ALL", "C")
	for value, beyond := range map[string]bool{"cells": true, "sixel": true, "kitty": true, "none": false, "auto": false} {
		if beyondASCII(mustRun(t, "summary", "--depth", "18", "--graphics", value)) != beyond {
			t.Errorf("--graphics %s beyond ASCII: %v", value, !beyond)
		}
	}
	if !beyondASCII(mustRun(t, "summary", "--depth", "18", "--format", "csv") + mustRun(t, "summary", "--depth", "18", "--format", "md")) {
		t.Error("what is for programs is ASCII")
	}
	t.Setenv("LC_ALL", "C.UTF-8")
	if beyondASCII(mustRun(t, "summary", "--depth", "18", "--graphics", "ascii")) {
		t.Error("--graphics ascii is not ASCII")
	}
}
