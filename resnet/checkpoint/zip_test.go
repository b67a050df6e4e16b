package checkpoint

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"
)

// repack writes a golden archive again, entry by entry: edit changes an
// entry's content, or drops it by returning nil.
func repack(t *testing.T, name string, method uint16, edit func(entry string, data []byte) []byte) []byte {
	t.Helper()
	z, err := zip.OpenReader(golden(name))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		data, err := readEntry(f, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if edit != nil {
			data = edit(f.Name, data)
		}
		if data != nil {
			writeEntry(t, w, f.Name, method, data)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeEntry(t testing.TB, w *zip.Writer, name string, method uint16, data []byte) {
	e, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = e.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestZipCompressed: an archive that was unpacked and zipped again may be compressed.
func TestZipCompressed(t *testing.T) {
	for _, name := range []string{"types.pth", "views.pth"} {
		f, err := open(memory(repack(t, name, zip.Deflate, nil)), name, "")
		if err != nil {
			t.Fatal(err)
		}
		if packed := f.views[f.names[0]].store.packed; packed == nil {
			t.Errorf("%s is not compressed", name)
		}
		for _, n := range f.Names() {
			checkFill(t, f, n)
		}
	}
}

func TestZipErrors(t *testing.T) {
	replace := func(suffix string, by []byte) func(string, []byte) []byte {
		return func(entry string, data []byte) []byte {
			if strings.HasSuffix(entry, suffix) {
				return by
			}
			return data
		}
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"big-endian": {
			repack(t, "zip.pth", zip.Store, replace("byteorder", []byte("big"))),
			`the byte order is "big", and only little-endian files can be read`,
		},
		"no pickle":  {repack(t, "zip.pth", zip.Store, replace("data.pkl", nil)), "no data.pkl"},
		"no storage": {repack(t, "zip.pth", zip.Store, replace("data/0", nil)), `lacks storage "0"`},
		"cut storage": {
			repack(t, "zip.pth", zip.Store, replace("data/0", make([]byte, 10))),
			`storage "0" should have 432 bytes, but has 10`,
		},
		"evil": {
			repack(t, "zip.pth", zip.Store, replace("data.pkl", []byte("cos\nsystem\n(S'x'\ntR."))),
			"it is a Python object (os.system)",
		},
	} {
		_, err := open(memory(c.data), "file", "")
		wantError(t, name, err, c.want)
	}
	// Without a byte order, as before PyTorch 2.1.
	if _, err := open(memory(repack(t, "zip.pth", zip.Store, replace("byteorder", nil))), "old", ""); err != nil {
		t.Error(err)
	}
}

// archiveOf returns an archive of entries, given as alternating names and contents.
func archiveOf(t testing.TB, entries ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		writeEntry(t, w, entries[i], zip.Deflate, []byte(entries[i+1]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming returns an archive with a compressed entry that claims to unpack to size bytes,
// after a pickle if there is one.
func claiming(t testing.TB, pickle, name string, size uint64) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if pickle != "" {
		writeEntry(t, w, "a/data.pkl", zip.Store, []byte(pickle))
	}
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: 2, UncompressedSize64: size}
	e, err := w.CreateRaw(h)
	if err == nil {
		_, err = e.Write([]byte{3, 0})
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZipDirectory(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"two pickles": {archiveOf(t, "a/data.pkl", "}.", "b/data.pkl", "}."), "more than one data.pkl"},
		"two entries": {archiveOf(t, "a/data.pkl", "}.", "a/data/0", "", "a/data/0", ""), "two entries"},
		"other files": {archiveOf(t, "word/document.xml", "<x/>"), "no data.pkl"},
		"empty zip":   {archiveOf(t), "zip archive is empty"},
		"no weights":  {archiveOf(t, "a/data.pkl", "}."), "no dictionary of tensors"},
		"big pickle":  {claiming(t, "", "a/data.pkl", maxPickle+1), "at most 134217728 are possible"},
		"impossible":  {claiming(t, bombPickle, "a/data/0", 1<<50), "impossible size"},
	} {
		_, err := open(memory(c.data), "file", "")
		wantError(t, name, err, c.want)
	}
}

// bombPickle has one tensor of 2²⁷+1 floats.
var bombPickle = "}" + text("x.weight") + "ctorch._utils\n_rebuild_tensor_v2\n((" +
	text("storage") + "ctorch\nFloatStorage\n" +
	text("0") + text("cpu") + "J\x01\x00\x00\x08tQK\x00J\x01\x00\x00\x08\x85K\x01\x85\x89NtRs."

// TestZipBomb: a small file that claims to unpack to too much opens, since its tensors
// may not be read, but takes no memory.
func TestZipBomb(t *testing.T) {
	const n = maxInflated/4 + 1
	f, err := open(memory(claiming(t, bombPickle, "a/data/0", 4*n)), "bomb", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, shape := f.Info("x.weight"); shape.Elems() != n {
		t.Fatalf("shape %v", shape)
	}
	_, err = f.Load("x.weight")
	wantError(t, "load", err, "would unpack to the shape")
	packed := f.views["x.weight"].store.packed
	_, err = inflate(packed, 0, 4*n)
	wantError(t, "inflate", err, "save it without compression")
	_, err = inflate(packed, 0, maxInflated)
	wantError(t, "inflate what is not there", err, "is damaged")
}

// TestLookalikes: for files that people mistake for checkpoints, the error says what to do.
func TestLookalikes(t *testing.T) {
	for head, want := range map[string]string{
		"\x89HDF\r\n\x1a\n\x00\x00":       "HDF5",
		"version https://git-lfs.github.": "git lfs pull",
		"<!DOCTYPE html><html>":           "web page",
		"\x1f\x8b\x08\x00\x00\x00\x00":    "gzip",
		"\x80\x04]\x94.\x00\x00\x00\x00":  "not one that torch.save made",
		"hello, world":                    "not a checkpoint (.safetensors",
		"x":                               "not a checkpoint (.safetensors",
	} {
		_, err := open(memory([]byte(head)), "file", "")
		wantError(t, head, err, want)
	}
	path := t.TempDir() + "/empty"
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path)
	wantError(t, "empty", err, "is empty")
	_, err = Open(os.DevNull)
	wantError(t, "device", err, "a device or a pipe")
}
