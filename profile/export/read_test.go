package export

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"

	"resnet-tui/profile"
)

// TestReadBack: JSON returns everything but the trace, pprof's format
// everything but the samples.
func TestReadBack(t *testing.T) {
	p, err := Read(written(t, PProf, sample(), "a.pb.gz"))
	if want := sample().MeansOnly(); err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%v\n%+v\nwant\n%+v", err, p, want)
	}
	p, err = Read(written(t, asJSON, sample(), "a.json"))
	want := sample()
	want.Trace = nil
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%v\n%+v\nwant\n%+v", err, p, want)
	}
}

func asJSON(w io.Writer, p *profile.Profile) error { return json.NewEncoder(w).Encode(p) }

func TestReadRefuses(t *testing.T) {
	pb, err := os.ReadFile(written(t, PProf, sample(), "a.pb.gz"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, new string) []byte { return bytes.Replace(text, []byte(old), []byte(new), 1) }
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":      {nil, "empty"},
		"blank":      {[]byte(" \n"), "empty"},
		"foreign":    {[]byte("PK\x03\x04"), "neither"},
		"cut":        {pb[:len(pb)/2], "broken gzip"},
		"cut json":   {text[:len(text)/2], "broken JSON"},
		"schema":     {change("profile/1", "profile/9"), "schema"},
		"no layers":  {[]byte(`{"schema":"resnet-tui/profile/1","total":{"mean_ms":1},"input":{"shape":[1]}}`), "no layers"},
		"no time":    {change(`"mean_ms":10`, `"mean_ms":-1`), "on average -1 ms"},
		"no shape":   {change(`"shape":[2,3,8,8]`, `"shape":[]`), "no shape"},
		"wild shape": {change(`"shape":[2,3,8,8]`, `"shape":[99999999999,9999999999]`), "input"},
		"no path":    {change(`"path":"conv1"`, `"path":""`), "no path"},
		"escape":     {change(`"path":"conv1"`, `"path":"conv1\u001b[2J"`), "control characters"},
		"samples":    {change(`"samples_ms":[0.9,1.1]`, `"samples_ms":[1]`), "samples"},
		"rewritten":  {rewritten(t, pb, false), "rewritten"},
		"changed":    {rewritten(t, pb, true), "not those"},
		"other tool": {rewritten(t, emptyPProf(t), false), "rewritten"},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := Read(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v (%v), want %q", name, err, p != nil, c.want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

// rewritten returns a profile as another tool writes it or, if changed, one with
// another sample that still has its record.
func rewritten(t *testing.T, pb []byte, changed bool) []byte {
	t.Helper()
	p, err := pprof.ParseData(pb)
	if err != nil {
		t.Fatal(err)
	}
	if changed {
		p.Sample[0].Value[0]++
	}
	var b bytes.Buffer
	if err := p.WriteUncompressed(&b); err != nil {
		t.Fatal(err)
	}
	if changed {
		record, err := json.Marshal(sample().MeansOnly())
		if err != nil {
			t.Fatal(err)
		}
		b.Write(recordField(record))
	}
	return packed(t, b.Bytes())
}

func FuzzDecode(f *testing.F) {
	var pb bytes.Buffer
	if err := PProf(&pb, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(pb.Bytes())
	f.Add([]byte(`{"schema":"resnet-tui/profile/1","layers":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := decode(data); err == nil && PProf(&bytes.Buffer{}, p) != nil {
			t.Error("what was read can't be written")
		}
	})
}
