//go:build linux || darwin || freebsd || netbsd || openbsd

package checkpoint

import (
	"errors"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/unix"
)

var (
	errClosed  = errors.New("the file is closed")
	errChanged = errors.New("the file was cut short while it was in use")
)

// mapped is a file in the address space.
type mapped struct {
	mu   sync.RWMutex // Close excludes readers
	data []byte
	size int64
}

func mapFile(f *os.File, size int64) (source, error) {
	if int64(int(size)) != size {
		return nil, errors.New("too large to map")
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &mapped{data: data, size: size}, nil
}

func (m *mapped) Size() int64 { return m.size }

// ReadAt copies out of the mapping. A page that is gone, because somebody
// truncated the file, is an error and not a crash.
func (m *mapped) ReadAt(p []byte, off int64) (n int, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.data == nil {
		return 0, errClosed
	}
	if off < 0 || off > m.size {
		return 0, io.ErrUnexpectedEOF
	}
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if recover() != nil {
			n, err = 0, errChanged
		}
	}()
	if n = copy(p, m.data[off:]); n < len(p) {
		err = io.EOF
	}
	return n, err
}

// release gives whole pages back: what was converted is not held twice.
func (m *mapped) release(off, n int64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	page := int64(os.Getpagesize())
	from, to := (off+page-1)/page*page, (off+n)/page*page
	if m.data != nil && from < to {
		// Advice: a system that ignores it only keeps the pages longer.
		_ = unix.Madvise(m.data[from:to], unix.MADV_DONTNEED)
	}
}

func (m *mapped) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	data := m.data
	if m.data = nil; data == nil {
		return nil
	}
	return unix.Munmap(data)
}
