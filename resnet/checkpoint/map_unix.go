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
	errChanged = errors.New("the file was truncated while it was in use")
)

// mapped is a file that is mapped into memory.
type mapped struct {
	mu   sync.RWMutex // held for reading by reads, for writing by Close
	data []byte       // nil after Close
	size int64
}

// mapFile maps a file into memory; the mapping outlives f.
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

// ReadAt copies from the mapping. If somebody has truncated the file, the fault is
// turned into an error.
func (m *mapped) ReadAt(p []byte, off int64) (n int, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.data == nil {
		return 0, errClosed
	}
	if off < 0 || off > m.size {
		return 0, io.ErrUnexpectedEOF
	}
	// Without this, a fault would end the program; with it, it is a panic of this goroutine.
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

// release drops the whole pages in a range from memory: their values were converted,
// and needn't be held twice.
func (m *mapped) release(off, n int64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	page := int64(os.Getpagesize())
	from := (off + page - 1) / page * page
	to := (off + n) / page * page
	if m.data != nil && from < to {
		// Only advice: without it, the pages stay in memory longer.
		_ = unix.Madvise(m.data[from:to], unix.MADV_DONTNEED)
	}
}

// Close waits for reads in progress and unmaps the file.
func (m *mapped) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	data := m.data
	if m.data = nil; data == nil {
		return nil
	}
	return unix.Munmap(data)
}
