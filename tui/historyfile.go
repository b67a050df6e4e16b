package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"resnet-tui/resnet/train"
)

// HistoryFile returns a function that reads the training runs recorded in a history
// file, which may still grow: for Options.Training and WatchOptions.Training. The
// function is safe for concurrent use. It reads the file again only when its size or
// time of change has changed, and never reports Done. Its error is that of opening or
// reading the file, with the path.
func HistoryFile(path string) func() (*Training, error) {
	var mu sync.Mutex
	var last *Training
	var size int64
	var changed time.Time
	return func() (*Training, error) {
		mu.Lock()
		defer mu.Unlock()
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if last != nil && info.Size() == size && info.ModTime().Equal(changed) {
			return last, nil
		}
		t, err := readHistory(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		last = t
		size, changed = info.Size(), info.ModTime()
		return t, nil
	}
}

// readHistory reads a whole file. Lines that aren't records are counted and skipped, as
// the program that writes the file may be in the middle of one.
func readHistory(path string) (*Training, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	tracks, bad, err := train.ReadHistory(f)
	if err != nil {
		return nil, err
	}
	t := &Training{Tracks: tracks, Note: filepath.Base(path) + " · " + plural(len(tracks), "runs")}
	if bad > 0 {
		t.Note += " · " + plural(bad, "lines") + " passed over"
	}
	return t, nil
}
