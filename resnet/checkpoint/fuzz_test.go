package checkpoint

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The seeds are the goldens, hostile files, and testdata/fuzz.

func addGoldens(f *testing.F, pattern string) {
	paths, err := filepath.Glob(golden(pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no goldens %s: %v", pattern, err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzSafetensors(f *testing.F) {
	addGoldens(f, "*.safetensors")
	f.Add(stFile("{"+stTensor("a", "F32", "[2]", 0, 8)+","+stTensor("b", "I8", "[0,7]", 8, 8)+"}", 8))
	f.Add(stFile("{"+stTensor("a", "F32", "[9223372036854775807]", 0, 8)+"}", 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 8 && data[8] == '{' {
			checkOpened(t, data)
		}
		// With the right length of the header, which the fuzzer rarely keeps correct.
		for n := range min(len(data), 64) {
			if data[n] == '}' {
				checkOpened(t, stFile(string(data[:n+1]), len(data)-n-1))
			}
		}
		checkOpened(t, stFile("{"+string(data)+"}", 64))
	})
}

func FuzzNPY(f *testing.F) {
	addGoldens(f, "*.npy")
	f.Fuzz(func(t *testing.T, data []byte) {
		checkOpened(t, append([]byte(npyMagic), bytes.TrimPrefix(data, []byte(npyMagic))...))
		checkOpened(t, npyFile(string(data[:min(len(data), 1000)]), 24))
	})
}

func FuzzLegacy(f *testing.F) {
	addGoldens(f, "*legacy*.pth")
	f.Add([]byte("cos\nsystem\n(S'x'\ntR.]."))
	f.Add([]byte("]q\x00h\x00a.]."))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkOpened(t, data)
		checkOpened(t, legacyFile(string(data), "", nil))
	})
}

// FuzzPickleZip fuzzes the archive, and separately the pickle in it, since the archive's
// checksum would keep the fuzzer from changing that.
func FuzzPickleZip(f *testing.F) {
	paths, err := filepath.Glob(golden("*.pth"))
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range paths {
		z, err := zip.OpenReader(p)
		if err != nil {
			continue // a legacy file
		}
		for _, e := range z.File {
			if strings.HasSuffix(e.Name, "data.pkl") {
				data, err := readEntry(e, 1<<20)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(data)
			}
		}
		z.Close()
	}
	addGoldens(f, "*.p*t*")
	f.Add([]byte(bombPickle))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkOpened(t, data)
		checkOpened(t, archiveOf(t,
			"a/data.pkl", string(data), "a/byteorder", "little",
			"a/data/0", string(make([]byte, 4096)), "a/data/1", "12345678"))
	})
}
