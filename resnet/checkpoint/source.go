package checkpoint

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// source gives access to the bytes of an open file. Its methods may be called
// concurrently; ReadAt returns an error after Close.
type source interface {
	io.ReaderAt
	io.Closer
	Size() int64
	// release hints that a range was read and needn't stay in memory.
	release(off, n int64)
}

// openSource opens a regular file, and maps it into memory where the system can.
func openSource(path string) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file (%s)", path, kindOf(info.Mode()))
	}
	if err == nil && info.Size() == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if m, err := mapFile(f, info.Size()); err == nil {
		f.Close()
		return m, nil
	}
	return &plainFile{f, info.Size()}, nil
}

// kindOf describes what a path is, if not a regular file.
func kindOf(m os.FileMode) string {
	if m.IsDir() {
		return "it is a folder"
	}
	return "it is a device or a pipe"
}

// plainFile reads with system calls, where mapping isn't possible.
type plainFile struct {
	*os.File
	size int64
}

func (f *plainFile) Size() int64        { return f.size }
func (*plainFile) release(int64, int64) {}

// memoryFile is a source in memory.
type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error         { return nil }
func (memoryFile) release(int64, int64) {}
