package checkpoint

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// WriteFile writes path through a temporary file in the same folder, which then
// replaces it. So path never holds half a file, not even after an error or a power cut;
// after an error it holds what it held before.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	// In the same folder, so that renaming never crosses file systems.
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]+".tmp")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return plainError(path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(tmp)
			err = fmt.Errorf("%s was not written: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err = write(w); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return err
	}
	// Before the rename, or a power cut could leave the new name with half the data.
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// writeFloats writes values as little-endian float32.
func writeFloats(w io.Writer, vals []float32) error {
	buf := make([]byte, 0, chunk)
	for len(vals) > 0 {
		n := min(len(vals), chunk/4)
		buf = buf[:0]
		for _, v := range vals[:n] {
			buf = le.AppendUint32(buf, math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		vals = vals[n:]
	}
	return nil
}

// writeHalves writes the values of tensor name as little-endian float16.
func writeHalves(w io.Writer, name string, vals []float32) error {
	buf := make([]byte, 0, 2*len(vals))
	for _, v := range vals {
		h, ok := floatToHalf(v)
		if !ok {
			return fmt.Errorf("%s: %g is too large for float16", name, v)
		}
		buf = le.AppendUint16(buf, h)
	}
	_, err := w.Write(buf)
	return err
}
