package main

import (
	"cmp"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet-tui/profile"
)

// The values of --graphics: what screen and text are drawn with.
const (
	graphicsAuto  = "auto"  // by the locale, and pictures as the terminal can
	graphicsKitty = "kitty" // pictures by kitty's protocol, all else as cells
	graphicsSixel = "sixel" // pictures as sixels, all else as cells
	graphicsCells = "cells" // blocks, lines and braille
	graphicsASCII = "ascii" // nothing beyond ASCII
	graphicsNone  = "none"  // no pictures, all else by the locale
)

var allGraphics = []string{graphicsAuto, graphicsKitty, graphicsSixel, graphicsCells, graphicsASCII, graphicsNone}

// addGraphics adds the flag to a command that draws.
func (p *program) addGraphics(cmd *cobra.Command) {
	p.graphics = graphicsAuto
	section(cmd, "output", func(fs *pflag.FlagSet) {
		fs.Var(&choice{&p.graphics, allGraphics}, "graphics",
			"what is drawn with: cells (blocks, lines, braille) or ascii; the screen's pictures also by kitty's "+
				"protocol, as sixel, or none; auto: by the locale, and what the terminal answers")
	})
	complete(cmd, "graphics", allGraphics...)
}

// ascii reports whether nothing beyond ASCII may be drawn.
func (p *program) ascii() bool {
	switch p.graphics {
	case graphicsASCII:
		return true
	case graphicsAuto, graphicsNone:
		return onlyASCII()
	}
	return false
}

// onlyASCII reports whether the locale says that its characters are not UTF-8. One that
// says nothing, as in a container, leaves it open, and terminals have UTF-8 today.
func onlyASCII() bool {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"))
	if locale == "" || runtime.GOOS == "windows" {
		return false
	}
	locale, _, _ = strings.Cut(locale, "@")
	_, charset, _ := strings.Cut(strings.ToLower(locale), ".")
	return charset != "utf-8" && charset != "utf8" && locale != "UTF-8" // the last is macOS's
}

// shown is a line as it may be printed: it may have names from files, which a terminal
// must not obey, and characters that the locale hasn't.
func shown(line string) string {
	if line = profile.Printable(line); onlyASCII() {
		return profile.ASCII(line)
	}
	return line
}

// asciiWriter writes in ASCII. Each Write must hold whole characters.
type asciiWriter struct{ io.Writer }

func (w asciiWriter) Write(b []byte) (int, error) {
	_, err := io.WriteString(w.Writer, profile.ASCII(string(b)))
	return len(b), err
}
