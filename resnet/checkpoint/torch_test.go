package checkpoint

import (
	"math"
	"strings"
	"testing"
)

// storageIDOf pickles the persistent id of a ByteStorage of n bytes. part is the sixth
// item, which only legacy files have.
func storageIDOf(key string, n byte, part string) string {
	class := "ctorch\nByteStorage\n"
	return "(" + text("storage") + class + text(key) + text("cpu") + "K" + string([]byte{n}) + part + "tQ"
}

// tensorOf pickles a tensor of n elements from offset on, in the oldest form.
func tensorOf(storage string, offset, n byte) string {
	size := "K" + string([]byte{n}) + "\x85"
	return "ctorch._utils\n_rebuild_tensor\n(" + storage + "K" + string([]byte{offset}) + size + "K\x01\x85tR"
}

// oneTensor pickles a dictionary of one tensor, "w.weight".
func oneTensor(tensor string) string { return "}" + text("w.weight") + tensor + "s." }

// floatBytes are the bytes of a float in a file.
func floatBytes(v byte) string {
	return string(le.AppendUint32(nil, math.Float32bits(float32(v))))
}

const keyList = "]\x8c\x010a." // ["0"]

func bytesOf(vals ...byte) []byte {
	return append(le.AppendUint64(nil, uint64(len(vals))), vals...)
}

func TestLegacyParts(t *testing.T) {
	part := "(" + text("1") + "K\x02K\x03t" // three bytes from the third on
	for name, c := range map[string]struct {
		tensor string
		want   []float32
	}{
		"whole":          {tensorOf(storageIDOf("0", 5, "N"), 0, 5), []float32{10, 11, 12, 13, 14}},
		"offset":         {tensorOf(storageIDOf("0", 5, "N"), 3, 2), []float32{13, 14}},
		"part":           {tensorOf(storageIDOf("0", 5, part), 0, 3), []float32{12, 13, 14}},
		"offset in part": {tensorOf(storageIDOf("0", 5, part), 1, 2), []float32{13, 14}},
	} {
		f, err := open(memory(legacyFile(oneTensor(c.tensor), keyList, bytesOf(10, 11, 12, 13, 14))), "old", "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		x, err := f.Load("w.weight")
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range x.Data {
			if v != c.want[i] {
				t.Errorf("%s: %v, want %v", name, x.Data, c.want)
				break
			}
		}
	}
}

func TestLegacyErrors(t *testing.T) {
	five := tensorOf(storageIDOf("0", 5, "N"), 0, 5)
	whole := oneTensor(five)
	data := bytesOf(1, 2, 3, 4, 5)
	far := "(" + text("1") + "K\x09K\x03t"
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"out of storage": {
			legacyFile(oneTensor(tensorOf(storageIDOf("0", 5, "N"), 1, 5)), keyList, data),
			"exceeds its storage",
		},
		"out of part": {
			legacyFile(oneTensor(tensorOf(storageIDOf("0", 5, far), 0, 1)), keyList, data),
			"view of a storage that is too small",
		},
		"cut": {legacyFile(whole, keyList, data[:12]), "ends too early"},
		"count": {
			legacyFile(whole, keyList, bytesOf(1, 2, 3, 4, 5, 6)),
			`storage "0" should have 5 elements, but has 6`,
		},
		"unknown storage": {legacyFile(whole, "]\x8c\x011a.", data), "names a storage that no tensor has"},
		"no storage":      {legacyFile(whole, "].", nil), "lacks 1 of its 1 storages"},
		"no list":         {legacyFile(whole, "N.", nil), "the storage list is not a list"},
		"two ways": {
			legacyFile("}"+text("a")+five+"s"+text("b")+tensorOf(storageIDOf("0", 4, "N"), 0, 4)+"s.", keyList, data),
			"described in two ways",
		},
		"big-endian": {
			[]byte(strings.Replace(string(legacyFile(whole, keyList, data)), "\x88s.", "\x89s.", 1)),
			"big-endian machine",
		},
		"version": {
			[]byte(strings.Replace(string(legacyFile(whole, keyList, data)), "M\xe9\x03", "M\xea\x03", 1)),
			"version 1002",
		},
		"machine": {
			[]byte(strings.Replace(string(legacyFile(whole, keyList, data)), "\x88s.", "\x88sN.", 1)),
			"is not a dictionary",
		},
	} {
		_, err := open(memory(c.file), "file", "")
		wantError(t, name, err, c.want)
	}
}
