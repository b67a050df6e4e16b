package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math"
	"strconv"

	"resnet-tui/picture"
	"resnet-tui/profile"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// Formats are the names that --format takes.
var Formats = []string{"text", "json", "csv", "md"}

// The formats of reports that have an array or a picture, see Arrayed and Pictured. They
// are bytes, which no terminal should get.
const (
	NPY = "npy"
	PNG = "png"
)

// Report is what a command prints. Its JSON is that of the value itself.
type Report interface {
	Text(w io.Writer) error
	Table() Tabular // for CSV and Markdown
}

// Arrayed is a report with an array, which the format NPY writes as numpy.save would.
type Arrayed interface {
	Report
	Array() *tensor.Tensor
}

// Pictured is a report with a picture, which the format PNG writes. What is too large to
// draw is an error.
type Pictured interface {
	Report
	Picture() (image.Image, error)
}

// Write prints r in one of the Formats, or in NPY or PNG if it has what they write. It returns the first error of w, and an
// error for an unknown format. What a file brought along can't make a terminal obey
// it: no control characters but line feeds come out (profile.Printable).
func Write(w io.Writer, r Report, format string) error { return WriteFit(w, r, format, 0) }

// WriteFit is Write for a terminal that is so many cells wide: text fits that, if it can.
// 0 is any width.
func WriteFit(w io.Writer, r Report, format string, columns int) error {
	if x, ok := r.(Arrayed); ok && format == NPY {
		return checkpoint.EncodeNPY(w, x.Array())
	}
	if x, ok := r.(Pictured); ok && format == PNG {
		img, err := x.Picture()
		if err != nil {
			return err
		}
		return picture.WritePNG(w, img)
	}
	b := page{columns: columns}
	print, ok := map[string]func() error{
		"json": func() error { return writeJSON(&b, r) },
		"csv":  func() error { return r.Table().CSV(&b) },
		"md":   func() error { return r.Table().Markdown(&b) },
		"text": func() error { return r.Text(&b) },
	}[format]
	if !ok {
		return fmt.Errorf("unknown format %q", format)
	}
	if format != "text" {
		b.columns = 0
	}
	if err := print(); err != nil {
		return err
	}
	_, err := io.WriteString(w, profile.PrintableLines(b.text()))
	return err
}

// writeJSON writes indented JSON whose lists of numbers are on one line: a shape
// or the samples of a row, one number per line, would bury everything else.
// Characters of HTML aren't escaped, as kernels and paths have them.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeMore(joinNumbers(b.Bytes())))
	return err
}

// escapeMore escapes what JSON allows in strings, but a terminal obeys: the controls
// from U+007F to U+009F, and marks of direction.
func escapeMore(text []byte) []byte {
	isObeyed := func(r rune) bool { return r != '\n' && profile.Printable(string(r)) != string(r) }
	if bytes.IndexFunc(text, isObeyed) < 0 {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if isObeyed(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// joinNumbers removes the white space from innermost lists without strings, in
// valid JSON. Brackets within strings don't count, so strings are skipped whole.
func joinNumbers(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		n := 1
		switch text[0] {
		case '"':
			n = stringLength(text)
		case '[':
			if end := bytes.IndexAny(text[1:], "[]{\"") + 1; end > 0 && text[end] == ']' {
				out = append(out, bytes.Join(bytes.Fields(text[:end+1]), nil)...)
				text = text[end+1:]
				continue
			}
		}
		out = append(out, text[:n]...)
		text = text[n:]
	}
	return out
}

// stringLength returns the length of the JSON string at the start of text, quotes
// included.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// Number is a float64 that is null in JSON if it is NaN or infinite.
type Number = profile.Number

// Row is a list of float32 values. In JSON each is the shortest decimal that reads
// back as the same float32; NaN and ±Inf are null.
type Row []float32

// MarshalJSON writes an array without white space.
func (r Row) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range r {
		if i > 0 {
			b = append(b, ',')
		}
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	}
	return append(b, ']'), nil
}

// known returns a pointer to v, for a field that is nil, and so left out of the
// JSON, if its value is unknown.
func known[T any](v T) *T { return &v }
