package vision

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const shared = "../../../shared/data"

func idxFile(magic uint32, extents []uint32, items []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, e := range extents {
		b = binary.BigEndian.AppendUint32(b, e)
	}
	return append(b, items...)
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// write writes a file, creates its folders, and returns its path.
func write(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustOpen(t *testing.T, spec string, o DataOptions) Dataset {
	t.Helper()
	d, err := OpenData(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// read returns image i of d, and its label.
func read(t *testing.T, d Dataset, i int) ([]float32, int) {
	t.Helper()
	c, h, w := d.Shape()
	dst := make([]float32, c*h*w)
	label, err := d.Read(i, dst)
	if err != nil {
		t.Fatal(err)
	}
	return dst, label
}

// records returns n CIFAR records. Record i has label i%10, and all its bytes are i.
func records(n int) []byte {
	b := make([]byte, n*cifarRecord)
	for i := range n {
		r := b[i*cifarRecord:][:cifarRecord]
		for j := range r {
			r[j] = uint8(i)
		}
		r[0] = uint8(i % 10)
	}
	return b
}

func TestCIFAR(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "data_batch_1.bin", records(11))
	write(t, dir, "data_batch_2.bin", records(2))
	test := write(t, dir, "test_batch.bin", records(5))
	write(t, dir, "readme.html", []byte("not read"))

	if d := mustOpen(t, "cifar10:"+dir, DataOptions{Split: Train}); d.Len() != 13 {
		t.Errorf("%d training images, want 13", d.Len())
	}
	d := mustOpen(t, "cifar10:"+dir, DataOptions{})
	if c, h, w := d.Shape(); d.Len() != 5 || c != 3 || h != 32 || w != 32 || d.Classes()[9] != "truck" {
		t.Errorf("%d test images of %d×%d×%d", d.Len(), c, h, w)
	}
	x, label := read(t, d, 4)
	norm := ImageNetNorm(3).tables(3)
	if label != 4 || x[0] != norm[0][4] || x[1024] != norm[1][4] || x[3071] != norm[2][4] {
		t.Errorf("label %d, samples %v %v %v", label, x[0], x[1024], x[3071])
	}
	plain := Norm{Mean: []float32{0}, Std: []float32{1}}
	one := mustOpen(t, "cifar10:"+test, DataOptions{Split: Train, Limit: 3, Norm: plain})
	if x, _ := read(t, one, 2); one.Len() != 3 || x[5] != float32(2)/255 {
		t.Errorf("%d images, sample %v", one.Len(), x[5])
	}
}

func TestCIFARErrors(t *testing.T) {
	dir := t.TempDir()
	bad := records(4)
	bad[3*cifarRecord] = 10
	cases := []struct{ path, want string }{
		{write(t, dir, "a/short.bin", records(4)[:3*cifarRecord+7]), "record 3 is cut off after 7 bytes"},
		{write(t, dir, "b/label.bin", bad), "record 3 has label 10, but the classes are 0 to 9"},
		{write(t, dir, "c/empty.bin", nil), "the file is empty"},
		{filepath.Join(dir, "a"), "no .bin file of the test set"},
		{filepath.Dir(write(t, dir, "python/test_batch", nil)), "get the \"binary version\", cifar-10-binary.tar.gz"},
		{filepath.Join(dir, "missing"), "no such file"},
	}
	for _, c := range cases {
		_, err := OpenData("cifar10:"+c.path, DataOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.path+": ") {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestRealCIFAR(t *testing.T) {
	path := filepath.Join(shared, "cifar10_test_lossless_846.bin")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the real test images are not in the folder beside the project: %v", err)
	}
	d := mustOpen(t, "cifar10:"+path, DataOptions{})
	if d.Len() != 846 {
		t.Fatalf("%d images, want 846", d.Len())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x, label := read(t, d, 845)
	want := (float32(raw[845*cifarRecord+1+1024])/255 - 0.456) / 0.224
	if label != int(raw[845*cifarRecord]) || x[1024] != want {
		t.Errorf("label %d, sample %v, want %d, %v", label, x[1024], raw[845*cifarRecord], want)
	}
	folder := mustOpen(t, "cifar10:"+shared, DataOptions{Split: Train})
	if folder.Len() != 4660 {
		t.Errorf("%d training images, want 4660", folder.Len())
	}
}

func TestFashion(t *testing.T) {
	dir := t.TempDir()
	pix := make([]byte, 3*784)
	pix[784+1] = 51
	write(t, dir, "t10k-images-idx3-ubyte.gz", zipped(t, idxFile(idxImages, []uint32{3, 28, 28}, pix)))
	write(t, dir, "t10k-labels-idx1-ubyte", idxFile(idxLabels, []uint32{3}, []byte{9, 8, 7}))
	d := mustOpen(t, "fashion-mnist:"+dir, DataOptions{})
	x, label := read(t, d, 1)
	if c, h, w := d.Shape(); d.Len() != 3 || c != 1 || h != 28 || w != 28 || label != 8 || d.Classes()[8] != "Bag" {
		t.Errorf("%d images of %d×%d×%d, label %d", d.Len(), c, h, w, label)
	}
	mean, std := float32(0.286), float32(0.353)
	if want := (float32(51)/255 - mean) / std; x[1] != want {
		t.Errorf("sample %v, want %v", x[1], want)
	}
}

func TestFashionErrors(t *testing.T) {
	good := idxFile(idxImages, []uint32{2, 28, 28}, make([]byte, 2*784))
	labels := idxFile(idxLabels, []uint32{2}, []byte{1, 2})
	z := zipped(t, good)
	flipped := slices.Clone(z)
	flipped[len(flipped)-5] ^= 1
	cases := []struct {
		name           string
		images, labels []byte
		want           string
	}{
		{"magic", labels, labels, "starts with 0x00000801"},
		{"not IDX", []byte("hello, world, this is text"), labels, "starts with 0x68656c6c"},
		{"header", good[:10], labels, "header is cut off"},
		{"short", good[:1000], labels, "the header says 2 items, 1568 bytes, but the file has 984"},
		{"long", append(slices.Clone(good), 0), labels, "but the file has more"},
		{"claims all", idxFile(idxImages, []uint32{1<<32 - 1, 28, 28}, nil), labels, "4294967295 items"},
		{"extents", idxFile(idxImages, []uint32{2, 1 << 30, 1 << 30}, nil), labels, "but they must be [28 28]"},
		{"none", idxFile(idxImages, []uint32{0, 28, 28}, nil), labels, "0 items"},
		{"gzip cut", z[:20], labels, "cut off"},
		{"gzip sum", flipped, labels, "checksum"},
		{"label", good, idxFile(idxLabels, []uint32{2}, []byte{1, 10}), "label 10 of image 1"},
		{"count", good, idxFile(idxLabels, []uint32{1}, []byte{1}), "1 labels for 2 images"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "train-images-idx3-ubyte.gz", c.images)
			write(t, dir, "train-labels-idx1-ubyte.gz", c.labels)
			_, err := OpenData("fashion-mnist:"+dir, DataOptions{Split: Train})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), dir) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	dir := t.TempDir()
	_, err := OpenData("fashion-mnist:"+dir, DataOptions{})
	if err == nil || !strings.Contains(err.Error(), "t10k-images-idx3-ubyte.gz") {
		t.Errorf("in an empty folder: %v", err)
	}
}

func TestRealFashion(t *testing.T) {
	if _, err := os.Stat(fashionDir); err != nil {
		t.Skipf("Debian's dataset-fashion-mnist is not installed: %v", err)
	}
	d := mustOpen(t, "fashion-mnist", DataOptions{})
	if _, label := read(t, d, 0); d.Len() != 10000 || d.Classes()[label] != "Ankle boot" {
		t.Errorf("%d test images, the first of class %d", d.Len(), label)
	}
}

// coloured returns a PNG of one colour.
func coloured(t *testing.T, c color.RGBA) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 6, 5))
	for i := range 30 {
		m.SetRGBA(i%6, i/6, c)
	}
	return encoded(t, "png", m)
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	red, blue := coloured(t, color.RGBA{255, 0, 0, 255}), coloured(t, color.RGBA{0, 0, 255, 255})
	for _, name := range []string{"cat/b.png", "cat/a.PNG", "cat/deep/c.png"} {
		write(t, dir, name, red)
	}
	write(t, dir, "cat/notes.txt", []byte("not a picture"))
	write(t, dir, "dog/z.png", blue)
	write(t, dir, ".cache/x.png", blue)
	d := mustOpen(t, "folder:"+dir, DataOptions{Transform: ForCIFAR(3, 4, 4)})
	c, h, w := d.Shape()
	if d.Len() != 4 || c != 3 || h != 4 || w != 4 || !slices.Equal(d.Classes(), []string{"cat", "dog"}) {
		t.Fatalf("%d images of %d×%d×%d in %v", d.Len(), c, h, w, d.Classes())
	}
	norm := ImageNetNorm(3).tables(3)
	if x, label := read(t, d, 3); label != 1 || x[0] != norm[0][0] || x[47] != norm[2][255] {
		t.Errorf("label %d, %v", label, x)
	}
	if _, skipped, ok := PicturesOf(d); !ok || skipped.String() != "1 file (1 .txt)" {
		t.Errorf("left out %v", skipped)
	}
	half := mustOpen(t, "folder:"+dir, DataOptions{Transform: ForCIFAR(3, 4, 4), Limit: 2})
	if _, label := read(t, half, 0); half.Len() != 2 || label != 0 {
		t.Errorf("%d images with a limit of 2", half.Len())
	}
}

func TestFolderWithSplits(t *testing.T) {
	dir := t.TempDir()
	p := coloured(t, color.RGBA{1, 2, 3, 255})
	write(t, dir, "train/a/1.png", p)
	write(t, dir, "train/a/2.png", p)
	write(t, dir, "val/a/3.png", p)
	for split, want := range map[Split]int{Train: 2, Test: 1} {
		d := mustOpen(t, "folder:"+dir, DataOptions{Split: split})
		if c, h, w := d.Shape(); d.Len() != want || c != 3 || h != 224 || w != 224 {
			t.Errorf("%v: %d images of %d×%d×%d", split, d.Len(), c, h, w)
		}
	}
}

func TestFolderErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bare/readme.txt", []byte("x"))
	write(t, dir, "hollow/a/readme.txt", []byte("x"))
	broken := write(t, dir, "broken/a/x.png", []byte("x"))
	for path, want := range map[string]string{
		"bare": "no subfolders", "hollow": "no picture of this class", "missing": "no such file",
	} {
		_, err := OpenData("folder:"+filepath.Join(dir, path), DataOptions{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	d := mustOpen(t, "folder:"+filepath.Join(dir, "broken"), DataOptions{Transform: ForCIFAR(3, 4, 4)})
	if _, err := d.Read(0, make([]float32, 48)); err == nil || !strings.HasPrefix(err.Error(), broken) {
		t.Errorf("a broken picture: %v", err)
	}
}

func TestSpecErrors(t *testing.T) {
	cases := []struct {
		spec string
		o    DataOptions
		want string
	}{
		{"imagenet:x", DataOptions{}, "known are cifar10:PATH"},
		{"", DataOptions{}, "unknown"},
		{"cifar10", DataOptions{}, "the part after cifar10: is missing"},
		{"folder:", DataOptions{}, "the part after folder: is missing"},
		{"synthetic:", DataOptions{}, "is missing"},
		{"synthetic:3", DataOptions{}, "must be 4 to"},
		{"synthetic:1e9", DataOptions{}, "must be 4 to"},
		{"synthetic", DataOptions{Limit: -1}, "limit of -1"},
		{"synthetic", DataOptions{Norm: Norm{Mean: []float32{1, 2}}}, "mean has 2 values"},
		{"synthetic", DataOptions{Norm: Norm{Std: []float32{0}}}, "std 0 must be greater than 0"},
	}
	for _, c := range cases {
		if _, err := OpenData(c.spec, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.spec, err, c.want)
		}
	}
}
