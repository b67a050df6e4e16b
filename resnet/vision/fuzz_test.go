package vision

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecode: no file makes the image path panic, or give a picture that is
// not what its header says. Pictures are kept small so that a run is fast.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldens, "in", "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 4000 {
			f.Add(b)
		}
	}
	f.Add(pngHeader(100000, 100000, 8, 2, 0))
	f.Add(jpegHeader(65535, 65535, 0xc2))
	tr := ForImageNet(1, 8, 9)
	f.Fuzz(func(t *testing.T, b []byte) {
		err := decode(bytes.NewReader(b), 1<<16, false, func(im *Image) {
			if im.Width*im.Height > 1<<16 || len(im.Pix) != 3*im.Width*im.Height {
				t.Fatalf("%d bytes for %d×%d pixels", len(im.Pix), im.Width, im.Height)
			}
			dst := make([]float32, tr.Elems())
			tr.Apply(dst, im)
			for _, v := range dst {
				if math.IsNaN(float64(v)) || v < -2 || v > 2.5 {
					t.Fatalf("sample %v", v)
				}
			}
		})
		if err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
	})
}

// FuzzIDX: a stream gives as many bytes as its header says, or an error.
func FuzzIDX(f *testing.F) {
	good := idxFile(idxImages, []uint32{2, 2, 3}, make([]byte, 12))
	f.Add(good)
	f.Add(zipped(f, good))
	f.Add(good[:20])
	f.Add(idxFile(idxImages, []uint32{math.MaxUint32, 2, 3}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		data, err := decodeIDX(bytes.NewReader(b), idxImages, []int{2, 3})
		if (err == nil) != (len(data) > 0 && len(data)%6 == 0) {
			t.Fatalf("%d bytes, error %v", len(data), err)
		}
	})
}

// FuzzCIFAR: records are all of the input, with labels in range, or an error.
func FuzzCIFAR(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add(make([]byte, cifarRecord), uint8(9))
	f.Add(make([]byte, cifarRecord+1), uint8(10))
	f.Fuzz(func(t *testing.T, tail []byte, label uint8) {
		data := append(make([]byte, cifarRecord), tail...)
		data[0] = label
		s := &byteSet{c: 3, h: 32, w: 32, classes: cifar10Names}
		if err := s.addRecords(data); err != nil {
			return
		}
		if label > 9 || len(s.labels)*cifarRecord != len(data) {
			t.Fatalf("label %d, %d records of %d bytes", label, len(s.labels), len(data))
		}
	})
}
