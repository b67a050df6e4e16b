package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"resnet-tui/profile"
)

// Formats are the names that --format takes.
var Formats = []string{"text", "json", "csv", "md"}

// Report is what a command prints. Its JSON is that of the value itself.
type Report interface {
	Text(w io.Writer) error
	Table() Tabular // for CSV and Markdown
}

// Write prints r in one of the Formats. It returns the first error of w, and an
// error for an unknown format.
func Write(w io.Writer, r Report, format string) error {
	switch format {
	case "json":
		return writeJSON(w, r)
	case "csv":
		return r.Table().CSV(w)
	case "md":
		return r.Table().Markdown(w)
	case "text":
		return r.Text(w)
	}
	return fmt.Errorf("unknown format %q", format)
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
	_, err := w.Write(joinNumbers(b.Bytes()))
	return err
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
