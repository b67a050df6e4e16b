package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/tensor"
)

func plain(s string) Cell { return Cell{s, s} }

func whole(n int) Cell { return plain(strconv.Itoa(n)) }

// count shows a count with a unit; nothing at all is a dash.
func count(n int64) Cell { return Cell{figure(n), strconv.FormatInt(n, 10)} }

func figure(n int64) string {
	if n == 0 {
		return profile.Dash
	}
	return profile.FormatCount(n)
}

func size(n int64) Cell {
	if n == 0 {
		return Cell{profile.Dash, "0"}
	}
	return Cell{profile.FormatBytes(n), strconv.FormatInt(n, 10)}
}

func shape(s tensor.Shape) Cell {
	return Cell{s.String(), strings.ReplaceAll(s.String(), "×", "x")}
}

// perImage is a shape without its batch: 64×112×112.
func perImage(s tensor.Shape) string { return s[1:].String() }

func milliseconds(ms float64) Cell {
	return Cell{profile.Time.Figure(ms * 1e6).String(), raw(ms)}
}

func raw(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Grouped writes a number with its thousands apart: 44,549,160.
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := len(s) % 3
	if first == 0 {
		first = 3
	}
	var b strings.Builder
	b.WriteString(s[:first])
	for i := first; i < len(s); i += 3 {
		b.WriteString("," + s[i:i+3])
	}
	return b.String()
}

// facts writes a name and what is to say about it, a line each.
func facts(w io.Writer, lines [][2]string) error {
	widest := 0
	for _, l := range lines {
		widest = max(widest, len(l[0]))
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", widest, l[0], l[1]); err != nil {
			return err
		}
	}
	return nil
}

// bar draws part of width cells in eighths.
func bar(part float64, width int) string {
	eighths := int(part*float64(8*width) + 0.5)
	eighths = min(max(eighths, 0), 8*width)
	s := strings.Repeat("█", eighths/8)
	if eighths%8 > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[eighths%8-1])
	}
	return s
}
