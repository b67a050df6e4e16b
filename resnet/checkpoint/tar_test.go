package checkpoint

import (
	"archive/tar"
	"bytes"
	"math/bits"
	"os"
	"slices"
	"testing"
)

// tarOf returns a tar archive of entries, given as alternating names and contents.
func tarOf(t testing.TB, entries ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		err := w.WriteHeader(&tar.Header{Name: entries[i], Mode: 0o600, Size: int64(len(entries[i+1]))})
		if err == nil {
			_, err = w.Write([]byte(entries[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// int64s are numbers in a file, of 8 bytes each.
func int64s(numbers ...int64) string {
	var b []byte
	for _, n := range numbers {
		b = le.AppendUint64(b, uint64(n))
	}
	return string(b)
}

func TestTarErrors(t *testing.T) {
	const (
		bytes3  = "K\x01.(K\x05U\x03cpuctorch\nByteStorage\nt."
		data    = "\x03\x00\x00\x00\x00\x00\x00\x00abc"
		noParts = "]."
		tensor  = "K\x01.(K\x07K\x05ctorch\nByteTensor\nt."
		pickle  = "}X\x06\x00\x00\x00weightK\x07Qs."
	)
	whole := int64s(1, 3, 1, 0) // one dimension of 3, stride 1, offset 0
	parts := func(p string) string { return bytes3 + data + "](" + p + "ta." }
	for name, c := range map[string]struct{ storages, tensors, pickle, want string }{
		"right":         {bytes3 + data + noParts, tensor + whole, pickle, ""},
		"right, parts":  {parts("K\x09K\x05K\x01K\x02"), tensor + whole, pickle, ""},
		"cut data":      {bytes3 + data[:9], tensor + whole, pickle, "storages: the file ends too early"},
		"no parts":      {bytes3 + data, tensor + whole, pickle, "storages: the file ends too early"},
		"huge":          {bytes3 + int64s(1<<62), tensor + whole, pickle, "ends too early"},
		"negative":      {bytes3 + int64s(-1), tensor + whole, pickle, "ends too early"},
		"no number":     {"N.", tensor + whole, pickle, "storages: it doesn't start with a number"},
		"unknown class": {"K\x01.(K\x05U\x03cpucmy\nStorage\nt.", "", pickle, `storage "5" has elements of an unknown size`},
		"two items":     {"K\x01.K\x05K\x06\x86.", "", pickle, "an entry isn't three items"},
		"no key":        {"K\x01.(NNNt.", "", pickle, "an entry has no key"},
		"part outside":  {parts("K\x09K\x05K\x02K\x02"), "", pickle, `part "9" exceeds storage "5"`},
		"part before":   {parts("K\x09K\x05J\xff\xff\xff\xffK\x02"), "", pickle, "exceeds"},
		"part of none":  {parts("K\x09K\x06K\x00K\x01"), "", pickle, "has no key, storage"},
		"part of three": {bytes3 + data + "](K\x01K\x02ta.", "", pickle, "isn't four items"},
		"dimensions":    {bytes3 + data + noParts, tensor + int64s(65), pickle, `tensor "7": has 65 dimensions`},
		"cut tensor":    {bytes3 + data + noParts, tensor + whole[:31], pickle, "tensors: tensor \"7\": the file ends"},
		"outside":       {bytes3 + data + noParts, tensor + int64s(1, 3, 1, 1), pickle, "exceeds its storage"},
		"far outside":   {bytes3 + data + noParts, tensor + int64s(1, 3, 1<<62, 0), pickle, "exceeds its storage"},
		"no storage":    {bytes3 + data + noParts, "K\x01.(K\x07NNt." + whole, pickle, "no storage that can be read"},
		"no tensor":     {bytes3 + data + noParts, "K\x00.", pickle, "refers to a tensor or storage that isn't in"},
		"a module":      {bytes3 + data + noParts, "K\x00.", "(cmy\nNet\nNNtQ)\x81.", "it is a Python object (my.Net)"},
	} {
		_, err := open(memory(tarOf(t, "storages", c.storages, "tensors", c.tensors, "pickle", c.pickle)), "file", "")
		if c.want == "" && err == nil {
			continue
		}
		wantError(t, name, err, c.want)
	}
	_, err := open(memory(tarOf(t, "readme.txt", "x")), "file", "")
	wantError(t, "another archive", err, "torch tar: the archive has no storages, so torch.save did not make it")
	big := "}X\x0d\x00\x00\x00little_endian\x89s."
	_, err = open(memory(tarOf(t, "sys_info", big, "storages", "", "tensors", "", "pickle", "")), "file", "")
	wantError(t, "big-endian", err, "big-endian machine")
}

// TestTarDamage: an archive that is cut within its entries is an error, and a changed byte
// never makes a panic.
func TestTarDamage(t *testing.T) {
	data, err := os.ReadFile(golden("tar.pth"))
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndexFunc(data, func(r rune) bool { return r != 0 })
	for n := 0; n < end; n += 7 {
		if _, err := open(memory(data[:n:n]), "tar.pth", ""); err == nil {
			t.Errorf("opens when cut to %d of %d bytes", n, len(data))
		}
		changed := slices.Clone(data)
		for _, b := range []byte{bits.Reverse8(data[n]), data[n] + 1} {
			changed[n] = b
			checkOpened(t, changed)
		}
	}
}

// FuzzTar fuzzes the archive, and separately each of its entries.
func FuzzTar(f *testing.F) {
	addGoldens(f, "tar.pth")
	f.Add([]byte("K\x01.(K\x05U\x03cpuctorch\nByteStorage\nt.\x03\x00\x00\x00\x00\x00\x00\x00abc]."))
	f.Add([]byte("K\x01.(K\x07K\x05ctorch\nByteTensor\nt." + int64s(1, 3, 1, 0)))
	f.Add([]byte("}X\x06\x00\x00\x00weightK\x07Qs."))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkOpened(t, data)
		for _, entries := range [][]string{
			{"storages", string(data), "tensors", "K\x00.", "pickle", "}."},
			{"storages", "K\x00.].", "tensors", string(data), "pickle", "}."},
			{"storages", "K\x00.].", "tensors", "K\x00.", "pickle", string(data)},
		} {
			checkOpened(t, tarOf(t, entries...))
		}
	})
}
