package export

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode"

	pprof "github.com/google/pprof/profile"

	"resnet-tui/profile"
)

// Bounds of what is read. They are far above any profile that this program
// writes, and keep a damaged or hostile file from filling the memory.
const (
	maxFile   = 256 << 20 // bytes, before and after decompression
	maxLayers = 1 << 20
)

// Read reads a profile that this program wrote, as JSON or in pprof's format; it
// looks at the content, not at the name. A profile from the latter has no
// samples, and none has a trace.
//
// The file may come from elsewhere, so Read checks what reports rely on: bounds,
// shapes, positive times, equal numbers of samples, and texts without control
// characters. Errors begin with the path and say what is wrong with the file.
func Read(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: it is a folder", path)
	}
	data, err := readAll(f, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// readAll reads r to its end, which must come within limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %s: this is not a profile of a net", profile.FormatBytes(limit))
	}
	return data, err
}

// decode reads a profile in either format. gzip starts with the bytes 1f 8b
// (RFC 1952), JSON with a brace.
func decode(data []byte) (*profile.Profile, error) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errors.New("the file is empty")
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		return decodePProf(data)
	case bytes.TrimSpace(data)[0] == '{':
		return parse(data)
	}
	return nil, errors.New("it is neither a profile's JSON nor a .pb.gz")
}

// parse reads a profile's JSON and checks it. The schema comes first: with
// another one, the rest can't be expected to fit.
func parse(data []byte) (*profile.Profile, error) {
	p := &profile.Profile{}
	var head struct{ Schema string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("broken JSON: %w", err)
	}
	if head.Schema != profile.Schema {
		return nil, fmt.Errorf("its schema is %q, not %q", head.Schema, profile.Schema)
	}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("broken JSON: %w", err)
	}
	if err := printable(data); err != nil {
		return nil, err
	}
	if err := check(p); err != nil {
		return nil, err
	}
	p.Complete()
	return p, nil
}

// printable returns an error if a string in the JSON has control characters.
// Reports print these strings to a terminal, where escape sequences could change
// its settings or fake output.
func printable(data []byte) error {
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("broken JSON: %w", err)
		}
		if text, ok := token.(string); ok && strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("its text %.40q has control characters", text)
		}
	}
}

// check returns an error for a profile that would make reports divide by zero or
// index out of range.
func check(p *profile.Profile) error {
	switch {
	case len(p.Layers) == 0:
		return errors.New("it has no layers")
	case len(p.Layers) > maxLayers:
		return fmt.Errorf("it has %d layers", len(p.Layers))
	case !positive(p.Total.MeanMS), p.Total.TypicalMS < 0, math.IsInf(p.Total.TypicalMS, 0):
		return fmt.Errorf("its pass takes %v ms, on average %v ms", p.Total.TypicalMS, p.Total.MeanMS)
	case len(p.Input.Shape) == 0:
		return errors.New("its input has no shape")
	}
	if err := p.Input.Shape.Check(); err != nil {
		return fmt.Errorf("its input: %w", err)
	}
	for i, r := range p.Layers {
		switch {
		case r.Path == "":
			return fmt.Errorf("layer %d has no path", i)
		case r.MeanMS < 0 || math.IsInf(r.MeanMS, 0) || r.TypicalMS < 0 || math.IsInf(r.TypicalMS, 0),
			len(r.OutShape) == 0:
			return fmt.Errorf("layer %s has no usable time or shape", r.Path)
		case len(r.SamplesMS) != len(p.Layers[0].SamplesMS):
			return fmt.Errorf("layer %s has %d samples, others %d",
				r.Path, len(r.SamplesMS), len(p.Layers[0].SamplesMS))
		}
	}
	return checkProcesses(p)
}

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }

// decodePProf reads the record in a pprof profile. It decompresses here, not in
// package pprof, so that readAll bounds the size: gzip can expand a thousandfold.
func decodePProf(data []byte) (*profile.Profile, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("broken gzip: %w", err)
	}
	raw, err := readAll(z, maxFile)
	if err != nil {
		return nil, fmt.Errorf("broken gzip: %w", err)
	}
	pp, err := pprof.ParseUncompressed(raw)
	if err != nil {
		return nil, fmt.Errorf("broken pprof profile: %w", err)
	}
	record, err := findRecord(raw)
	if err != nil {
		return nil, err
	}
	p, err := parse(record)
	if err != nil {
		return nil, err
	}
	return p, sameTimes(p, pp)
}

// sameTimes returns an error if the samples' times don't add up to those of the
// record. Then another tool has changed the samples and kept the record, which
// describes another profile.
func sameTimes(p *profile.Profile, pp *pprof.Profile) error {
	var said, found int64 // nanoseconds per pass
	for _, s := range meanStacks(p) {
		said += s.ns
	}
	for _, s := range pp.Sample {
		if len(s.Value) == 0 {
			return errForeign
		}
		found += s.Value[0]
	}
	if said != found {
		return errors.New("its samples are not those that it was written with")
	}
	return nil
}
