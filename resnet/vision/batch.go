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

// Files lists the pictures that inputs name: a file is taken as it is, a
// folder stands for the files in it with one of Extensions, in order of name.
// Hidden files and subfolders are passed over; a folder without a picture is
// an error.
func Files(inputs []string) ([]string, error) {
	var files []string
	for _, in := range inputs {
		info, err := os.Stat(in)
		if err != nil {
			return nil, pathError(in, err)
		}
		if !info.IsDir() {
			files = append(files, in)
			continue
		}
		found, err := picturesIn(in)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no picture in this folder (%s; subfolders are not searched)", in, Formats)
		}
		files = append(files, found...)
	}
	return files, nil
}

func picturesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, pathError(dir, err)
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && isPicture(e.Name()) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}

func isPicture(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains(Extensions, strings.ToLower(filepath.Ext(name)))
}

// Batch is a net's input made of pictures.
type Batch struct {
	Input  *tensor.Tensor // N×C×H×W, of the pictures that could be read
	Names  []string       // their paths, one an image
	Failed []error        // one for each picture that couldn't; each starts with its path
}

// maxWorkers bounds how many pictures are decoded side by side.
const maxWorkers = 8

// Load reads files, several at a time, into one batch in their order. It fails
// where the transform does, where ctx ends, and where no file could be read;
// with some unreadable files the batch holds the others and says which failed.
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

// readAll fills data with an image a file, and returns an error a file.
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
				errs[i] = t.read(files[i], data[i*t.Elems():(i+1)*t.Elems()])
			}
		})
	}
	wg.Wait()
	return errs
}

// read decodes one picture to dst.
func (t Transform) read(path string, dst []float32) error {
	return withFile(path, func(im *Image) { t.Apply(dst, im) })
}

// keep closes the gaps that files with an error left.
func (b *Batch) keep(files []string, errs []error) {
	per := b.Input.Shape[1:].Elems()
	data := b.Input.Data
	for i, err := range errs {
		if err != nil {
			b.Failed = append(b.Failed, err)
			continue
		}
		n := len(b.Names)
		if n < i {
			copy(data[n*per:(n+1)*per], data[i*per:(i+1)*per])
		}
		b.Names = append(b.Names, files[i])
	}
	b.Input.Shape[0] = len(b.Names)
	b.Input.Data = data[:len(b.Names)*per]
}
