package vision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"resnet-tui/tensor"
)

// Files lists the pictures that inputs name. A file stands for itself, and a folder for
// the files in it that have one of Extensions, sorted by name; its other files are counted,
// and hidden files and subfolders ignored. It returns an error for a path that can't be
// read, and for a folder without pictures.
func Files(inputs []string) (files []string, skipped Skipped, err error) {
	skipped = Skipped{}
	for _, in := range inputs {
		info, err := os.Stat(in)
		if err != nil {
			return nil, nil, pathError(in, err)
		}
		if !info.IsDir() {
			files = append(files, in)
			continue
		}
		found, err := picturesIn(in, skipped)
		if err != nil {
			return nil, nil, err
		}
		if len(found) == 0 {
			return nil, nil, fmt.Errorf("%s: no picture in this folder (%s; subfolders are not searched)", in, Formats)
		}
		files = append(files, found...)
	}
	return files, skipped, nil
}

// picturesIn lists the pictures in a folder, and counts its other files.
func picturesIn(dir string, skipped Skipped) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, pathError(dir, err)
	}
	var files []string
	for _, e := range entries {
		switch {
		case e.IsDir():
		case isPicture(e.Name()):
			files = append(files, filepath.Join(dir, e.Name()))
		default:
			skipped.add(e.Name())
		}
	}
	return files, nil
}

// isPicture reports whether a file that isn't hidden has one of Extensions.
func isPicture(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains(Extensions, strings.ToLower(filepath.Ext(name)))
}

// Batch is a net's input, made of pictures.
type Batch struct {
	Input  *tensor.Tensor // N×C×H×W, the pictures that could be read
	Names  []string       // their paths, one per image
	Failed []error        // one per picture that couldn't be read; each starts with its path
}

// maxWorkers bounds how many pictures are decoded at the same time.
const maxWorkers = 8

// Load reads files, several at a time, into one batch, in their order. If some of them
// can't be read, the batch holds the others, and Failed says why. It returns the error of
// Check, an error if there are no files or none of them can be read, and ctx's error if
// that is cancelled.
func (t Transform) Load(ctx context.Context, files []string) (*Batch, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no pictures to read")
	}
	shape := tensor.Shape{len(files), t.Channels, t.Height, t.Width}
	if err := shape.Check(); err != nil {
		return nil, err
	}
	in := tensor.New(shape...)
	errs := t.readAll(ctx, files, in.Data)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := &Batch{Input: in}
	b.keep(files, errs)
	if len(b.Names) == 0 {
		return nil, errors.Join(b.Failed...)
	}
	return b, nil
}

// readAll fills data with one image per file, and returns one error, or nil, per file.
func (t Transform) readAll(ctx context.Context, files []string, data []float32) []error {
	errs := make([]error, len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxWorkers, len(files)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				n := t.Elems()
				errs[i] = t.read(files[i], data[i*n:(i+1)*n])
			}
		})
	}
	wg.Wait()
	return errs
}

// read decodes one picture, and writes it to dst.
func (t Transform) read(path string, dst []float32) error {
	return withFile(path, t.IgnoreEXIF, func(im *Image) { t.Apply(dst, im) })
}

// keep removes the images of files with an error.
func (b *Batch) keep(files []string, errs []error) {
	perImage := b.Input.Shape[1:].Elems()
	data := b.Input.Data
	for i, err := range errs {
		if err != nil {
			b.Failed = append(b.Failed, err)
			continue
		}
		n := len(b.Names)
		if n < i {
			copy(data[n*perImage:(n+1)*perImage], data[i*perImage:])
		}
		b.Names = append(b.Names, files[i])
	}
	b.Input.Shape[0] = len(b.Names)
	b.Input.Data = data[:len(b.Names)*perImage]
}
