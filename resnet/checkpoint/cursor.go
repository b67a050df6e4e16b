package checkpoint

import (
	"bufio"
	"errors"
	"io"
)

// errShort is the error of a read beyond the end.
var errShort = errors.New("the file ends too early: it is damaged or the download is incomplete")

// cursor reads bytes [pos, end) of a file in order.
type cursor struct {
	r        *bufio.Reader
	pos, end int64 // offsets in the file
}

// newCursor returns a cursor over bytes [from, end) of r.
func newCursor(r io.ReaderAt, from, end int64) *cursor {
	return &cursor{bufio.NewReaderSize(io.NewSectionReader(r, from, end-from), 4<<10), from, end}
}

// take advances pos over n bytes that are about to be read. It is called before memory
// is allocated for them, so that a length beyond the file's end allocates nothing.
func (c *cursor) take(n int64) error {
	if n < 0 || n > c.end-c.pos {
		return errShort
	}
	c.pos += n
	return nil
}

// byte reads one byte.
func (c *cursor) byte() (byte, error) {
	if err := c.take(1); err != nil {
		return 0, err
	}
	return c.r.ReadByte()
}

// bytes reads n bytes.
func (c *cursor) bytes(n int64) ([]byte, error) {
	if err := c.take(n); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err := io.ReadFull(c.r, b)
	return b, err
}

// skip skips n bytes.
func (c *cursor) skip(n int64) error {
	if err := c.take(n); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, c.r, n)
	return err
}

// uint reads n bytes, at most 8, as a little-endian number. One that doesn't fit in an
// int64 becomes −1, which no length can be.
func (c *cursor) uint(n int) (int64, error) {
	var b [8]byte
	if err := c.take(int64(n)); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(c.r, b[:n]); err != nil {
		return 0, err
	}
	return max(int64(le.Uint64(b[:])), -1), nil
}

// line reads up to a newline, and drops it.
func (c *cursor) line() (string, error) {
	var b []byte
	for {
		ch, err := c.byte()
		if err != nil {
			return "", err
		}
		if ch == '\n' {
			return string(b), nil
		}
		if b = append(b, ch); len(b) > maxText {
			return "", errors.New("has a line that is too long")
		}
	}
}
