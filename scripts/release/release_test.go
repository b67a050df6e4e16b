package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	day   = time.Date(2026, 5, 17, 8, 30, 0, 0, time.UTC)
	files = []entry{
		{name: "resnet-tui", data: []byte("program"), executable: true},
		{name: "man/resnet-tui.1", data: []byte("page")},
	}
)

// TestArchivesDoNotDependOnOrder: the same files give the same bytes,
// whichever came first.
func TestArchivesDoNotDependOnOrder(t *testing.T) {
	turned := slices.Clone(files)
	slices.Reverse(turned)
	for name, write := range map[string]archiver{"tar": writeTar, "zip": writeZip} {
		var a, b bytes.Buffer
		if err := write(&a, "folder", day, files); err != nil {
			t.Fatal(err)
		}
		if err := write(&b, "folder", day, turned); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: the order of the files changes the archive", name)
		}
	}
}

func TestTarHoldsFiles(t *testing.T) {
	var archive bytes.Buffer
	if err := writeTar(&archive, "folder", day, files); err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(&archive)
	if err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(unzipped)
	for _, want := range sorted(files) {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		same := h.Name == "folder/"+want.name && h.FileInfo().Mode() == want.mode() && h.ModTime.Equal(day)
		if !same || !bytes.Equal(data, want.data) {
			t.Errorf("%s: got %+v with %q", want.name, h, data)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("more than was put in: %v", err)
	}
}

func TestZipHoldsFiles(t *testing.T) {
	var archive bytes.Buffer
	if err := writeZip(&archive, "folder", day, files); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range files {
		got, err := fs.ReadFile(r, "folder/"+want.name)
		if err != nil || !bytes.Equal(got, want.data) {
			t.Errorf("%s: got %q, %v", want.name, got, err)
		}
		info, err := fs.Stat(r, "folder/"+want.name)
		if err != nil || info.Mode() != want.mode() || !info.ModTime().Equal(day) {
			t.Errorf("%s: got %v %v, %v", want.name, info.Mode(), info.ModTime(), err)
		}
	}
}

// put writes a file below root, with the folders to it.
func put(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// module is the package of a module that lies in root/inside.
func module(root, inside, path string, main bool) linked {
	var p linked
	p.Dir = filepath.Join(root, inside)
	p.Module = &struct {
		Path    string
		Version string
		Dir     string
		Main    bool
	}{path, "v1.2.3", root, main}
	return p
}

func TestLicensesAreFound(t *testing.T) {
	own, other := t.TempDir(), t.TempDir()
	put(t, own, "LICENSE", "ours")
	put(t, own, "data/LICENSE.pictures", "of the pictures")
	put(t, own, "code/code.go", "")
	put(t, other, "COPYING", "of the module")
	put(t, other, "THIRD_PARTY_LICENSES/Cephes-LICENSE", "of what it contains")
	put(t, other, "deep/inside/LICENSE.txt", "of a part")
	put(t, other, "unused/LICENSE", "of what isn't linked")
	sources, err := sourcesOf([]linked{
		{Standard: true},
		module(other, "deep/inside", "example.org/other", false),
		module(other, "", "example.org/other", false),
		module(own, "data", "resnet-tui", true),
		module(own, "code", "resnet-tui", true),
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, s := range sources {
		if err := s.print(&text); err != nil {
			t.Fatal(err)
		}
	}
	for words, want := range map[string]int{
		"data: LICENSE.pictures": 1, "of the pictures": 1, "ours": 0,
		"example.org/other v1.2.3: COPYING": 1, "of what it contains": 1, "of a part": 1, "isn't linked": 0,
	} {
		if got := strings.Count(text.String(), words); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s", words, got, want, text.String())
		}
	}
}

func TestModuleWithoutLicenseFails(t *testing.T) {
	_, err := sourcesOf([]linked{module(t.TempDir(), "", "example.org/bare", false)})
	if err == nil || !strings.Contains(err.Error(), "example.org/bare v1.2.3 has no license") {
		t.Errorf("got %v", err)
	}
}

func TestManualPageGetsReleaseDay(t *testing.T) {
	got, err := redate([]byte(`.TH RESNET-TUI 1 "2031-01-02" "resnet-tui" "of 2031-01-02"`), day)
	want := `.TH RESNET-TUI 1 "2026-05-17" "resnet-tui" "of 2031-01-02"`
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := redate([]byte(".SH NAME"), day); err == nil {
		t.Error("a page without a heading is no error")
	}
}

func TestReleaseTimeIsTheEnvironments(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1779006600")
	got, err := releaseTime()
	if err != nil || !got.Equal(day) {
		t.Errorf("got %v, %v, want %v", got, err, day)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if _, err := releaseTime(); err == nil {
		t.Error("a time that is not a number is no error")
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	if err := run("v1.2.3", t.TempDir()); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("version v1.2.3: got %v", err)
	}
	full := t.TempDir()
	put(t, full, "old.zip", "")
	if err := run("1.2.3", full); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a full folder: got %v", err)
	}
}

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, "b", "abc")
	put(t, folder, "a", "")
	if err := writeSums(folder); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	want := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n" +
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n"
	if err != nil || string(got) != want {
		t.Errorf("got\n%s%v, want\n%s", got, err, want)
	}
}
